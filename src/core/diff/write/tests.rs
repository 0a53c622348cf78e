//! What the writers of tables and of what belongs to them make of single differences.

use super::super::context::Verdict;
use super::super::fixtures::{
    Pair, column, constraint, depend, index, labels, numbers, on, own, sql, table, table_with,
};
use super::{alter, create, drop, own as own_it, release, verdict};
use crate::core::schema::ConstraintKind::{Check, Exclusion, ForeignKey, NotNull, PrimaryKey, Unique};
use crate::core::schema::{
    Column, CompositeType, Constraint, Domain, ForeignTable, Generation, Identity, IdentitySequence, Index, Kind,
    Object, ObjectId, Partition, Persistence, QualifiedName, Sequence, SequenceOptions, Table,
};

const ALTER: Verdict = Verdict::Alter { disturbs: false };
const RETYPE: Verdict = Verdict::Alter { disturbs: true };

fn id() -> ObjectId {
    own(Kind::Table, "t")
}

fn column_id() -> ObjectId {
    on(Kind::Column, "t", "c")
}

fn column_pair(old: Column, new: Column) -> Pair {
    Pair::new(id(), table(&[old]), table(&[new]))
}

fn column_with(type_name: &str, set: impl FnOnce(&mut Column)) -> Column {
    let mut made = column("c", type_name);
    set(&mut made);
    made
}

fn numbered(always: bool, type_name: &str, set: impl FnOnce(&mut SequenceOptions)) -> Column {
    let mut options = numbers(type_name);
    set(&mut options);
    let sequence = IdentitySequence { schema: "public".into(), name: "t_c_seq".into(), options };
    column_with(type_name, |column| {
        column.not_null = true;
        column.identity = Some(Identity { always, sequence: Some(sequence) });
    })
}

fn parent(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".into(), name: name.into() }
}

fn altered(pair: &Pair, id: &ObjectId) -> Vec<String> {
    sql(alter(&pair.context(), id))
}

