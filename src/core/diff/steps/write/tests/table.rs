//! Tables, their types, parents and partitions.

use super::*;

#[test]
fn columns_of_a_typed_table_change_with_its_type() {
    let typed = |type_name: &str, not_null: bool| {
        let column = column_with(type_name, |column| column.not_null = not_null);
        table_with(&[column], |table| table.of_type = Some("public.p".into()))
    };
    let composite = |type_name: &str| Object::CompositeType(CompositeType { columns: vec![column("c", type_name)] });
    let mut pair = Pair::new(id(), typed("integer", false), typed("bigint", false));
    pair.old.objects.insert(own(Kind::CompositeType, "p"), composite("integer"));
    pair.new.objects.insert(own(Kind::CompositeType, "p"), composite("bigint"));
    assert_eq!(alteration(&pair.context(), &column_id()), Alteration::None);
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
        // The index sets it.
        (plain(), with(|table| table.replica_identity = "index".into()), &[]),
        (
            foreign(&["a=1", "b=2"]),
            foreign(&["b=3", "C=4"]),
            &["ALTER FOREIGN TABLE public.t OPTIONS (SET b '3', ADD \"C\" '4', DROP a)"],
        ),
    ] {
        let pair = Pair::new(id(), old, new);
        assert_eq!(altered(&pair, &id()), wanted);
        assert_eq!(alteration(&pair.context(), &id()) == Alteration::None, wanted.is_empty());
    }
    let pair = Pair::new(id(), plain(), with(|table| table.partition_by = Some("LIST (c)".into())));
    assert_eq!(alteration(&pair.context(), &id()), Alteration::Recreate);
    let pair = Pair::new(id(), foreign(&["a=1"]), None);
    assert_eq!(sql(drop(&pair.context(), &id())), ["DROP FOREIGN TABLE public.t"]);
    let pair = Pair::new(id(), None, foreign(&["a=it's"]));
    let built = "CREATE FOREIGN TABLE public.t () SERVER s OPTIONS (a 'it''s')";
    assert_eq!(sql(create(&pair.context(), &id())), [built]);
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
        assert_eq!(alteration(&pair.context(), &id()) == Alteration::None, leaves.is_empty() && joins.is_empty());
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
fn a_partition_is_created_with_its_differences_from_the_parent() {
    let inherited = |set: fn(&mut Column)| {
        let mut built = column_with("integer", |column| (column.local, column.inherited) = (false, true));
        set(&mut built);
        built
    };
    let generated = |text: &str| {
        column_with("integer", |column| {
            (column.generated, column.default) = (Some(Generation::Stored), Some(text.into()));
        })
    };
    let built = |of_parent: Column, own_column: Column| {
        let partition = Partition { parent: parent("p"), bound: "DEFAULT".into() };
        let part = table_with(&[own_column], |table| table.partition_of = Some(partition));
        let mut pair = Pair::new(id(), None, part);
        let whole = table_with(&[of_parent], |table| table.partition_by = Some("LIST (c)".into()));
        pair.new.objects.insert(own(Kind::Table, "p"), whole);
        sql(create(&pair.context(), &id()))
    };
    let plain = || column("c", "integer");
    let part = "CREATE TABLE public.t PARTITION OF public.p DEFAULT";
    assert_eq!(built(plain(), inherited(|_| {})), [part]);
    assert_eq!(
        built(plain(), inherited(|column| (column.default, column.not_null) = (Some("3".into()), true))),
        [part, "ALTER TABLE public.t ALTER COLUMN c SET DEFAULT 3", "ALTER TABLE public.t ALTER COLUMN c SET NOT NULL",]
    );
    let own_way = inherited(|column| (column.generated, column.default) = (Some(Generation::Stored), Some("2".into())));
    assert_eq!(built(generated("2"), own_way.clone()), [part]);
    let sql = "CREATE TABLE public.t PARTITION OF public.p (\n    c GENERATED ALWAYS AS (2) STORED\n) DEFAULT";
    assert_eq!(built(generated("1"), own_way), [sql]);
}
