//! Whole differences of small schemas: what is made anew around a change, and in which order.

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
    Options { creator: "maker".into(), version: 15 }
}

fn statements(old: &Schema, new: &Schema) -> Vec<String> {
    diff_schemas(&granted(old), &granted(new), &options())
        .operations
        .into_iter()
        .map(|operation| operation.sql)
        .collect()
}

/// With what everybody may do with functions and types unless it is taken away.
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

/// Whether statements that begin like these follow one after the other, and no others are there.
fn are(statements: &[String], wanted: &[&str]) {
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
fn a_view_is_made_anew_around_a_column_that_changes_its_type() {
    let of = |type_name: &str| {
        let columns = [column("id", type_name)];
        let (t, v, w) = (own(Kind::Table, "t"), own(Kind::View, "v"), own(Kind::View, "w"));
        let mut made = schema([
            (t, table(&columns)),
            (v.clone(), view(" SELECT id FROM public.t;", &[], &columns)),
            (w.clone(), view(" SELECT id FROM public.v;", &[], &columns)),
        ]);
        depend(&mut made, &v, &[on(Kind::Column, "t", "id")]);
        depend(&mut made, &w, std::slice::from_ref(&v));
        made.comments.insert(v.clone(), "seen".into());
        made.grants.insert(v, [grant("reader=SELECT")].into());
        made
    };
    are(
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
fn a_view_on_a_child_or_a_typed_table_is_made_anew_around_the_parents_column() {
    let child = |type_name: &str, set: &dyn Fn(&mut crate::core::schema::Table)| {
        let inherited = Column { local: false, inherited: true, ..column("id", type_name) };
        table_with(&[inherited], |table| set(table))
    };
    let seen = |made: &mut Schema, type_name: &str| {
        let v = own(Kind::View, "v");
        made.objects.insert(v.clone(), view(" SELECT id FROM public.c;", &[], &[column("id", type_name)]));
        depend(made, &v, &[on(Kind::Column, "c", "id")]);
    };
    let part = |type_name: &str| {
        let place = Partition { parent: at("p"), bound: "DEFAULT".into() };
        let whole = table_with(&[column("id", type_name)], |table| table.partition_by = Some("LIST (k)".into()));
        let mut made = schema([
            (own(Kind::Table, "p"), whole),
            (own(Kind::Table, "c"), child(type_name, &|table| table.partition_of = Some(place.clone()))),
        ]);
        depend(&mut made, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        seen(&mut made, type_name);
        made
    };
    let alter = "ALTER TABLE public.p ALTER COLUMN id TYPE bigint";
    are(&statements(&part("integer"), &part("bigint")), &["DROP VIEW public.v", alter, "CREATE VIEW public.v"]);
    let typed = |type_name: &str| {
        let row = CompositeType { columns: vec![column("id", type_name)] };
        let of = table_with(&[column("id", type_name)], |table| table.of_type = Some("public.pair".into()));
        let mut made =
            schema([(own(Kind::CompositeType, "pair"), Object::CompositeType(row)), (own(Kind::Table, "c"), of)]);
        depend(&mut made, &own(Kind::Table, "c"), &[own(Kind::CompositeType, "pair")]);
        seen(&mut made, type_name);
        made
    };
    let alter = "ALTER TYPE public.pair ALTER ATTRIBUTE id TYPE bigint CASCADE";
    are(&statements(&typed("integer"), &typed("bigint")), &["DROP VIEW public.v", alter, "CREATE VIEW public.v"]);
}

#[test]
fn a_default_is_let_go_of_while_its_function_is_made_anew() {
    let of = |result: &str| {
        let f = own(Kind::Function, "f");
        let mut made = schema([
            (own(Kind::Table, "t"), table(&[with_default("a", "bigint", "public.f()")])),
            (f.clone(), function("f", result, "SELECT 1")),
        ]);
        depend(&mut made, &on(Kind::Column, "t", "a"), &[f]);
        made
    };
    are(
        &statements(&of("integer"), &of("bigint")),
        &[
            "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT",
            "DROP FUNCTION public.f()",
            "CREATE OR REPLACE FUNCTION public.f() RETURNS bigint",
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT public.f()",
        ],
    );
}

/// A table with a column of an enum, and perhaps a default.
fn moody(of: &[&str], default: Option<&str>) -> Schema {
    let mood = own(Kind::Enum, "mood");
    let used = Column { default: default.map(Into::into), ..column("m", "public.mood") };
    let mut made = schema([(own(Kind::Table, "t"), table(&[used])), (mood.clone(), labels(of))]);
    depend(&mut made, &on(Kind::Column, "t", "m"), &[mood]);
    made
}

#[test]
fn values_are_added_to_an_enum_in_place_and_only_there_used_outside_a_transaction() {
    let changed = diff_schemas(&moody(&["a", "c"], None), &moody(&["a", "b", "c", "d"], None), &options());
    let sql: Vec<String> = changed.operations.into_iter().map(|operation| operation.sql).collect();
    are(&sql, &["ALTER TYPE public.mood ADD VALUE 'b' BEFORE 'c'", "ALTER TYPE public.mood ADD VALUE 'd'"]);
    assert_eq!(changed.outside_transaction, None);
    let changed = diff_schemas(
        &moody(&["a"], Some("'a'::public.mood")),
        &moody(&["a", "b"], Some("'b'::public.mood")),
        &options(),
    );
    assert_eq!(changed.operations.len(), 2);
    assert!(changed.outside_transaction.is_some_and(|why| why.contains("the new value b of public.mood")));
}

#[test]
fn an_enum_that_loses_a_value_is_put_aside_while_its_columns_move_over() {
    let (old, new) = (moody(&["a", "b"], Some("'a'::public.mood")), moody(&["a"], Some("'a'::public.mood")));
    are(
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

fn keyed(refers_to: Option<&str>) -> Vec<Constraint> {
    let key = constraint("pk", PrimaryKey, "PRIMARY KEY (id)", &["id"]);
    let refers = |to: &str| Constraint {
        references: Some(at(to)),
        ..constraint("fk", ForeignKey, &format!("FOREIGN KEY (id) REFERENCES public.{to}(id)"), &["id"])
    };
    refers_to.map(refers).into_iter().chain([key]).collect()
}

/// Tables, each with a key, and with a foreign key to another.
fn referring(pairs: &[(&str, Option<&str>)]) -> Schema {
    let mut made = Schema::default();
    for (name, to) in pairs {
        let mut constraints = keyed(*to);
        for one in &mut constraints {
            one.name = format!("{name}_{}", one.name);
        }
        made.objects.insert(
            own(Kind::Table, name),
            table_with(&[column("id", "integer")], |table| {
                table.constraints = constraints;
            }),
        );
        let of_own = on(Kind::Column, name, "id");
        depend(&mut made, &on(Kind::Constraint, name, &format!("{name}_pk")), std::slice::from_ref(&of_own));
        if let Some(to) = to {
            let key = on(Kind::Constraint, to, &format!("{to}_pk"));
            depend(
                &mut made,
                &on(Kind::Constraint, name, &format!("{name}_fk")),
                &[of_own, on(Kind::Column, to, "id"), key],
            );
        }
    }
    made
}

#[test]
fn foreign_keys_stand_in_their_table_unless_they_make_a_circle() {
    let none = Schema::default();
    let line = referring(&[("a", Some("b")), ("b", None)]);
    are(&statements(&none, &line), &["CREATE TABLE public.b", "CREATE TABLE public.a"]);
    are(&statements(&line, &none), &["DROP TABLE public.a", "DROP TABLE public.b"]);
    let circle = referring(&[("a", Some("b")), ("b", Some("a"))]);
    let made = statements(&none, &circle);
    let apart = made.iter().filter(|sql| sql.contains(" ADD CONSTRAINT ")).count();
    assert!(apart >= 1 && made.len() == 2 + apart, "{made:#?}");
    assert!(made.iter().take(2).all(|sql| sql.starts_with("CREATE TABLE")), "{made:#?}");
    let gone = statements(&circle, &none);
    assert!(gone.first().is_some_and(|sql| sql.contains(" DROP CONSTRAINT ")), "{gone:#?}");
    assert!(gone.iter().rev().take(2).all(|sql| sql.starts_with("DROP TABLE")), "{gone:#?}");
}

#[test]
fn a_name_is_free_before_it_is_taken_anew() {
    let columns = [column("id", "integer")];
    let old = schema([(own(Kind::Table, "x"), table(&columns))]);
    let new = schema([(own(Kind::View, "x"), view(" SELECT 1 AS id;", &[], &columns))]);
    are(&statements(&old, &new), &["DROP TABLE public.x", "CREATE VIEW public.x"]);
    are(&statements(&new, &old), &["DROP VIEW public.x", "CREATE TABLE public.x"]);
    let tables = || [(own(Kind::Table, "t"), table(&columns)), (own(Kind::Table, "u"), table(&columns))];
    let (mut old, mut new) = (schema(tables()), schema(tables()));
    let of = |name: &str| Object::Index(index(&format!("public.{name} USING btree (id)")));
    old.objects.insert(on(Kind::Index, "u", "i"), of("u"));
    new.objects.insert(on(Kind::Index, "t", "i"), of("t"));
    are(&statements(&old, &new), &["DROP INDEX public.i", "CREATE INDEX i ON public.t"]);
}

#[test]
fn a_constraint_is_renamed_and_not_made_anew() {
    let of = |name: &str| {
        let one = constraint(name, Unique, "UNIQUE (id)", &["id"]);
        schema([(own(Kind::Table, "t"), table_with(&[column("id", "integer")], |table| table.constraints = vec![one]))])
    };
    are(&statements(&of("old"), &of("new")), &["ALTER TABLE public.t RENAME CONSTRAINT old TO new"]);
}

#[test]
fn a_child_keeps_what_it_has_when_its_parent_is_made_anew() {
    let of = |key: &str| {
        let place = Partition { parent: at("p"), bound: "DEFAULT".into() };
        let inherited = Column { local: false, inherited: true, ..column("id", "integer") };
        let whole = table_with(&[column("id", "integer")], |table| table.partition_by = Some(key.into()));
        let part = table_with(&[inherited], |table| table.partition_of = Some(place));
        let mut made = schema([(own(Kind::Table, "p"), whole), (own(Kind::Table, "c"), part)]);
        depend(&mut made, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        made
    };
    are(
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
fn a_sequence_is_made_before_the_default_that_calls_it_and_owned_after_the_column() {
    let s = own(Kind::Sequence, "s");
    let with = |owned: bool| {
        let default = with_default("a", "bigint", "nextval('public.s'::regclass)");
        let owner = owned.then(|| on(Kind::Column, "t", "a"));
        let of = Sequence { options: numbers("bigint"), owned_by: owner, persistence: Persistence::Permanent };
        let mut made = schema([(own(Kind::Table, "t"), table(&[default])), (s.clone(), Object::Sequence(of))]);
        depend(&mut made, &on(Kind::Column, "t", "a"), std::slice::from_ref(&s));
        made
    };
    let none = Schema::default();
    are(
        &statements(&none, &with(true)),
        &["CREATE SEQUENCE public.s", "CREATE TABLE public.t", "ALTER SEQUENCE public.s OWNED BY public.t.a"],
    );
    are(&statements(&with(true), &none), &["DROP TABLE public.t"]);
    are(&statements(&with(false), &none), &["DROP TABLE public.t", "DROP SEQUENCE public.s"]);
    are(&statements(&with(true), &with(false)), &["ALTER SEQUENCE public.s OWNED BY NONE"]);
    let kept = schema([(own(Kind::Table, "t"), table(&[column("a", "bigint")]))]);
    are(
        &statements(&with(true), &kept),
        &["ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT", "DROP SEQUENCE public.s"],
    );
}

#[test]
fn a_function_comes_after_what_its_text_names() {
    let new = schema([
        (own(Kind::Function, "a"), function("a", "integer", "SELECT public.b()")),
        (own(Kind::Function, "b"), function("b", "integer", "SELECT id FROM public.t")),
        (own(Kind::Table, "t"), table(&[column("id", "integer")])),
    ]);
    are(
        &statements(&Schema::default(), &new),
        &["CREATE TABLE public.t", "CREATE OR REPLACE FUNCTION public.b()", "CREATE OR REPLACE FUNCTION public.a()"],
    );
}

#[test]
fn default_privileges_come_last() {
    let id = ObjectId { of: "tables".into(), ..ObjectId::new(Kind::DefaultPrivileges, "public", "maker") };
    let grants = [grant("reader=SELECT")].into();
    let mut new = schema([(own(Kind::Table, "t"), table(&[column("id", "integer")]))]);
    new.objects.insert(id, Object::DefaultPrivileges(DefaultPrivileges { grants }));
    are(&statements(&Schema::default(), &new), &["CREATE TABLE public.t", "ALTER DEFAULT PRIVILEGES"]);
}

#[test]
fn an_inherited_generated_column_follows_its_parent() {
    let of = |text: &str| {
        let made = |inherited: bool| Column {
            generated: Some(Generation::Stored),
            default: Some(text.into()),
            local: !inherited,
            inherited,
            ..column("g", "integer")
        };
        let child = table_with(&[made(true)], |table| table.inherits = vec![at("p")]);
        let mut made = schema([(own(Kind::Table, "p"), table(&[made(false)])), (own(Kind::Table, "c"), child)]);
        depend(&mut made, &own(Kind::Table, "c"), &[own(Kind::Table, "p")]);
        made
    };
    are(
        &statements(&of("1"), &of("2")),
        &[
            "ALTER TABLE public.p DROP COLUMN g",
            "ALTER TABLE public.p ADD COLUMN g integer GENERATED ALWAYS AS (2) STORED",
        ],
    );
}
