//! Small pairs that once went wrong, found by the random ones.

use super::bench::Bench;
use super::major;
use crate::support::server;

const PAIRS: [(&str, &str); 14] = [
    // An identity takes over the name of the sequence of a serial column.
    ("CREATE TABLE public.t (id serial NOT NULL);", "CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY);"),
    // CREATE TABLE makes one of two keys that need the same index.
    (
        "CREATE TABLE public.t (id integer);",
        "CREATE TABLE public.t (id integer); CREATE TABLE public.u (id integer PRIMARY KEY);
         ALTER TABLE public.u ADD CONSTRAINT u_again UNIQUE (id);
         ALTER TABLE public.u ADD CONSTRAINT u_x EXCLUDE USING btree (id WITH =);
         ALTER TABLE public.u ADD CONSTRAINT u_y EXCLUDE USING btree (id WITH =);",
    ),
    // Foreign keys to and from a partitioned table, in a circle.
    (
        "",
        "CREATE TABLE public.t (id integer PRIMARY KEY, u integer);
         CREATE TABLE public.u (id integer PRIMARY KEY, t integer) PARTITION BY RANGE (id);
         CREATE TABLE public.u_1 PARTITION OF public.u FOR VALUES FROM (1) TO (100);
         ALTER TABLE public.t ADD FOREIGN KEY (u) REFERENCES public.u;
         ALTER TABLE public.u ADD FOREIGN KEY (t) REFERENCES public.t;",
    ),
    (
        "",
        "CREATE TABLE public.t (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);
         CREATE TABLE public.t_2 PARTITION OF public.t FOR VALUES FROM (100) TO (200);
         ALTER TABLE public.t ADD FOREIGN KEY (up) REFERENCES public.t;",
    ),
    // The names of a partition's parts of indexes depend on what was there.
    (
        "CREATE TABLE public.t (id integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);
         CREATE INDEX t_a ON public.t (id); CREATE INDEX t_b ON public.t (id);",
        "CREATE TABLE public.t (id integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);
         CREATE INDEX t_b ON public.t (id);",
    ),
    // What comes down to partitions, and what does not.
    (
        "CREATE TABLE public.t (id integer, c text) PARTITION BY RANGE (id);
         ALTER TABLE public.t ALTER c SET STATISTICS 5, ALTER c SET STORAGE external;
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
        "CREATE TABLE public.t (id integer, c text) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
    ),
    // Options of a partitioned index cannot be changed.
    (
        "CREATE TABLE public.t (id integer PRIMARY KEY) PARTITION BY RANGE (id);",
        "CREATE TABLE public.t (id integer, PRIMARY KEY (id) WITH (fillfactor = 70)) PARTITION BY RANGE (id);",
    ),
    // A type that is made anew under a column that partitions inherit.
    (
        "CREATE TYPE public.mood AS ENUM ('sad', 'ok');
         CREATE TABLE public.t (id integer, c public.mood DEFAULT 'ok') PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
        "CREATE TYPE public.mood AS ENUM ('ok');
         CREATE TABLE public.t (id integer, c public.mood DEFAULT 'ok') PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
    ),
    // One default partition after another.
    (
        "CREATE TABLE public.t (id integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t DEFAULT;",
        "CREATE TABLE public.t (id integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_0 PARTITION OF public.t DEFAULT;",
    ),
    // A partition goes from a table that a foreign key refers to.
    (
        "CREATE TABLE public.t (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);
         ALTER TABLE public.t ADD FOREIGN KEY (up) REFERENCES public.t;",
        "CREATE TABLE public.t (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
         ALTER TABLE public.t ADD FOREIGN KEY (up) REFERENCES public.t;",
    ),
    // A column of a partitioned table is made anew.
    (
        "CREATE TABLE public.t (id integer, c integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
        "CREATE TABLE public.t (id integer, c integer GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
    ),
    // A new type brings its own storage and compression.
    (
        "CREATE TABLE public.t (c text, d text); ALTER TABLE public.t ALTER c SET STORAGE external;
         ALTER TABLE public.t ALTER d SET STORAGE main; CREATE TABLE public.u () INHERITS (public.t);",
        "CREATE TABLE public.t (c varchar(20), d varchar(20)); ALTER TABLE public.t ALTER c SET STORAGE external;
         CREATE TABLE public.u () INHERITS (public.t);",
    ),
    // A partition goes while a foreign key comes that would refer to it.
    (
        "CREATE TABLE public.t (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
        "CREATE TABLE public.t (id integer PRIMARY KEY, up integer) PARTITION BY RANGE (id);
         ALTER TABLE public.t ADD FOREIGN KEY (up) REFERENCES public.t;",
    ),
    // A partition gets other bounds while its table loses a column.
    (
        "CREATE TABLE public.t (id integer, c text) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (100);",
        "CREATE TABLE public.t (id integer) PARTITION BY RANGE (id);
         CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM (1) TO (90);",
    ),
];

#[test]
fn what_once_went_wrong_goes_there_and_back() {
    let database = server().database();
    let bench = Bench::on(&database, major());
    for (a, b) in PAIRS {
        let trip = || {
            bench.empty()?;
            bench.run("b", b)?;
            let new = bench.read()?;
            bench.empty()?;
            bench.run("a", a)?;
            let old = bench.read()?;
            bench.turn("up", &old, &new)?;
            bench.turn("down", &new, &old)?;
            bench.turn("up again", &old, &new)
        };
        trip().unwrap_or_else(|error: String| panic!("{error}\n--- a\n{a}\n--- b\n{b}"));
    }
}

#[test]
fn arrays_of_an_enum_become_arrays_of_texts_and_back() {
    let database = server().database();
    let bench = Bench::on(&database, major());
    let b = "CREATE TABLE public.t (c text[]);";
    bench.run("b", b).unwrap();
    let new = bench.read().unwrap();
    bench.empty().unwrap();
    bench.run("a", "CREATE TYPE public.mood AS ENUM ('ok'); CREATE TABLE public.t (c public.mood[]);").unwrap();
    bench.run("rows", "INSERT INTO public.t VALUES ('{ok,ok}')").unwrap();
    let (old, values) = (bench.read().unwrap(), ["SELECT c::text FROM public.t".to_owned()]);
    bench.turn("up", &old, &new).unwrap();
    assert_eq!(bench.values(&values).unwrap(), ["{ok,ok}"]);
    bench.turn("down", &new, &old).unwrap();
    assert_eq!(bench.values(&values).unwrap(), ["{ok,ok}"]);
}
