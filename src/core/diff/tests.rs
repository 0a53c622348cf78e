//! Differences between small schemas: which dependents are recreated, and in which order the statements run.

mod publication;
mod random;

use super::fixtures::{
    column, constraint, depend, function, grant, index, labels, numbers, on, own, schema, table, table_with, view,
};
use super::{Options, diff_schemas};
use crate::core::schema::ConstraintKind::{ForeignKey, PrimaryKey, Unique};
use crate::core::schema::{
    Column, CompositeType, Constraint, DefaultPrivileges, Generation, Kind, Object, ObjectId, Partition, Persistence,
    QualifiedName, Schema, Sequence,
};

fn options() -> Options {
    Options { creator: "creator".into(), version: 15 }
}

fn statements(old: &Schema, new: &Schema) -> Vec<String> {
    diff_schemas(&granted(old), &granted(new), &options())
        .operations
        .into_iter()
        .map(|operation| operation.sql)
        .collect()
}

/// The schema with the built-in privileges of PUBLIC on functions and types.
fn granted(schema: &Schema) -> Schema {
    let mut granted = schema.clone();
    for id in schema.objects.keys() {
        let may = match id.kind {
            Kind::Function => "public=EXECUTE",
            Kind::Enum | Kind::CompositeType => "public=USAGE",
            _ => continue,
        };
        granted.grants.entry(id.clone()).or_default().insert(grant(may));
    }
    granted
}

/// Asserts that the statements start with these texts, in this order.
fn assert_start(statements: &[String], wanted: &[&str]) {
    let fits =
        statements.len() == wanted.len() && statements.iter().zip(wanted).all(|(sql, start)| sql.starts_with(start));
    assert!(fits, "{statements:#?}\nis not\n{wanted:#?}");
}

fn with_default(name: &str, type_name: &str, default: &str) -> Column {
    Column { default: Some(default.into()), ..column(name, type_name) }
}

fn at(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".into(), name: name.into() }
}

#[test]
fn a_view_is_recreated_around_a_column_that_changes_its_type() {
    let of = |type_name: &str| {
        let columns = [column("id", type_name)];
        let (t, v, w) = (own(Kind::Table, "t"), own(Kind::View, "v"), own(Kind::View, "w"));
        let mut built = schema([
            (t, table(&columns)),
            (v.clone(), view(" SELECT id FROM public.t;", &[], &columns)),
            (w.clone(), view(" SELECT id FROM public.v;", &[], &columns)),
        ]);
        depend(&mut built, &v, &[on(Kind::Column, "t", "id")]);
        depend(&mut built, &w, std::slice::from_ref(&v));
        built.comments.insert(v.clone(), "seen".into());
        built.grants.insert(v, [grant("reader=SELECT")].into());
        built
    };
    assert_start(
        &statements(&of("integer"), &of("bigint")),
        &[
            "DROP VIEW public.w",
            "DROP VIEW public.v",
            "ALTER TABLE public.t ALTER COLUMN id TYPE bigint",
            "CREATE VIEW public.v",
            "COMMENT ON VIEW public.v IS 'seen'",
            "GRANT SELECT ON TABLE public.v TO reader",
            "CREATE VIEW public.w",
        ],
    );
}

