//! Renames: suggestions, requests and statements.

use super::*;
use crate::core::diff::fixtures::{column, constraint};
use crate::core::schema::{ConstraintKind, Enum, Function, FunctionKind, Index, Object, Persistence, Schema, View};

fn check(name: &str, definition: &str) -> Constraint {
    constraint(name, ConstraintKind::Check, definition, &[])
}

fn table(columns: &str, constraints: &[(&str, &str)]) -> Table {
    let columns = columns.split_whitespace().filter_map(|part| part.split_once(':'));
    Table {
        columns: columns.map(|(name, type_name)| column(name, type_name)).collect(),
        constraints: constraints.iter().map(|(name, definition)| check(name, definition)).collect(),
        persistence: Persistence::Permanent,
        partition_by: None,
        partition_of: None,
        inherits: Vec::new(),
        of_type: None,
        row_security: false,
        force_row_security: false,
        replica_identity: "default".into(),
        access_method: None,
        tablespace: None,
        options: Vec::new(),
        foreign: None,
    }
}

/// Reads one object per line: `table app.users id:int name:text`, `enum public.mood sad ok`, `index app.users.i
/// (name)`, `function app.f(integer) body`, `view app.v SELECT 1`, `check app.users.c CHECK (true)`, `schema app`.
fn schema(text: &str) -> Schema {
    let mut schema = Schema::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let parts: Vec<&str> = name.split('(').next().unwrap().split('.').collect();
        let arguments = name.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        let (id, object) = match (kind, parts.as_slice()) {
            ("table", [at, name]) => (ObjectId::new(Kind::Table, at, name), Object::Table(Box::new(table(rest, &[])))),
            ("enum", [at, name]) => {
                let labels = rest.split_whitespace().map(str::to_owned).collect();
                (ObjectId::new(Kind::Enum, at, name), Object::Enum(Enum { labels }))
            }
            ("view", [at, name]) => {
                let view = View { definition: rest.into(), options: Vec::new(), columns: Vec::new() };
                (ObjectId::new(Kind::View, at, name), Object::View(view))
            }
            ("function", [at, name]) => {
                let function = Function {
                    kind: FunctionKind::Function,
                    arguments: arguments.into(),
                    input_types: arguments.into(),
                    result: None,
                    language: "sql".into(),
                    definition: format!("CREATE OR REPLACE FUNCTION {at}.{name}({arguments}) {rest}"),
                };
                (ObjectId::routine(Kind::Function, at, name, arguments), Object::Function(function))
            }
            ("index", [at, of, name]) => {
                let index = Index {
                    unique: false,
                    definition: format!("{at}.{of} USING btree {rest}"),
                    valid: true,
                    clustered: false,
                    replica_identity: false,
                    tablespace: None,
                    statistics: Vec::new(),
                    part_of: None,
                };
                (ObjectId::on(Kind::Index, at, of, name), Object::Index(index))
            }
            ("check", [at, of, name]) => {
                let id = ObjectId::new(Kind::Table, at, of);
                if let Some(Object::Table(table)) = schema.objects.get_mut(&id) {
                    table.constraints.push(check(name, rest));
                }
                continue;
            }
            ("schema", [name]) => (ObjectId::new(Kind::Schema, "", name), Object::Schema),
            _ => panic!("{line}"),
        };
        schema.objects.insert(id, object);
    }
    schema
}

/// The statements for the requests, or the error and its hint.
fn requested(requests: &[&str], old: &str, new: &str) -> Result<Vec<String>, String> {
    let specs: Vec<String> = requests.iter().map(|&spec| spec.to_owned()).collect();
    let renames = parse_all(&specs, &schema(old), &schema(new));
    let renames = renames.map_err(|error| format!("{}; {}", error.message, error.hint.unwrap_or_default()))?;
    Ok(renames.iter().map(|rename| rename_statements(rename).0).collect())
}

