//! Foreign-data wrappers, servers, user mappings and foreign tables.

use super::major;
use super::session::TestSession;
use crate::support::server;

const PAIRS: [(&str, &str); 5] = [
    (
        "",
        "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_far FOREIGN DATA WRAPPER random_w;
         CREATE FOREIGN TABLE public.t (id integer OPTIONS (a 'b')) SERVER random_far OPTIONS (c 'd');
         COMMENT ON SERVER random_far IS 'far'; COMMENT ON FOREIGN DATA WRAPPER random_w IS 'none';
         GRANT USAGE ON FOREIGN SERVER random_far TO random_reader;
         GRANT USAGE ON FOREIGN DATA WRAPPER random_w TO random_reader;
         CREATE USER MAPPING FOR random_reader SERVER random_far OPTIONS (\"user\" 'me');",
    ),
    // Options and versions change in place.
    (
        "CREATE FOREIGN DATA WRAPPER random_w OPTIONS (a '1');
         CREATE SERVER random_far VERSION '1' FOREIGN DATA WRAPPER random_w OPTIONS (host 'x', port '1');
         CREATE USER MAPPING FOR PUBLIC SERVER random_far OPTIONS (\"user\" 'me');",
        "CREATE FOREIGN DATA WRAPPER random_w OPTIONS (a '2', b '3');
         CREATE SERVER random_far VERSION '2' FOREIGN DATA WRAPPER random_w OPTIONS (host 'y');
         CREATE USER MAPPING FOR PUBLIC SERVER random_far OPTIONS (\"user\" 'you');",
    ),
    // A server with another type is recreated with its foreign tables and user mappings.
    (
        "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_far TYPE 'a' FOREIGN DATA WRAPPER random_w;
         CREATE FOREIGN TABLE public.t (id integer) SERVER random_far; CREATE VIEW public.v AS SELECT id FROM public.t;
         CREATE USER MAPPING FOR PUBLIC SERVER random_far;",
        "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_far TYPE 'b' FOREIGN DATA WRAPPER random_w;
         CREATE FOREIGN TABLE public.t (id integer) SERVER random_far; CREATE VIEW public.v AS SELECT id FROM public.t;
         CREATE USER MAPPING FOR PUBLIC SERVER random_far;",
    ),
    // A foreign table moves to another server.
    (
        "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_far FOREIGN DATA WRAPPER random_w;
         CREATE FOREIGN TABLE public.t (id integer) SERVER random_far;",
        "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_near FOREIGN DATA WRAPPER random_w;
         CREATE FOREIGN TABLE public.t (id integer) SERVER random_near;",
    ),
    // A wrapper loses its validator.
    (
        "CREATE FOREIGN DATA WRAPPER random_w VALIDATOR postgresql_fdw_validator;",
        "CREATE FOREIGN DATA WRAPPER random_w;",
    ),
];

#[test]
fn foreign_servers_are_created_changed_and_dropped() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    session.round_trips(&PAIRS);
}

#[test]
fn passwords_of_user_mappings_are_not_read() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    let sql = "CREATE FOREIGN DATA WRAPPER random_w; CREATE SERVER random_far FOREIGN DATA WRAPPER random_w;
               CREATE USER MAPPING FOR PUBLIC SERVER random_far OPTIONS (\"user\" 'me', password 'hidden-word');";
    session.run("a", sql).unwrap();
    let read = format!("{:?}", session.read().unwrap());
    assert!(read.contains("user=me") && !read.contains("hidden-word"), "{read}");
}