#[test]
fn columns_change_in_place() {
    let c = |type_name: &str| column("c", type_name);
    let default = |type_name: &str, text: &str| column_with(type_name, |column| column.default = Some(text.into()));
    let not_null = column_with("text", |column| column.not_null = true);
    let external = |type_name: &str| column_with(type_name, |column| column.storage = Some("external".into()));
    let packed = |type_name: &str| column_with(type_name, |column| column.compression = Some("lz4".into()));
    let generated = |text: &str| {
        column_with("integer", |column| {
            (column.generated, column.default) = (Some(Generation::Stored), Some(text.into()));
        })
    };
    for (old, new, expected, statements) in [
        (c("text"), c("text"), Verdict::Same, &[][..]),
        (c("integer"), c("bigint"), RETYPE, &["TYPE bigint"][..]),
        (c("text"), c("uuid"), RETYPE, &["TYPE uuid USING c::uuid"]),
        (
            default("text", "'1'"),
            default("integer", "1"),
            RETYPE,
            &["DROP DEFAULT", "TYPE integer USING c::integer", "SET DEFAULT 1"],
        ),
        (default("integer", "1"), default("bigint", "1"), RETYPE, &["TYPE bigint"]),
        (default("integer", "1"), c("integer"), ALTER, &["DROP DEFAULT"]),
        (c("text"), not_null.clone(), ALTER, &["SET NOT NULL"]),
        (not_null, c("text"), ALTER, &["DROP NOT NULL"]),
        (c("text"), external("text"), ALTER, &["SET STORAGE EXTERNAL"]),
        (external("text"), c("text"), ALTER, &["SET STORAGE DEFAULT"]),
        // A new type takes the storage and compression away.
        (
            external("text"),
            external("character varying(9)"),
            RETYPE,
            &["TYPE character varying(9)", "SET STORAGE EXTERNAL"],
        ),
        (packed("text"), packed("character varying"), RETYPE, &["TYPE character varying", "SET COMPRESSION lz4"]),
        (
            c("text"),
            column_with("text", |column| column.collation = Some("\"C\"".into())),
            RETYPE,
            &["TYPE text COLLATE \"C\""],
        ),
        (c("text"), column_with("text", |column| column.statistics = Some(5)), ALTER, &["SET STATISTICS 5"]),
        (
            column_with("text", |column| column.options = vec!["n_distinct=5".into()]),
            c("text"),
            ALTER,
            &["RESET (n_distinct)"],
        ),
        (generated("(a + 1)"), generated("(a) + (b)"), ALTER, &["SET EXPRESSION AS ((a) + (b))"]),
        (generated("(a + 1)"), c("integer"), ALTER, &["DROP EXPRESSION"]),
        (c("integer"), generated("1"), Verdict::Replace, &["SET EXPRESSION AS (1)"]),
    ] {
        let pair = column_pair(old.clone(), new.clone());
        assert_eq!(verdict(&pair.context(), &column_id()), expected, "{old:?} {new:?}");
        if expected != Verdict::Replace {
            let wanted: Vec<String> =
                statements.iter().map(|action| format!("ALTER TABLE public.t ALTER COLUMN c {action}")).collect();
            assert_eq!(altered(&pair, &column_id()), wanted, "{old:?} {new:?}");
        }
    }
    let mut pair = column_pair(generated("1"), generated("2"));
    pair.options.version = 16;
    assert_eq!(verdict(&pair.context(), &column_id()), Verdict::Replace);
    for (version, type_name, storage) in [(15, "numeric(9,2)", "MAIN"), (15, "inet", "MAIN"), (15, "text", "EXTENDED")]
    {
        let mut pair = column_pair(external(type_name), c(type_name));
        pair.options.version = version;
        let wanted = format!("ALTER TABLE public.t ALTER COLUMN c SET STORAGE {storage}");
        assert_eq!(altered(&pair, &column_id()), [wanted]);
    }
}

#[test]
fn columns_become_numbered_and_stay_ahead_of_their_values() {
    let start = "SELECT setval(pg_get_serial_sequence('public.t', 'c'), GREATEST((SELECT max(c) FROM public.t) + 1, 1), \
                 false)";
    let alter_column = |action: &str| format!("ALTER TABLE public.t ALTER COLUMN c {action}");
    let plain = column_with("integer", |column| column.not_null = true);
    let counting_down = |options: &mut SequenceOptions| {
        (options.increment, options.start, options.minimum, options.maximum) = (-1, -1, i32::MIN.into(), -1);
    };
    let as_it_is = |_: &mut SequenceOptions| {};
    for (old, new, wanted) in [
        (
            plain.clone(),
            numbered(true, "integer", as_it_is),
            vec![alter_column("ADD GENERATED ALWAYS AS IDENTITY"), start.to_owned()],
        ),
        (
            plain,
            numbered(false, "integer", counting_down),
            vec![alter_column("ADD GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1)")],
        ),
        (
            numbered(true, "integer", as_it_is),
            numbered(false, "integer", as_it_is),
            vec![alter_column("SET GENERATED BY DEFAULT")],
        ),
        // Its sequence takes the column's type, and with it its bounds.
        (
            numbered(true, "integer", as_it_is),
            numbered(true, "bigint", |options| options.cache = 9),
            vec![alter_column("TYPE bigint"), alter_column("SET CACHE 9")],
        ),
    ] {
        assert_eq!(altered(&column_pair(old, new), &column_id()), wanted);
    }
}