#[test]
fn a_name_is_found_with_or_without_its_parents() {
    let old = "table public.users id:int name:text\n check public.users.c CHECK (true)\n table public.a.b x:int
        index public.users.i (name)\n enum public.mood sad ok\n function public.f(integer,\u{a0}text) x\n view public.v SELECT 1
        table public.Odd x:int\n table public.move x:int\n schema old"
        .replace("public.a.b", "public.ab");
    let new = "table public.people id:int full_name:text\n table public.users id:int full_name:text
        check public.users.d CHECK (true)\n index public.users.j (name)\n enum public.mood unhappy ok
        enum public.feeling sad ok\n function public.g(integer,\u{a0}text) x\n view public.w SELECT 1
        table public.even x:int\n table app.move x:int\n table app.moved x:int\n schema new";
    for (spec, expected) in [
        ("users=people", "ALTER TABLE public.users RENAME TO people"),
        ("public.users=people", "ALTER TABLE public.users RENAME TO people"),
        ("public.users=public.people", "ALTER TABLE public.users RENAME TO people"),
        ("table users = people", "ALTER TABLE public.users RENAME TO people"),
        ("Users=People", "ALTER TABLE public.users RENAME TO people"),
        ("users.name=full_name", "ALTER TABLE public.users RENAME COLUMN name TO full_name"),
        ("public.users.name=full_name", "ALTER TABLE public.users RENAME COLUMN name TO full_name"),
        ("public.\"users\".name=users.full_name", "ALTER TABLE public.users RENAME COLUMN name TO full_name"),
        ("c=d", "ALTER TABLE public.users RENAME CONSTRAINT c TO d"),
        ("constraint users.c=d", "ALTER TABLE public.users RENAME CONSTRAINT c TO d"),
        ("i=j", "ALTER INDEX public.i RENAME TO j"),
        ("public.i=public.j", "ALTER INDEX public.i RENAME TO j"),
        ("mood=feeling", "ALTER TYPE public.mood RENAME TO feeling"),
        ("mood.sad=unhappy", "ALTER TYPE public.mood RENAME VALUE 'sad' TO 'unhappy'"),
        ("public.mood.'sad'='unhappy'", "ALTER TYPE public.mood RENAME VALUE 'sad' TO 'unhappy'"),
        ("v=w", "ALTER VIEW public.v RENAME TO w"),
        ("f=g", "ALTER FUNCTION public.f(integer,\u{a0}text) RENAME TO g"),
        ("f(integer, text)=g", "ALTER FUNCTION public.f(integer,\u{a0}text) RENAME TO g"),
        ("\"Odd\"=even", "ALTER TABLE public.\"Odd\" RENAME TO even"),
        ("move=app.move", "ALTER TABLE public.move SET SCHEMA app"),
        ("move=app.moved", "ALTER TABLE public.move SET SCHEMA app;\nALTER TABLE app.move RENAME TO moved"),
        ("schema old=new", "ALTER SCHEMA old RENAME TO new"),
    ] {
        assert_eq!(requested(&[spec], &old, new).as_deref(), Ok([expected.to_owned()].as_slice()), "{spec}");
    }
}

#[test]
fn impossible_renames_are_refused_with_a_hint() {
    let old =
        "table a.users id:int name:text\n table b.users id:int name:text\n enum a.mood sad ok\n table a.taken x:int";
    let new = "table a.people id:int name:text\n table b.people id:int name:text\n enum a.mood unhappy ok
        table a.users id:int full_name:text other:int\n table a.taken x:int";
    for (spec, message, hint) in [
        ("users=people", "the name is ambiguous", "it can be table a.users or table b.users; write"),
        ("user=people", "there is no user", "there is a.users, b.users"),
        ("a.users.nam=full_name", "there is no a.users.nam", "there is a.users.name"),
        ("a.users.name=fullname", "the models have no matching fullname", "they have a.users.full_name"),
        ("mood.sad=angry", "the models have no matching angry", "they have a.mood.'unhappy'"),
        ("a.users=taken", "the database already has a.taken", "rename that object first"),
        ("a.users=users", "the object already has this name", ""),
        ("users", "there is no = in the request", "write OLD=NEW"),
        ("users=", "a name is missing", "write OLD=NEW"),
        ("a=b=c", "there are two = in the request", "write OLD=NEW"),
        ("\"users=people", "the quote \" is not closed", "write OLD=NEW"),
        ("f(int=g", "the parenthesis is not closed", "write OLD=NEW"),
        ("a.users.name=b.users.full_name", "the models have no matching b.users.full_name", "they have"),
    ] {
        let error = requested(&[spec], old, new).unwrap_err();
        let (text, advice) = error.split_once("; ").unwrap();
        assert_eq!(text, message, "{spec}");
        assert!(advice.starts_with(hint) && (hint.is_empty() == advice.is_empty()), "{spec}: {advice}");
    }
}

