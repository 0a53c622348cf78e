//! Partitions that join and leave their table, and tables that become partitioned or plain, with their rows.

use super::major;
use super::session::TestSession;
use crate::support::server;

/// A partitioned table with a partition. `KEYS` stands for the constraints of the table.
const TABLE: &str = "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL KEYS) PARTITION BY LIST (r);
     CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n');";

/// The constraints and the indexes of the partitioned table.
const KEYS: [(&str, &str); 8] = [
    ("", ""),
    (", PRIMARY KEY (id, r)", ""),
    (", CONSTRAINT u UNIQUE (r, id)", "CREATE INDEX i ON public.t (id);"),
    ("", "CREATE UNIQUE INDEX i ON public.t (r, id); CREATE INDEX j ON public.t (id) WHERE id > 5;"),
    (", CONSTRAINT c CHECK (id > 0)", ""),
    (", CONSTRAINT f FOREIGN KEY (id) REFERENCES public.o (id)", "CREATE INDEX i ON public.t ((id + 1));"),
    (
        "",
        "CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
          CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.g();",
    ),
    (", PRIMARY KEY (r, id), CONSTRAINT c CHECK (id > 0)", "COMMENT ON TABLE public.n IS 'north';"),
];

#[test]
fn a_partition_keeps_its_keys_when_it_leaves_and_joins() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    for (keys, indexes) in KEYS {
        let other = "CREATE TABLE public.o (id integer PRIMARY KEY);";
        let a = format!("{other} {} {indexes}", TABLE.replace("KEYS", keys));
        let b = format!("{a} ALTER TABLE public.t DETACH PARTITION public.n;");
        let rows = "INSERT INTO public.o VALUES (1); INSERT INTO public.n VALUES (1, 'n');";
        let queries = ["SELECT * FROM public.n".to_owned(), "SELECT 'public.n'::regclass::oid".to_owned()];
        session
            .round_trip_with_rows((&a, rows), &b, &queries)
            .unwrap_or_else(|error| panic!("{error}\n--- a\n{a}\n--- b\n{b}"));
    }
}

/// What leaves and joins keeps its index: the oids of the indexes stay the same.
#[test]
fn attach_and_detach_rebuild_no_index() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    let a = TABLE.replace("KEYS", ", PRIMARY KEY (id, r)") + "CREATE INDEX i ON public.t (id);";
    let b = format!("{a} ALTER TABLE public.t DETACH PARTITION public.n;");
    let indexes = "SELECT indexrelid::text FROM pg_index WHERE indrelid = 'public.n'::regclass ORDER BY 1".to_owned();
    session.round_trip_with_rows((&a, ""), &b, &[indexes]).unwrap();
}