#[test]
fn a_column_that_has_to_have_a_value_comes_in_three_steps() {
    let created = |column: Column, more: &[(ObjectId, Object)]| {
        let mut pair = Pair::new(id(), table(&[]), table(&[column]));
        pair.new.objects.extend(more.iter().cloned());
        sql(create(&pair.context(), &column_id()))
    };
    let not_null = |type_name: &str| column_with(type_name, |column| column.not_null = true);
    assert_eq!(
        created(not_null("integer"), &[]),
        [
            "ALTER TABLE public.t ADD COLUMN c integer",
            "UPDATE public.t SET c = NULL",
            "ALTER TABLE public.t ALTER COLUMN c SET NOT NULL",
        ]
    );
    let domain = Domain {
        type_name: "integer".into(),
        collation: None,
        not_null: false,
        default: Some("1".into()),
        constraints: Vec::new(),
    };
    let domain = [(own(Kind::Domain, "one"), Object::Domain(domain))];
    assert_eq!(created(not_null("public.one"), &domain), ["ALTER TABLE public.t ADD COLUMN c public.one NOT NULL"]);
    let mut defaulted = not_null("integer");
    defaulted.default = Some("7".into());
    assert_eq!(created(defaulted, &[]), ["ALTER TABLE public.t ADD COLUMN c integer DEFAULT 7 NOT NULL"]);
    let generated = column_with("integer", |column| {
        (column.generated, column.default) = (Some(Generation::Virtual), Some("(a * 2)".into()));
    });
    let sql = "ALTER TABLE public.t ADD COLUMN c integer GENERATED ALWAYS AS (a * 2) VIRTUAL";
    assert_eq!(created(generated, &[]), [sql]);
}

#[test]
fn not_null_keeps_the_name_that_it_has_since_18() {
    let with = |not_null: bool, name: &str, definition: &str| {
        let column = column_with("text", |column| column.not_null = not_null);
        let of = constraint(name, NotNull, definition, &["c"]);
        table_with(&[column], |table| table.constraints.extend(not_null.then_some(of)))
    };
    let usual = |definition: &str| with(true, "t_c_not_null", definition);
    let none = || with(false, "", "");
    for (old, new, wanted) in [
        (none(), usual("NOT NULL c"), &["ALTER TABLE public.t ALTER COLUMN c SET NOT NULL"][..]),
        (none(), with(true, "n", "NOT NULL c"), &["ALTER TABLE public.t ADD CONSTRAINT n NOT NULL c"]),
        (
            none(),
            usual("NOT NULL c NO INHERIT"),
            &["ALTER TABLE public.t ADD CONSTRAINT t_c_not_null NOT NULL c NO INHERIT"],
        ),
        (
            usual("NOT NULL c"),
            with(true, "n", "NOT NULL c NO INHERIT"),
            &[
                "ALTER TABLE public.t RENAME CONSTRAINT t_c_not_null TO n",
                "ALTER TABLE public.t ALTER CONSTRAINT n NO INHERIT",
            ],
        ),
        (
            usual("NOT NULL c NOT VALID"),
            usual("NOT NULL c"),
            &["ALTER TABLE public.t VALIDATE CONSTRAINT t_c_not_null"],
        ),
        (usual("NOT NULL c"), none(), &["ALTER TABLE public.t ALTER COLUMN c DROP NOT NULL"]),
        (usual("NOT NULL c"), usual("NOT NULL c"), &[]),
    ] {
        let pair = Pair::new(id(), old, new);
        assert_eq!(altered(&pair, &column_id()), wanted);
        assert_eq!(verdict(&pair.context(), &column_id()) == Verdict::Same, wanted.is_empty());
    }
}