#[test]
fn several_renames_can_use_old_and_new_names() {
    let old = "table a.users id:int name:text\n enum a.mood sad ok\n function a.f(a.mood) x\n index a.users.i (name)";
    let new = "table a.people id:int full_name:text\n enum a.feeling unhappy ok\n function a.g(a.feeling) x
        index a.people.j (name)";
    let expected = [
        "ALTER TABLE a.users RENAME TO people",
        "ALTER TABLE a.people RENAME COLUMN name TO full_name",
        "ALTER TYPE a.mood RENAME TO feeling",
        "ALTER TYPE a.feeling RENAME VALUE 'sad' TO 'unhappy'",
        "ALTER FUNCTION a.f(a.feeling) RENAME TO g",
        "ALTER INDEX a.i RENAME TO j",
    ];
    for requests in [
        ["users=people", "users.name=full_name", "mood=feeling", "mood.sad=unhappy", "f=g", "users.i=j"],
        ["users=people", "people.name=full_name", "mood=feeling", "feeling.sad=unhappy", "f(a.mood)=g", "people.i=j"],
        ["users.name=full_name", "users=people", "a.mood.'sad'=unhappy", "mood=feeling", "f(a.feeling)=g", "i=j"],
    ] {
        let mut statements = requested(&requests, old, new).unwrap();
        let mut sorted = expected.map(str::to_owned).to_vec();
        statements.sort();
        sorted.sort();
        assert_eq!(statements, sorted, "{requests:?}");
    }
    let chain = requested(&["a=b", "b=c"], "table x.a i:int\n table x.b i:int", "table x.b i:int\n table x.c i:int");
    assert_eq!(chain.unwrap(), ["ALTER TABLE x.b RENAME TO c", "ALTER TABLE x.a RENAME TO b"]);
    assert!(
        requested(&["a=b", "b=a"], "table x.a i:int\n table x.b i:int", "table x.b i:int\n table x.a i:int").is_err()
    );
}

#[test]
fn every_rename_has_a_downgrade() {
    let object = |old: ObjectId, new: &str, holder| {
        let new = ObjectId { name: new.into(), ..old.clone() };
        rename_statements(&Rename { subject: Subject::Object { old, new }, holder }).1
    };
    let on = |kind, holder| object(ObjectId::on(kind, "a", "t", "x"), "Y z", Some(holder));
    for (kind, holder, expected) in [
        (Kind::Column, Kind::Table, "ALTER TABLE a.t RENAME COLUMN \"Y z\" TO x"),
        (Kind::Column, Kind::View, "ALTER VIEW a.t RENAME COLUMN \"Y z\" TO x"),
        (Kind::Column, Kind::CompositeType, "ALTER TYPE a.t RENAME ATTRIBUTE \"Y z\" TO x"),
        (Kind::Constraint, Kind::Domain, "ALTER DOMAIN a.t RENAME CONSTRAINT \"Y z\" TO x"),
        (Kind::Trigger, Kind::Table, "ALTER TRIGGER \"Y z\" ON a.t RENAME TO x"),
        (Kind::Policy, Kind::Table, "ALTER POLICY \"Y z\" ON a.t RENAME TO x"),
        (Kind::Rule, Kind::View, "ALTER RULE \"Y z\" ON a.t RENAME TO x"),
        (Kind::Index, Kind::Table, "ALTER INDEX a.\"Y z\" RENAME TO x"),
    ] {
        assert_eq!(on(kind, holder), expected);
    }
    let total = ObjectId::routine(Kind::Aggregate, "a", "x", "");
    assert_eq!(object(total, "y", None), "ALTER AGGREGATE a.y(*) RENAME TO x");
    let subject = Subject::Object {
        old: ObjectId::new(Kind::Table, "a", "users"),
        new: ObjectId::new(Kind::Table, "b", "people"),
    };
    let (_, down) = rename_statements(&Rename { subject, holder: None });
    assert_eq!(down, "ALTER TABLE b.people SET SCHEMA a;\nALTER TABLE a.people RENAME TO users");
}