const PAIRS: [(&str, &str); 9] = [
    // The table's index adopts the partition's own key, and leaves it.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t (PRIMARY KEY (r, id)) FOR VALUES IN ('n');",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t (PRIMARY KEY (r, id)) FOR VALUES IN ('n');
         CREATE UNIQUE INDEX i ON public.t (r, id);",
    ),
    // Both go.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t (CONSTRAINT u UNIQUE (r, id)) FOR VALUES IN ('n');
         CREATE UNIQUE INDEX i ON public.t (r, id);",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n');",
    ),
    // Only the partition's own index stays.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n'); CREATE INDEX n_id ON public.n (id);
         CREATE INDEX t_id ON public.t (id);",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n'); CREATE INDEX n_id ON public.n (id);",
    ),
    // A partition leaves while the table loses a key and an index, and without its own.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n'); CREATE INDEX i ON public.t (id);",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n (id integer NOT NULL, r text NOT NULL);",
    ),
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n'); CREATE INDEX i ON public.t (id);",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE INDEX i ON public.t (id); CREATE TABLE public.n (id integer NOT NULL, r text NOT NULL);",
    ),
    // It moves to another table.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.u (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n');",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.u (id integer NOT NULL, r text NOT NULL, PRIMARY KEY (id, r)) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.u FOR VALUES IN ('m');",
    ),
    // A partition has its own default, which the table's change does not touch.
    (
        "CREATE TABLE public.t (id integer DEFAULT 1, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t (id DEFAULT 7) FOR VALUES IN ('n');",
        "CREATE TABLE public.t (id integer DEFAULT 2, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t (id DEFAULT 8) FOR VALUES IN ('n');",
    ),
    // An index and a key of two levels.
    (
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n') PARTITION BY RANGE (id);
         CREATE TABLE public.o PARTITION OF public.n FOR VALUES FROM (1) TO (9);
         ALTER TABLE public.o ADD CONSTRAINT u UNIQUE (r, id); CREATE UNIQUE INDEX i ON public.t (r, id);",
        "CREATE TABLE public.t (id integer NOT NULL, r text NOT NULL) PARTITION BY LIST (r);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN ('n') PARTITION BY RANGE (id);
         CREATE TABLE public.o PARTITION OF public.n FOR VALUES FROM (1) TO (9);
         ALTER TABLE public.o ADD CONSTRAINT u UNIQUE (r, id);",
    ),
    // A child with a check leaves its parent.
    (
        "CREATE TABLE public.t (id integer CONSTRAINT c CHECK (id > 0)); CREATE TABLE public.n () INHERITS (public.t);",
        "CREATE TABLE public.t (id integer CONSTRAINT c CHECK (id > 0));
         CREATE TABLE public.n (id integer CONSTRAINT c CHECK (id > 0));",
    ),
];

#[test]
fn partitions_have_the_indexes_of_the_models() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    session.round_trips(&PAIRS);
}