#[test]
fn columns_of_a_typed_table_are_left_to_its_type() {
    let typed = |type_name: &str, not_null: bool| {
        let column = column_with(type_name, |column| column.not_null = not_null);
        table_with(&[column], |table| table.of_type = Some("public.p".into()))
    };
    let composite = |type_name: &str| Object::CompositeType(CompositeType { columns: vec![column("c", type_name)] });
    let mut pair = Pair::new(id(), typed("integer", false), typed("bigint", false));
    pair.old.objects.insert(own(Kind::CompositeType, "p"), composite("integer"));
    pair.new.objects.insert(own(Kind::CompositeType, "p"), composite("bigint"));
    assert_eq!(verdict(&pair.context(), &column_id()), Verdict::Same);
    assert!(altered(&pair, &column_id()).is_empty());
    let pair = Pair::new(id(), typed("integer", false), typed("integer", true));
    assert_eq!(altered(&pair, &column_id()), ["ALTER TABLE public.t ALTER COLUMN c SET NOT NULL"]);
    assert_eq!(
        sql(create(&pair.context(), &id())),
        ["CREATE TABLE public.t OF public.p", "ALTER TABLE public.t ALTER COLUMN c SET NOT NULL",]
    );
    let pair = Pair::new(id(), typed("integer", false), table(&[column("c", "integer")]));
    assert_eq!(sql(release(&pair.context(), &id())), ["ALTER TABLE public.t NOT OF"]);
    let pair = Pair::new(id(), table(&[column("c", "integer")]), typed("integer", false));
    assert_eq!(altered(&pair, &id()), ["ALTER TABLE public.t OF public.p"]);
}

#[test]
fn tables_change_their_attributes() {
    let with = |set: fn(&mut Table)| table_with(&[], set);
    let foreign = |options: &[&str]| {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        table_with(&[], |table| {
            (table.access_method, table.foreign) = (None, Some(ForeignTable { server: "s".into(), options }));
        })
    };
    let plain = || table(&[]);
    for (old, new, wanted) in [
        (plain(), with(|table| table.persistence = Persistence::Unlogged), &["ALTER TABLE public.t SET UNLOGGED"][..]),
        (
            plain(),
            with(|table| table.access_method = Some("columnar".into())),
            &["ALTER TABLE public.t SET ACCESS METHOD columnar"],
        ),
        (
            with(|table| table.tablespace = Some("fast".into())),
            plain(),
            &["ALTER TABLE public.t SET TABLESPACE pg_default"],
        ),
        (
            with(|table| table.options = vec!["autovacuum_enabled=false".into()]),
            with(|table| table.options = vec!["fillfactor=70".into()]),
            &["ALTER TABLE public.t RESET (autovacuum_enabled)", "ALTER TABLE public.t SET (fillfactor=70)"],
        ),
        (
            plain(),
            with(|table| (table.row_security, table.force_row_security) = (true, true)),
            &["ALTER TABLE public.t ENABLE ROW LEVEL SECURITY", "ALTER TABLE public.t FORCE ROW LEVEL SECURITY"],
        ),
        (
            plain(),
            with(|table| table.replica_identity = "full".into()),
            &["ALTER TABLE public.t REPLICA IDENTITY FULL"],
        ),
        // The index says it.
        (plain(), with(|table| table.replica_identity = "index".into()), &[]),
        (
            foreign(&["a=1", "b=2"]),
            foreign(&["b=3", "C=4"]),
            &["ALTER FOREIGN TABLE public.t OPTIONS (SET b '3', ADD \"C\" '4', DROP a)"],
        ),
    ] {
        let pair = Pair::new(id(), old, new);
        assert_eq!(altered(&pair, &id()), wanted);
        assert_eq!(verdict(&pair.context(), &id()) == Verdict::Same, wanted.is_empty());
    }
    let pair = Pair::new(id(), plain(), with(|table| table.partition_by = Some("LIST (c)".into())));
    assert_eq!(verdict(&pair.context(), &id()), Verdict::Replace);
    let pair = Pair::new(id(), foreign(&["a=1"]), None);
    assert_eq!(sql(drop(&pair.context(), &id())), ["DROP FOREIGN TABLE public.t"]);
    let pair = Pair::new(id(), None, foreign(&["a=it's"]));
    let made = "CREATE FOREIGN TABLE public.t () SERVER s OPTIONS (a 'it''s')";
    assert_eq!(sql(create(&pair.context(), &id())), [made]);
}

