//! Pairs of schemas whose difference has only few valid orders: what uses an object comes down before the object changes
//! and goes back after it.

use super::major;
use super::session::TestSession;
use crate::support::server;

/// Two versions of a function and of everything that uses it. `CALL` in the second part stands for the call.
const FUNCTIONS: [(&str, &str, &str, &str); 6] = [
    // A parameter gets a name, or another one.
    ("f(integer)", "f(5)", "f(a integer)", "f(5)"),
    ("f(a integer)", "f(5)", "f(b integer)", "f(5)"),
    // Another signature.
    ("f(a integer)", "f(5)", "f(a bigint)", "f(5)"),
    ("f(a integer)", "f(5)", "f(a integer, b integer)", "f(5, 6)"),
    // Two signatures that accept the same call.
    ("f(a integer)", "f(5)", "f(a integer, b integer DEFAULT 1)", "f(5)"),
    ("f(a integer, VARIADIC b integer[])", "f(5, 1, 2)", "f(a integer)", "f(5)"),
];

/// What can use a function.
const USERS: [&str; 10] = [
    "CREATE TABLE public.t (a text DEFAULT public.CALL);",
    "CREATE TABLE public.t (a text CHECK (a <> public.CALL));",
    "CREATE TABLE public.t (a text, b text GENERATED ALWAYS AS (public.CALL) STORED);",
    "CREATE DOMAIN public.d AS text DEFAULT public.CALL; CREATE TABLE public.t (a public.d);",
    "CREATE DOMAIN public.d AS text CHECK (VALUE <> public.CALL); CREATE TABLE public.t (a public.d);",
    "CREATE TABLE public.t (a text); CREATE POLICY p ON public.t USING (a = public.CALL);",
    "CREATE TABLE public.t (a text); CREATE VIEW public.v AS SELECT a || public.CALL AS b FROM public.t;
     CREATE VIEW public.w AS SELECT b FROM public.v;",
    "CREATE TABLE public.t (a text); CREATE INDEX i ON public.t ((a || public.CALL));",
    "CREATE TABLE public.t (a text); CREATE MATERIALIZED VIEW public.m AS SELECT public.CALL AS b;",
    "CREATE TABLE public.t (a text); CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER g BEFORE UPDATE ON public.t FOR EACH ROW WHEN (NEW.a = public.CALL) EXECUTE FUNCTION public.g();",
];

#[test]
fn whatever_uses_a_function_comes_down_before_it_changes() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    for (old, old_call, new, new_call) in FUNCTIONS {
        for user in USERS {
            let schema = |signature: &str, call: &str| {
                let body = "RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x''::text'";
                format!("CREATE FUNCTION public.{signature} {body}; {}", user.replace("CALL", call))
            };
            let (a, b) = (schema(old, old_call), schema(new, new_call));
            session.round_trip(&a, &b).unwrap_or_else(|error| panic!("{error}\n--- a\n{a}\n--- b\n{b}"));
        }
    }
}