/// The old and the new schema. The rows are those of `public.t`.
const RECREATED: [(&str, &str); 10] = [
    // A partition key changes its type.
    (
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN (1);",
        "CREATE TABLE public.t (id integer, s bigint) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN (1);",
    ),
    (
        "CREATE TABLE public.t (id serial, s integer, PRIMARY KEY (id, s)) PARTITION BY RANGE (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES FROM (0) TO (9) PARTITION BY LIST (id);
         CREATE TABLE public.m PARTITION OF public.n DEFAULT; CREATE INDEX i ON public.t (s);
         CREATE VIEW public.v AS SELECT s FROM public.t; GRANT SELECT ON public.t TO random_reader;",
        "CREATE TABLE public.t (id serial, s bigint, x text, PRIMARY KEY (id, s)) PARTITION BY RANGE (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES FROM (0) TO (9) PARTITION BY LIST (id);
         CREATE TABLE public.m PARTITION OF public.n DEFAULT; CREATE INDEX i ON public.t (s);
         CREATE VIEW public.v AS SELECT s FROM public.t; GRANT SELECT ON public.t TO random_reader;",
    ),
    // Only the key of a partition changes its type.
    (
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN (1) PARTITION BY RANGE (id);
         CREATE TABLE public.m PARTITION OF public.n FOR VALUES FROM (0) TO (9);",
        "CREATE TABLE public.t (id bigint, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES IN (1) PARTITION BY RANGE (id);
         CREATE TABLE public.m PARTITION OF public.n FOR VALUES FROM (0) TO (9);",
    ),
    // A table becomes partitioned, with its key, sequence, identity, check, dependents and rows.
    (
        "CREATE TABLE public.t (id serial, s integer NOT NULL, UNIQUE (s, id));",
        "CREATE TABLE public.t (id serial, s integer NOT NULL, UNIQUE (s, id)) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t DEFAULT;",
    ),
    (
        "CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY, s integer CONSTRAINT c CHECK (s > 0),
             d integer GENERATED ALWAYS AS (s * 2) STORED, CONSTRAINT k PRIMARY KEY (id, s));
         CREATE INDEX i ON public.t (s); CREATE TABLE public.u (a integer, b integer, FOREIGN KEY (a, b) REFERENCES public.t);
         CREATE VIEW public.v AS SELECT s FROM public.t; COMMENT ON COLUMN public.t.s IS 'place';
         CREATE POLICY p ON public.t USING (s > 1); GRANT SELECT (s) ON public.t TO random_reader;
         CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
         CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW WHEN (NEW.s > 8) EXECUTE FUNCTION public.g();",
        "CREATE TABLE public.t (id integer NOT NULL, s bigint CONSTRAINT c CHECK (s > 0),
             CONSTRAINT k PRIMARY KEY (id, s)) PARTITION BY RANGE (s);
         CREATE TABLE public.n PARTITION OF public.t FOR VALUES FROM (0) TO (2);
         CREATE TABLE public.m PARTITION OF public.t DEFAULT;
         CREATE INDEX i ON public.t (s);
         CREATE VIEW public.v AS SELECT s FROM public.t; COMMENT ON COLUMN public.t.s IS 'place';
         CREATE POLICY p ON public.t USING (s > 1); GRANT SELECT (s) ON public.t TO random_reader;
         CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
         CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW WHEN (NEW.s > 0) EXECUTE FUNCTION public.g();",
    ),
    // Other tables use the row type.
    (
        "CREATE TABLE public.t (id integer, s integer); CREATE FUNCTION public.f(x public.t) RETURNS integer
             LANGUAGE sql AS 'SELECT x.s'; CREATE MATERIALIZED VIEW public.m AS SELECT s FROM public.t;",
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t DEFAULT; CREATE FUNCTION public.f(x public.t) RETURNS integer
             LANGUAGE sql AS 'SELECT x.s'; CREATE MATERIALIZED VIEW public.m AS SELECT s FROM public.t;",
    ),
    // A table is partitioned in another way.
    (
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.a PARTITION OF public.t FOR VALUES IN (1);
         CREATE TABLE public.b PARTITION OF public.t DEFAULT;",
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY RANGE (id);
         CREATE TABLE public.c PARTITION OF public.t FOR VALUES FROM (0) TO (2);
         CREATE TABLE public.d PARTITION OF public.t DEFAULT;",
    ),
    // A partition becomes partitioned itself.
    (
        "CREATE TABLE public.t (id integer, s integer, PRIMARY KEY (id, s)) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t DEFAULT;",
        "CREATE TABLE public.t (id integer, s integer, PRIMARY KEY (id, s)) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t DEFAULT PARTITION BY RANGE (id);
         CREATE TABLE public.m PARTITION OF public.n DEFAULT;",
    ),
    // Row security that also applies to the owner does not hide rows.
    (
        "CREATE TABLE public.t (id integer, s integer); ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
         ALTER TABLE public.t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON public.t USING (false);",
        "CREATE TABLE public.t (id integer, s integer) PARTITION BY LIST (s);
         CREATE TABLE public.n PARTITION OF public.t DEFAULT;
         ALTER TABLE public.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.t USING (false);",
    ),
    // A plain table becomes a partition of the table that takes over its name.
    (
        "CREATE TABLE public.t (id integer, s integer);",
        "CREATE TABLE public.t (id integer, s integer, x text DEFAULT 'x') PARTITION BY HASH (id);
         CREATE TABLE public.t_0 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
    ),
];

#[test]
fn a_recreated_table_keeps_its_rows() {
    let database = server().database();
    let session = TestSession::on(&database, major());
    let mut failed = Vec::new();
    for (a, b) in RECREATED {
        let overriding = if a.contains("ALWAYS AS IDENTITY") { "OVERRIDING SYSTEM VALUE" } else { "" };
        let rows = format!("INSERT INTO public.t (id, s) {overriding} VALUES (1, 1), (2, 1), (3, 1)");
        let queries = ["SELECT id, s FROM public.t ORDER BY id".to_owned()];
        if let Err(error) = session.round_trip_with_rows((a, &rows), b, &queries) {
            failed.push(format!("{error}\n--- a\n{a}\n--- b\n{b}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n\n"));
}