#[test]
fn tables_leave_and_join_their_parents_in_order() {
    let child =
        |parents: &[&str]| table_with(&[], |table| table.inherits = parents.iter().map(|name| parent(name)).collect());
    for (old, new, leaves, joins) in [
        (&["a", "b"][..], &["a", "b"][..], &[][..], &[][..]),
        (&["a"], &["a", "b"], &[], &["INHERIT public.b"]),
        (
            &["a", "b"],
            &["b", "a"],
            &["NO INHERIT public.a", "NO INHERIT public.b"],
            &["INHERIT public.b", "INHERIT public.a"],
        ),
    ] {
        let mut pair = Pair::new(id(), child(old), child(new));
        pair.options.version = 15;
        let wanted = |actions: &[&str]| -> Vec<String> {
            actions.iter().map(|action| format!("ALTER TABLE public.t {action}")).collect()
        };
        assert_eq!(sql(release(&pair.context(), &id())), wanted(leaves));
        assert_eq!(altered(&pair, &id()), wanted(joins));
        assert_eq!(verdict(&pair.context(), &id()) == Verdict::Same, leaves.is_empty() && joins.is_empty());
    }
    let part = |bound: &str| {
        let partition = Partition { parent: parent("p"), bound: bound.into() };
        table_with(&[], |table| table.partition_of = Some(partition))
    };
    let pair = Pair::new(id(), part("FOR VALUES IN (1)"), part("DEFAULT"));
    assert_eq!(sql(release(&pair.context(), &id())), ["ALTER TABLE public.p DETACH PARTITION public.t"]);
    assert_eq!(altered(&pair, &id()), ["ALTER TABLE public.p ATTACH PARTITION public.t DEFAULT"]);
}

#[test]
fn a_partition_says_what_it_has_otherwise_than_its_parent() {
    let inherited = |set: fn(&mut Column)| {
        let mut made = column_with("integer", |column| (column.local, column.inherited) = (false, true));
        set(&mut made);
        made
    };
    let generated = |text: &str| {
        column_with("integer", |column| {
            (column.generated, column.default) = (Some(Generation::Stored), Some(text.into()));
        })
    };
    let made = |of_parent: Column, own_column: Column| {
        let partition = Partition { parent: parent("p"), bound: "DEFAULT".into() };
        let part = table_with(&[own_column], |table| table.partition_of = Some(partition));
        let mut pair = Pair::new(id(), None, part);
        let whole = table_with(&[of_parent], |table| table.partition_by = Some("LIST (c)".into()));
        pair.new.objects.insert(own(Kind::Table, "p"), whole);
        sql(create(&pair.context(), &id()))
    };
    let plain = || column("c", "integer");
    let part = "CREATE TABLE public.t PARTITION OF public.p DEFAULT";
    assert_eq!(made(plain(), inherited(|_| {})), [part]);
    assert_eq!(
        made(plain(), inherited(|column| (column.default, column.not_null) = (Some("3".into()), true))),
        [part, "ALTER TABLE public.t ALTER COLUMN c SET DEFAULT 3", "ALTER TABLE public.t ALTER COLUMN c SET NOT NULL",]
    );
    let own_way = inherited(|column| (column.generated, column.default) = (Some(Generation::Stored), Some("2".into())));
    assert_eq!(made(generated("2"), own_way.clone()), [part]);
    let sql = "CREATE TABLE public.t PARTITION OF public.p (\n    c GENERATED ALWAYS AS (2) STORED\n) DEFAULT";
    assert_eq!(made(generated("1"), own_way), [sql]);
}

