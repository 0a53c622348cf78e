//! Columns and their sequences.

use super::*;

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
        (c("text"), c("text"), Alteration::None, &[][..]),
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
        // A new type resets storage and compression.
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
        (c("integer"), generated("1"), Alteration::Recreate, &["SET EXPRESSION AS (1)"]),
    ] {
        let pair = column_pair(old.clone(), new.clone());
        assert_eq!(alteration(&pair.context(), &column_id()), expected, "{old:?} {new:?}");
        if expected != Alteration::Recreate {
            let wanted: Vec<String> =
                statements.iter().map(|action| format!("ALTER TABLE public.t ALTER COLUMN c {action}")).collect();
            assert_eq!(altered(&pair, &column_id()), wanted, "{old:?} {new:?}");
        }
    }
}

#[test]
fn statements_fit_the_server_version() {
    let c = |type_name: &str| column("c", type_name);
    let external = |type_name: &str| column_with(type_name, |column| column.storage = Some("external".into()));
    let generated = |text: &str| {
        column_with("integer", |column| {
            (column.generated, column.default) = (Some(Generation::Stored), Some(text.into()));
        })
    };
    let mut pair = column_pair(generated("1"), generated("2"));
    pair.options.version = 16;
    assert_eq!(alteration(&pair.context(), &column_id()), Alteration::Recreate);
    for (version, type_name, storage) in [(15, "numeric(9,2)", "MAIN"), (15, "inet", "MAIN"), (15, "text", "EXTENDED")]
    {
        let mut pair = column_pair(external(type_name), c(type_name));
        pair.options.version = version;
        let wanted = format!("ALTER TABLE public.t ALTER COLUMN c SET STORAGE {storage}");
        assert_eq!(altered(&pair, &column_id()), [wanted]);
    }
}

#[test]
fn identity_columns_continue_after_existing_values() {
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
        // The sequence gets the column's type and bounds.
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
fn a_not_null_column_is_added_in_three_steps() {
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
fn not_null_keeps_its_constraint_name() {
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
        assert_eq!(alteration(&pair.context(), &column_id()) == Alteration::None, wanted.is_empty());
    }
}

#[test]
fn serial_is_written_in_the_column_definition() {
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
        depend(&mut pair.new, &column_id(), std::slice::from_ref(&at));
        (pair, at)
    };
    let (pair, at) = serial(false);
    assert!(super::super::is_serial(&pair.context(), &at));
    let mut context = pair.context();
    context.decisions.inline.insert(at);
    assert_eq!(sql(create(&context, &id())), ["CREATE TABLE public.t (\n    c serial\n)"]);
    let (pair, at) = serial(true);
    assert!(!super::super::is_serial(&pair.context(), &at));
}

#[test]
fn a_recreated_type_is_converted_through_text() {
    let mut pair = column_pair(column("c", "public.mood"), column("c", "public.mood"));
    for schema in [&mut pair.old, &mut pair.new] {
        schema.objects.insert(own(Kind::Enum, "mood"), labels(&["a"]));
    }
    let mut context = pair.context();
    context.decisions.converted.insert(column_id());
    assert_eq!(
        sql(alter(&context, &column_id())),
        ["ALTER TABLE public.t ALTER COLUMN c TYPE public.mood USING c::text::public.mood",]
    );
}