#[test]
fn a_view_on_a_child_or_typed_table_is_recreated_around_the_parents_column() {
    let child = |type_name: &str, set: &dyn Fn(&mut crate::core::schema::Table)| {
        let inherited = Column { local: false, inherited: true, ..column("id", type_name) };
        table_with(&[inherited], |table| set(table))
    };
    let seen = |built: &mut Schema, type_name: &str| {
        let v = own(Kind::View, "v");
        built.objects.insert(v.clone(), view(" SELECT id FROM public.c;", &[], &[column("id", type_name)]));
        depend(built, &v, &[on(Kind::Column, "c", "id")]);
    };
    let part = |type_name: &str| {
        let place = Partition { parent: at("p"), bound: "DEFAULT".into() };
        let whole = table_with(&[column("id", type_name)], |table| table.partition_by = Some("LIST (k)".into()));
        let mut built = schema([
            (own(Kind::Table, "p"), whole),
            (own(Kind::Table, "c"), child(type_name, &|table| table.partition_of = Some(place.clone()))),
        ]);
        depend(&mut built, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        seen(&mut built, type_name);
        built
    };
    let alter = "ALTER TABLE public.p ALTER COLUMN id TYPE bigint";
    assert_start(
        &statements(&part("integer"), &part("bigint")),
        &["DROP VIEW public.v", alter, "CREATE VIEW public.v"],
    );
    let typed = |type_name: &str| {
        let row = CompositeType { columns: vec![column("id", type_name)] };
        let of = table_with(&[column("id", type_name)], |table| table.of_type = Some("public.pair".into()));
        let mut built =
            schema([(own(Kind::CompositeType, "pair"), Object::CompositeType(row)), (own(Kind::Table, "c"), of)]);
        depend(&mut built, &own(Kind::Table, "c"), &[own(Kind::CompositeType, "pair")]);
        seen(&mut built, type_name);
        built
    };
    let alter = "ALTER TYPE public.pair ALTER ATTRIBUTE id TYPE bigint CASCADE";
    assert_start(
        &statements(&typed("integer"), &typed("bigint")),
        &["DROP VIEW public.v", alter, "CREATE VIEW public.v"],
    );
}

#[test]
fn a_default_is_dropped_while_its_function_is_recreated() {
    let of = |result: &str| {
        let f = own(Kind::Function, "f");
        let mut built = schema([
            (own(Kind::Table, "t"), table(&[with_default("a", "bigint", "public.f()")])),
            (f.clone(), function("f", result, "SELECT 1")),
        ]);
        depend(&mut built, &on(Kind::Column, "t", "a"), &[f]);
        built
    };
    assert_start(
        &statements(&of("integer"), &of("bigint")),
        &[
            "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT",
            "DROP FUNCTION public.f()",
            "CREATE OR REPLACE FUNCTION public.f() RETURNS bigint",
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT public.f()",
        ],
    );
}

/// A table with a column of an enum type, with or without a default.
fn table_with_enum(of: &[&str], default: Option<&str>) -> Schema {
    let mood = own(Kind::Enum, "mood");
    let used = Column { default: default.map(Into::into), ..column("m", "public.mood") };
    let mut built = schema([(own(Kind::Table, "t"), table(&[used])), (mood.clone(), labels(of))]);
    depend(&mut built, &on(Kind::Column, "t", "m"), &[mood]);
    built
}

#[test]
fn enum_values_are_added_in_place_and_leave_the_transaction_only_if_used() {
    let changed =
        diff_schemas(&table_with_enum(&["a", "c"], None), &table_with_enum(&["a", "b", "c", "d"], None), &options());
    let sql: Vec<String> = changed.operations.into_iter().map(|operation| operation.sql).collect();
    assert_start(&sql, &["ALTER TYPE public.mood ADD VALUE 'b' BEFORE 'c'", "ALTER TYPE public.mood ADD VALUE 'd'"]);
    assert_eq!(changed.outside_transaction, None);
    let changed = diff_schemas(
        &table_with_enum(&["a"], Some("'a'::public.mood")),
        &table_with_enum(&["a", "b"], Some("'b'::public.mood")),
        &options(),
    );
    assert_eq!(changed.operations.len(), 2);
    assert!(changed.outside_transaction.as_ref().is_some_and(|why| why.contains("the new value b of public.mood")));
    let (committed_first, rest) = changed.split();
    assert_eq!((committed_first.len(), rest.len()), (1, 1));
    assert!(committed_first[0].sql.contains("ADD VALUE 'b'"), "{committed_first:?}");
}

#[test]
fn an_enum_that_loses_a_value_is_renamed_while_its_columns_are_converted() {
    let (old, new) =
        (table_with_enum(&["a", "b"], Some("'a'::public.mood")), table_with_enum(&["a"], Some("'a'::public.mood")));
    assert_start(
        &statements(&old, &new),
        &[
            "ALTER TYPE public.mood RENAME TO mood_old",
            "CREATE TYPE public.mood AS ENUM ('a')",
            "ALTER TABLE public.t ALTER COLUMN m DROP DEFAULT",
            "ALTER TABLE public.t ALTER COLUMN m TYPE public.mood USING m::text::public.mood",
            "ALTER TABLE public.t ALTER COLUMN m SET DEFAULT 'a'::public.mood",
            "DROP TYPE public.mood_old",
        ],
    );
}

fn keys(refers_to: Option<&str>) -> Vec<Constraint> {
    let key = constraint("pk", PrimaryKey, "PRIMARY KEY (id)", &["id"]);
    let refers = |to: &str| Constraint {
        references: Some(at(to)),
        ..constraint("fk", ForeignKey, &format!("FOREIGN KEY (id) REFERENCES public.{to}(id)"), &["id"])
    };
    refers_to.map(refers).into_iter().chain([key]).collect()
}

/// Tables with a primary key, and with a foreign key to another table.
fn referring_tables(pairs: &[(&str, Option<&str>)]) -> Schema {
    let mut built = Schema::default();
    for (name, to) in pairs {
        let mut constraints = keys(*to);
        for one in &mut constraints {
            one.name = format!("{name}_{}", one.name);
        }
        built.objects.insert(
            own(Kind::Table, name),
            table_with(&[column("id", "integer")], |table| {
                table.constraints = constraints;
            }),
        );
        let of_own = on(Kind::Column, name, "id");
        depend(&mut built, &on(Kind::Constraint, name, &format!("{name}_pk")), std::slice::from_ref(&of_own));
        if let Some(to) = to {
            let key = on(Kind::Constraint, to, &format!("{to}_pk"));
            depend(
                &mut built,
                &on(Kind::Constraint, name, &format!("{name}_fk")),
                &[of_own, on(Kind::Column, to, "id"), key],
            );
        }
    }
    built
}

#[test]
fn foreign_keys_are_inline_unless_they_form_a_cycle() {
    let none = Schema::default();
    let line = referring_tables(&[("a", Some("b")), ("b", None)]);
    assert_start(&statements(&none, &line), &["CREATE TABLE public.b", "CREATE TABLE public.a"]);
    assert_start(&statements(&line, &none), &["DROP TABLE public.a", "DROP TABLE public.b"]);
    let circle = referring_tables(&[("a", Some("b")), ("b", Some("a"))]);
    let built = statements(&none, &circle);
    let apart = built.iter().filter(|sql| sql.contains(" ADD CONSTRAINT ")).count();
    assert!(apart >= 1 && built.len() == 2 + apart, "{built:#?}");
    assert!(built.iter().take(2).all(|sql| sql.starts_with("CREATE TABLE")), "{built:#?}");
    let dropped = statements(&circle, &none);
    assert!(dropped.first().is_some_and(|sql| sql.contains(" DROP CONSTRAINT ")), "{dropped:#?}");
    assert!(dropped.iter().rev().take(2).all(|sql| sql.starts_with("DROP TABLE")), "{dropped:#?}");
}

#[test]
fn a_name_is_free_before_it_is_taken_again() {
    let columns = [column("id", "integer")];
    let old = schema([(own(Kind::Table, "x"), table(&columns))]);
    let new = schema([(own(Kind::View, "x"), view(" SELECT 1 AS id;", &[], &columns))]);
    assert_start(&statements(&old, &new), &["DROP TABLE public.x", "CREATE VIEW public.x"]);
    assert_start(&statements(&new, &old), &["DROP VIEW public.x", "CREATE TABLE public.x"]);
    let tables = || [(own(Kind::Table, "t"), table(&columns)), (own(Kind::Table, "u"), table(&columns))];
    let (mut old, mut new) = (schema(tables()), schema(tables()));
    let of = |name: &str| Object::Index(index(&format!("public.{name} USING btree (id)")));
    old.objects.insert(on(Kind::Index, "u", "i"), of("u"));
    new.objects.insert(on(Kind::Index, "t", "i"), of("t"));
    assert_start(&statements(&old, &new), &["DROP INDEX public.i", "CREATE INDEX i ON public.t"]);
}

#[test]
fn a_constraint_is_renamed_and_not_recreated() {
    let of = |name: &str| {
        let one = constraint(name, Unique, "UNIQUE (id)", &["id"]);
        schema([(own(Kind::Table, "t"), table_with(&[column("id", "integer")], |table| table.constraints = vec![one]))])
    };
    assert_start(&statements(&of("old"), &of("new")), &["ALTER TABLE public.t RENAME CONSTRAINT old TO new"]);
}

#[test]
fn a_partition_keeps_its_rows_when_its_parent_is_recreated() {
    let of = |key: &str| {
        let place = Partition { parent: at("p"), bound: "DEFAULT".into() };
        let inherited = Column { local: false, inherited: true, ..column("id", "integer") };
        let whole = table_with(&[column("id", "integer")], |table| table.partition_by = Some(key.into()));
        let part = table_with(&[inherited], |table| table.partition_of = Some(place));
        let mut built = schema([(own(Kind::Table, "p"), whole), (own(Kind::Table, "c"), part)]);
        depend(&mut built, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        built
    };
    assert_start(
        &statements(&of("LIST (id)"), &of("HASH (id)")),
        &[
            "ALTER TABLE public.p DETACH PARTITION public.c",
            "DROP TABLE public.p",
            "CREATE TABLE public.p",
            "ALTER TABLE public.p ATTACH PARTITION public.c DEFAULT",
        ],
    );
}

#[test]
fn a_sequence_is_created_before_its_default_and_owned_after_the_column() {
    let s = own(Kind::Sequence, "s");
    let with = |owned: bool| {
        let default = with_default("a", "bigint", "nextval('public.s'::regclass)");
        let owner = owned.then(|| on(Kind::Column, "t", "a"));
        let of = Sequence { options: numbers("bigint"), owned_by: owner, persistence: Persistence::Permanent };
        let mut built = schema([(own(Kind::Table, "t"), table(&[default])), (s.clone(), Object::Sequence(of))]);
        depend(&mut built, &on(Kind::Column, "t", "a"), std::slice::from_ref(&s));
        built
    };
    let none = Schema::default();
    assert_start(
        &statements(&none, &with(true)),
        &["CREATE SEQUENCE public.s", "CREATE TABLE public.t", "ALTER SEQUENCE public.s OWNED BY public.t.a"],
    );
    assert_start(&statements(&with(true), &none), &["DROP TABLE public.t"]);
    assert_start(&statements(&with(false), &none), &["DROP TABLE public.t", "DROP SEQUENCE public.s"]);
    assert_start(&statements(&with(true), &with(false)), &["ALTER SEQUENCE public.s OWNED BY NONE"]);
    let kept = schema([(own(Kind::Table, "t"), table(&[column("a", "bigint")]))]);
    assert_start(
        &statements(&with(true), &kept),
        &["ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT", "DROP SEQUENCE public.s"],
    );
}

#[test]
fn a_function_is_created_after_the_objects_in_its_text() {
    let new = schema([
        (own(Kind::Function, "a"), function("a", "integer", "SELECT public.b()")),
        (own(Kind::Function, "b"), function("b", "integer", "SELECT id FROM public.t")),
        (own(Kind::Table, "t"), table(&[column("id", "integer")])),
    ]);
    assert_start(
        &statements(&Schema::default(), &new),
        &["CREATE TABLE public.t", "CREATE OR REPLACE FUNCTION public.b()", "CREATE OR REPLACE FUNCTION public.a()"],
    );
}

#[test]
fn default_privileges_come_last() {
    let id = ObjectId { of: "tables".into(), ..ObjectId::new(Kind::DefaultPrivileges, "public", "creator") };
    let grants = [grant("reader=SELECT")].into();
    let mut new = schema([(own(Kind::Table, "t"), table(&[column("id", "integer")]))]);
    new.objects.insert(id, Object::DefaultPrivileges(DefaultPrivileges { grants }));
    assert_start(&statements(&Schema::default(), &new), &["CREATE TABLE public.t", "ALTER DEFAULT PRIVILEGES"]);
}

#[test]
fn an_inherited_generated_column_follows_its_parent() {
    let of = |text: &str| {
        let built = |inherited: bool| Column {
            generated: Some(Generation::Stored),
            default: Some(text.into()),
            local: !inherited,
            inherited,
            ..column("g", "integer")
        };
        let child = table_with(&[built(true)], |table| table.inherits = vec![at("p")]);
        let mut built = schema([(own(Kind::Table, "p"), table(&[built(false)])), (own(Kind::Table, "c"), child)]);
        depend(&mut built, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        built
    };
    assert_start(
        &statements(&of("1"), &of("2")),
        &[
            "ALTER TABLE public.p DROP COLUMN g",
            "ALTER TABLE public.p ADD COLUMN g integer GENERATED ALWAYS AS (2) STORED",
        ],
    );
}