#[test]
fn constraints_change_in_place_where_postgresql_can() {
    let fk = |definition: &str| constraint("k", ForeignKey, definition, &["c"]);
    let with = |one: Constraint| table_with(&[column("c", "integer")], |table| table.constraints = vec![one]);
    let refers = "FOREIGN KEY (c) REFERENCES public.o(id)";
    let fk_with = |end: &str| fk(&format!("{refers}{end}"));
    let key = |set: fn(&mut Constraint)| {
        let mut key = constraint("k", PrimaryKey, "PRIMARY KEY (c)", &["c"]);
        set(&mut key);
        key
    };
    let check = |text: &str| constraint("k", Check, text, &["c"]);
    for (old, new, version, wanted) in [
        (fk_with(""), fk_with(""), 18, Some(&[][..])),
        (
            fk_with(""),
            fk_with(" DEFERRABLE INITIALLY DEFERRED"),
            15,
            Some(&["ALTER TABLE public.t ALTER CONSTRAINT k DEFERRABLE INITIALLY DEFERRED"][..]),
        ),
        (fk_with(" NOT VALID"), fk_with(""), 15, Some(&["ALTER TABLE public.t VALIDATE CONSTRAINT k"])),
        (fk_with(""), fk_with(" NOT VALID"), 15, None),
        (fk_with(""), fk_with(" NOT ENFORCED"), 18, Some(&["ALTER TABLE public.t ALTER CONSTRAINT k NOT ENFORCED"])),
        (fk_with(" NOT ENFORCED"), fk_with(""), 18, Some(&["ALTER TABLE public.t ALTER CONSTRAINT k ENFORCED"])),
        (fk_with(""), fk_with(" ON DELETE CASCADE"), 18, None),
        (check("CHECK (c > 0)"), check("CHECK (c > 0) NOT ENFORCED"), 18, None),
        (check("CHECK (c > 0)"), check("CHECK (c > 1)"), 18, None),
        (
            key(|_| {}),
            key(|key| key.index_options = vec!["fillfactor=70".into()]),
            15,
            Some(&["ALTER INDEX public.k SET (fillfactor=70)"]),
        ),
        (
            key(|_| {}),
            key(|key| (key.clustered, key.replica_identity) = (true, true)),
            15,
            Some(&["ALTER TABLE public.t CLUSTER ON k", "ALTER TABLE public.t REPLICA IDENTITY USING INDEX k"]),
        ),
        (key(|key| key.clustered = true), key(|_| {}), 15, Some(&["ALTER TABLE public.t SET WITHOUT CLUSTER"])),
    ] {
        let mut pair = Pair::new(id(), with(old.clone()), with(new.clone()));
        pair.options.version = version;
        let own = on(Kind::Constraint, "t", "k");
        let expected = match wanted {
            None => Verdict::Replace,
            Some(list) if list.is_empty() => Verdict::Same,
            Some(_) => ALTER,
        };
        assert_eq!(verdict(&pair.context(), &own), expected, "{old:?} {new:?}");
        if let Some(wanted) = wanted {
            assert_eq!(altered(&pair, &own), wanted);
        }
    }
}

#[test]
fn constraints_are_made_with_what_stands_behind_them() {
    let created = |mut one: Constraint, set: fn(&mut Constraint)| {
        set(&mut one);
        let own = on(Kind::Constraint, "t", &one.name);
        let pair = Pair::new(id(), table(&[]), table_with(&[], |table| table.constraints = vec![one]));
        sql(create(&pair.context(), &own))
    };
    let unique = constraint("u", Unique, "UNIQUE (c) DEFERRABLE", &["c"]);
    assert_eq!(
        created(unique, |one| one.index_options = vec!["fillfactor=70".into()]),
        ["ALTER TABLE public.t ADD CONSTRAINT u UNIQUE (c) WITH (fillfactor=70) DEFERRABLE",]
    );
    let exclusion = || constraint("e", Exclusion, "EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))", &["c"]);
    assert_eq!(
        created(exclusion(), |one| one.index_options = vec!["fillfactor=70".into()]),
        [
            "ALTER TABLE public.t ADD CONSTRAINT e EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))",
            "ALTER INDEX public.e SET (fillfactor=70)",
        ]
    );
    assert_eq!(
        created(exclusion(), |one| one.index_tablespace = Some("fast".into())),
        [
            "ALTER TABLE public.t ADD CONSTRAINT e EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))",
            "ALTER INDEX public.e SET TABLESPACE fast",
        ]
    );
}