const PAIRS: [(&str, &str); 16] = [
    // Another result.
    (
        "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE DOMAIN public.d AS bigint DEFAULT public.f();",
        "CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
         CREATE DOMAIN public.d AS bigint DEFAULT public.f();",
    ),
    // A function of the same name stays.
    (
        "CREATE FUNCTION public.f(a integer) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
         CREATE FUNCTION public.f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
         CREATE TABLE public.t (a text DEFAULT public.f(1));",
        "CREATE FUNCTION public.f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
         CREATE TABLE public.t (a text DEFAULT public.f('y'));",
    ),
    // A function becomes a procedure.
    (
        "CREATE FUNCTION public.f(a integer) RETURNS void LANGUAGE sql AS 'SELECT 1';",
        "CREATE PROCEDURE public.f(a integer) LANGUAGE sql AS 'SELECT 1';",
    ),
    // A policy uses a view of its own table.
    (
        "",
        "CREATE TABLE public.t (id integer, owner text);
         CREATE VIEW public.v AS SELECT id FROM public.t WHERE owner IS NOT NULL;
         CREATE POLICY p ON public.t USING (id IN (SELECT id FROM public.v));",
    ),
    // A rule writes to a view of its own table. A trigger calls a function with the row.
    (
        "",
        "CREATE TABLE public.t (id integer, n integer); CREATE VIEW public.v AS SELECT id FROM public.t;
         CREATE RULE r AS ON UPDATE TO public.t WHERE EXISTS (SELECT FROM public.v WHERE id < 0) DO NOTHING;
         CREATE FUNCTION public.ok(x public.t) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x.n > 0';
         ALTER TABLE public.t ADD CONSTRAINT c CHECK (public.ok(t.*));",
    ),
    // The primary key moves, with and without its name.
    (
        "CREATE TABLE public.t (id integer NOT NULL, code text NOT NULL, CONSTRAINT t_key PRIMARY KEY (id));",
        "CREATE TABLE public.t (id integer NOT NULL, code text NOT NULL, PRIMARY KEY (code));",
    ),
    (
        "CREATE TABLE public.t (id integer NOT NULL, code text NOT NULL, CONSTRAINT a PRIMARY KEY (id),
             CONSTRAINT z UNIQUE (code)); CREATE TABLE public.u (id integer REFERENCES public.t);",
        "CREATE TABLE public.t (id integer NOT NULL, code text NOT NULL, CONSTRAINT a UNIQUE (id),
             CONSTRAINT z PRIMARY KEY (code)); CREATE TABLE public.u (id integer REFERENCES public.t (id));",
    ),
    // A unique index becomes a constraint while a foreign key on it becomes deferrable.
    (
        "CREATE TABLE public.t (id integer NOT NULL); CREATE UNIQUE INDEX t_id ON public.t (id);
         CREATE TABLE public.u (id integer REFERENCES public.t (id) DEFERRABLE);",
        "CREATE TABLE public.t (id integer NOT NULL, CONSTRAINT t_id UNIQUE (id));
         CREATE TABLE public.u (id integer REFERENCES public.t (id) NOT DEFERRABLE);",
    ),
    // Comments on the columns of a recreated view, on the index of a constraint, and on an identity's sequence.
    (
        "CREATE TABLE public.t (id integer PRIMARY KEY, n integer); CREATE VIEW public.v AS SELECT id, n FROM public.t;
         COMMENT ON COLUMN public.v.n IS 'many'; GRANT SELECT (n) ON public.v TO random_reader;",
        "CREATE TABLE public.t (id integer PRIMARY KEY, n bigint); CREATE VIEW public.v AS SELECT id, n FROM public.t;
         COMMENT ON COLUMN public.v.n IS 'many'; GRANT SELECT (n) ON public.v TO random_reader;",
    ),
    (
        "CREATE TABLE public.t (id integer);",
        "CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY, CONSTRAINT a UNIQUE (id));
         COMMENT ON INDEX public.a IS 'key'; COMMENT ON SEQUENCE public.t_id_seq IS 'numbers';
         GRANT USAGE ON SEQUENCE public.t_id_seq TO random_reader;",
    ),
    // Default privileges do not apply to what the script creates, also if functions name each other.
    (
        "",
        "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION public.f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT public.f()';
         CREATE FUNCTION public.g() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN public.h(); END';
         CREATE FUNCTION public.h() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN public.g(); END';
         CREATE TABLE public.t (id integer); CREATE SEQUENCE public.s;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO random_reader;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO random_reader;
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO random_reader;",
    ),
    // Bounds of sequences that do not overlap.
    (
        "CREATE SEQUENCE public.s MINVALUE 1 MAXVALUE 50; CREATE SEQUENCE public.d INCREMENT -1;
         CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY (MINVALUE 1 MAXVALUE 9));",
        "CREATE SEQUENCE public.s MINVALUE 100 MAXVALUE 200; CREATE SEQUENCE public.d;
         CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY (MINVALUE 10 MAXVALUE 99 START 50));",
    ),
    (
        "CREATE SEQUENCE public.s AS smallint; CREATE SEQUENCE public.m MINVALUE -9223372036854775808;",
        "CREATE SEQUENCE public.s MINVALUE 40000; CREATE SEQUENCE public.m MINVALUE 9223372036854775806;",
    ),
    // A column changes its type at the parent that the child keeps, and the child leaves another parent.
    (
        "CREATE TABLE public.t (id bigint, a integer); CREATE TABLE public.u (c timestamptz);
         CREATE TABLE public.v (x integer) INHERITS (public.t, public.u);",
        "CREATE TABLE public.t (id numeric, a integer DEFAULT 1); CREATE TABLE public.u (c timestamptz);
         CREATE TABLE public.v (x integer) INHERITS (public.t);",
    ),
    (
        "CREATE TABLE public.t (id bigint); CREATE TABLE public.u (c integer);
         CREATE TABLE public.v (c integer) INHERITS (public.t); CREATE TABLE public.w () INHERITS (public.v);",
        "CREATE TABLE public.t (id numeric, n text); CREATE TABLE public.u (c bigint);
         CREATE TABLE public.v (c bigint) INHERITS (public.t, public.u); CREATE TABLE public.w () INHERITS (public.v);",
    ),
    // Options of TOAST tables.
    (
        "CREATE TABLE public.t (a text) WITH (toast.autovacuum_enabled = off, fillfactor = 70);
         CREATE MATERIALIZED VIEW public.m AS SELECT 'a'::text AS a;",
        "CREATE TABLE public.t (a text) WITH (toast.vacuum_truncate = false);
         CREATE MATERIALIZED VIEW public.m WITH (toast.autovacuum_enabled = off) AS SELECT 'a'::text AS a;",
    ),
];

#[test]
fn statements_have_a_valid_order() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    session.round_trips(&PAIRS);
}