/// The suggestions: the request and the reasons.
fn suggested(old: &str, new: &str) -> Vec<(String, String)> {
    let (old, new) = (schema(old), schema(new));
    let found = candidates(&old, &new);
    for candidate in &found {
        assert!(candidate.score >= 50 && candidate.score <= 100, "{candidate:?}");
    }
    let specs: Vec<String> = found.iter().map(|candidate| candidate.spec.clone()).collect();
    for spec in &specs {
        let after_its_table = vec![specs[0].clone(), spec.clone()];
        let needed = if parse(spec, &old, &new).is_ok() { vec![spec.clone()] } else { after_its_table };
        parse_all(&needed, &old, &new).unwrap_or_else(|error| panic!("{error}: {:?}", error.hint));
    }
    found.into_iter().map(|candidate| (candidate.spec, candidate.reasons.join(", "))).collect()
}

#[test]
fn probable_renames_are_suggested_with_their_reasons() {
    for (old, new, expected) in [
        (
            "table a.users id:int name:text",
            "table a.users id:int full_name:text",
            vec![(
                "a.users.name=full_name",
                "same type, same position, the only dropped and the only added column, similar name",
            )],
        ),
        (
            "table a.users id:int name:text mail:text",
            "table a.people id:int name:text mail:text",
            vec![("a.users=people", "same columns")],
        ),
        (
            "table a.users id:int name:text mail:text\n index a.users.i (mail)",
            "table b.users id:int name:text email:text\n index b.users.j (mail)",
            vec![
                ("a.users=b.users", "2 of 4 columns the same, same name"),
                (
                    "a.users.mail=email",
                    "same type, same position, the only dropped and the only added column, similar name",
                ),
                ("a.i=j", "same definition"),
            ],
        ),
        ("enum a.mood sad ok glad", "enum a.mood unhappy ok glad", vec![("a.mood.'sad'='unhappy'", "same position")]),
        ("enum a.mood sad ok", "enum a.feeling sad ok", vec![("a.mood=feeling", "same values")]),
        ("function a.f(integer) x", "function a.g(integer) x", vec![("a.f(integer)=g", "same definition")]),
        ("function a.f(integer) x", "function a.g(integer) y", vec![]),
        ("view a.v SELECT 1", "view a.w SELECT 1", vec![("a.v=w", "same definition")]),
        ("table a.users id:int", "table a.users id:int name:text", vec![]),
        ("table a.users id:int name:text", "table a.users id:int born:date", vec![]),
        ("table a.t i:int\n check a.t.c CHECK (i)", "table a.t i:int\n check a.t.d CHECK (i)", vec![]),
        ("table a.users id:int name:text", "table a.orders at:date total:numeric", vec![]),
    ] {
        let expected: Vec<(String, String)> =
            expected.into_iter().map(|(spec, reasons)| (spec.to_owned(), reasons.to_owned())).collect();
        assert_eq!(suggested(old, new), expected, "{old} -> {new}");
    }
}

#[test]
fn the_best_pair_comes_first_with_few_alternatives() {
    let old = "table a.t id:int a:text b:text c:text d:text e:text";
    let new = "table a.t id:int a_name:text b_name:text c_name:text d_name:text e_name:text";
    let found = suggested(old, new);
    let firsts: Vec<&str> = found.iter().take(1).map(|(spec, _)| spec.as_str()).collect();
    assert_eq!(firsts, ["a.t.a=a_name"]);
    for name in ["a", "b", "c", "d", "e"] {
        let count = found.iter().filter(|(spec, _)| spec.starts_with(&format!("a.t.{name}="))).count();
        assert!((1..=3).contains(&count), "{name}: {count}");
    }
}

#[test]
fn constraints_that_differ_only_in_name_are_paired_unless_ambiguous() {
    let old = table("a:int", &[("x", "CHECK (1)"), ("y", "CHECK (2)"), ("kept", "CHECK (3)"), ("t", "CHECK (4)")]);
    let mut new = table(
        "a:int",
        &[("z", "CHECK (1)"), ("w", "CHECK (5)"), ("kept", "CHECK (2)"), ("t1", "CHECK (4)"), ("t2", "CHECK (4)")],
    );
    assert_eq!(identical_constraints(&old, &new), [("x".to_owned(), "z".to_owned())]);
    new.constraints[0].deferrable = true;
    assert_eq!(identical_constraints(&old, &new), []);
    new.constraints[0] = Constraint { inherited: true, ..check("z", "CHECK (1)") };
    assert_eq!(identical_constraints(&old, &new), []);
}