#[test]
fn indexes_change_in_place_where_postgresql_can() {
    let at = on(Kind::Index, "t", "i");
    let plain = || index("public.t USING btree (c)");
    let of = |definition: &str| index(definition);
    let with = |set: fn(&mut Index)| {
        let mut made = plain();
        set(&mut made);
        made
    };
    for (old, new, wanted) in [
        (plain(), plain(), Some(&[][..])),
        (
            plain(),
            of("public.t USING btree (c) WITH (fillfactor='70')"),
            Some(&["ALTER INDEX public.i SET (fillfactor=70)"][..]),
        ),
        (
            of("public.t USING btree (c) WITH (fillfactor='70') WHERE (c > 0)"),
            of("public.t USING btree (c) WHERE (c > 0)"),
            Some(&["ALTER INDEX public.i RESET (fillfactor)"]),
        ),
        (plain(), of("public.t USING btree (c DESC)"), None),
        (plain(), with(|index| index.unique = true), None),
        (with(|index| index.valid = false), plain(), None),
        (
            plain(),
            with(|index| index.tablespace = Some("fast".into())),
            Some(&["ALTER INDEX public.i SET TABLESPACE fast"]),
        ),
        (
            with(|index| index.statistics = vec![(1, 5)]),
            with(|index| index.statistics = vec![(2, 6)]),
            Some(&[
                "ALTER INDEX public.i ALTER COLUMN 1 SET STATISTICS -1",
                "ALTER INDEX public.i ALTER COLUMN 2 SET STATISTICS 6",
            ]),
        ),
        (plain(), with(|index| index.clustered = true), Some(&["ALTER TABLE public.t CLUSTER ON i"])),
        (with(|index| index.clustered = true), plain(), Some(&["ALTER TABLE public.t SET WITHOUT CLUSTER"])),
    ] {
        let pair = Pair::new(at.clone(), Object::Index(old.clone()), Object::Index(new.clone()));
        let expected = match wanted {
            None => Verdict::Replace,
            Some(list) if list.is_empty() => Verdict::Same,
            Some(_) => ALTER,
        };
        assert_eq!(verdict(&pair.context(), &at), expected, "{old:?} {new:?}");
        if let Some(wanted) = wanted {
            assert_eq!(altered(&pair, &at), wanted);
        }
    }
    // Another index takes the mark over: that is its own statement.
    let clustered = with(|index| index.clustered = true);
    let mut pair = Pair::new(at.clone(), Object::Index(clustered.clone()), Object::Index(plain()));
    pair.new.objects.insert(on(Kind::Index, "t", "j"), Object::Index(clustered));
    assert!(altered(&pair, &at).is_empty());
    let pair = Pair::new(at.clone(), None, Object::Index(of("ONLY public.t USING btree (c)")));
    assert_eq!(sql(create(&pair.context(), &at)), ["CREATE INDEX i ON public.t USING btree (c)"]);
}

#[test]
fn sequences_change_their_bounds_with_their_type() {
    let at = own(Kind::Sequence, "s");
    let sequence = |options: SequenceOptions, persistence: Persistence| {
        Object::Sequence(Sequence { options, owned_by: None, persistence })
    };
    let with = |type_name: &str, set: fn(&mut SequenceOptions)| {
        let mut options = numbers(type_name);
        set(&mut options);
        sequence(options, Persistence::Permanent)
    };
    for (old, new, wanted) in [
        (with("integer", |_| {}), with("bigint", |_| {}), &["ALTER SEQUENCE public.s AS bigint"][..]),
        (
            with("bigint", |_| {}),
            with("integer", |options| options.maximum = 99),
            &["ALTER SEQUENCE public.s AS integer MAXVALUE 99"],
        ),
        (
            with("bigint", |_| {}),
            with("bigint", |options| (options.cycle, options.cache) = (true, 5)),
            &["ALTER SEQUENCE public.s CACHE 5 CYCLE"],
        ),
        (
            with("bigint", |_| {}),
            with("bigint", |options| (options.minimum, options.start) = (10, 10)),
            &[
                "SELECT setval('public.s', GREATEST(last_value, 10), is_called AND last_value >= 10) FROM public.s",
                "ALTER SEQUENCE public.s MINVALUE 10 START WITH 10",
            ],
        ),
        (
            with("bigint", |_| {}),
            sequence(numbers("bigint"), Persistence::Unlogged),
            &["ALTER SEQUENCE public.s SET UNLOGGED"],
        ),
        (with("bigint", |_| {}), with("bigint", |_| {}), &[]),
    ] {
        let pair = Pair::new(at.clone(), old, new);
        assert_eq!(altered(&pair, &at), wanted);
        assert_eq!(verdict(&pair.context(), &at) == Verdict::Same, wanted.is_empty());
    }
    let mut pair = Pair::new(at.clone(), with("bigint", |_| {}), sequence(numbers("bigint"), Persistence::Unlogged));
    pair.options.version = 14;
    assert_eq!(verdict(&pair.context(), &at), Verdict::Same);
    let pair = Pair::new(at.clone(), None, sequence(numbers("bigint"), Persistence::Unlogged));
    assert_eq!(sql(create(&pair.context(), &at)), ["CREATE UNLOGGED SEQUENCE public.s"]);
    let pair = Pair::new(at.clone(), None, with("smallint", |options| options.increment = 2));
    let made = "CREATE SEQUENCE public.s\n    AS smallint\n    INCREMENT BY 2";
    assert_eq!(sql(create(&pair.context(), &at)), [made]);
    assert_eq!(sql(own_it(&pair.context(), &at)), ["ALTER SEQUENCE public.s OWNED BY NONE"]);
}

#[test]
fn serial_is_written_where_the_column_is_defined() {
    let serial = |of_partition: bool| {
        let at = own(Kind::Sequence, "t_c_seq");
        let owned =
            Sequence { options: numbers("integer"), owned_by: Some(column_id()), persistence: Persistence::Permanent };
        let column = column_with("integer", |column| {
            (column.not_null, column.default) = (true, Some("nextval('public.t_c_seq'::regclass)".into()));
        });
        let partition = Partition { parent: parent("p"), bound: "DEFAULT".into() };
        let of = table_with(&[column], |table| table.partition_of = of_partition.then_some(partition));
        let mut pair = Pair::new(id(), None, of);
        pair.new.objects.insert(at.clone(), Object::Sequence(owned));
        depend(&mut pair.new, &column_id(), &[at.clone()]);
        (pair, at)
    };
    let (pair, at) = serial(false);
    assert!(super::is_serial(&pair.context(), &at));
    let mut context = pair.context();
    context.decisions.inline.insert(at);
    assert_eq!(sql(create(&context, &id())), ["CREATE TABLE public.t (\n    c serial\n)"]);
    let (pair, at) = serial(true);
    assert!(!super::is_serial(&pair.context(), &at));
}

#[test]
fn a_type_that_is_made_anew_is_set_through_its_text() {
    let mut pair = column_pair(column("c", "public.mood"), column("c", "public.mood"));
    for schema in [&mut pair.old, &mut pair.new] {
        schema.objects.insert(own(Kind::Enum, "mood"), labels(&["a"]));
    }
    let mut context = pair.context();
    context.decisions.forced.insert(column_id());
    assert_eq!(
        sql(alter(&context, &column_id())),
        ["ALTER TABLE public.t ALTER COLUMN c TYPE public.mood USING c::text::public.mood",]
    );
}
