//! The attributes of one object of every kind.

use limbeck::core::schema::{
    Column, Constraint, ConstraintKind, FunctionKind, Generation, Kind, Object, ObjectId, Persistence, Schema, Scope,
};

use super::{RICH, loaded, read, version};
use crate::support::server;

fn rich() -> Schema {
    read(&loaded(RICH), &Scope::default().without(None, "alembic_version"))
}

fn app(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, "app", name)
}

fn of_people(kind: Kind, name: &str) -> ObjectId {
    ObjectId::on(kind, "app", "people", name)
}

fn column<'a>(schema: &'a Schema, name: &str) -> &'a Column {
    schema.table("app", "people").unwrap().columns.iter().find(|column| column.name == name).unwrap()
}

fn constraint<'a>(schema: &'a Schema, table: &str, name: &str) -> &'a Constraint {
    schema.table("app", table).unwrap().constraints.iter().find(|constraint| constraint.name == name).unwrap()
}

#[test]
fn every_object_is_read_and_nothing_else() {
    let schema = rich();
    let names: Vec<String> = schema.objects.keys().map(ToString::to_string).collect();
    let expected = "schema app|schema public|extension citext|collation app.c_again|enum app.mood|domain app.positive|\
        composite type app.place|range type app.span|sequence app.people_serial_no_seq|sequence app.ticket|\
        table app.cache|table app.children|table app.events|table app.events_2026|table app.events_rest|\
        table app.people|index app.counts_what|index app.events_what|index app.events_2026_what_idx|\
        index app.events_rest_what_idx|index app.people_name|index app.people_serial|view app.named_people|\
        materialized view app.counts|function app.on_ddl()|function app.touch()|function app.twice(n integer, times integer)|\
        function app.twice(t text)|procedure app.tidy(INOUT n integer)|aggregate app.total(integer)|\
        trigger counting on app.events|trigger counting on app.events_2026|trigger counting on app.events_rest|\
        trigger touching on app.people|rule keep on app.people|policy own on app.people|statistics app.people_statistics|\
        event trigger watcher|publication changes|published table app.children in changes|\
        published table app.people in changes|default privileges of postgres on tables in app";
    assert_eq!(names, expected.split('|').collect::<Vec<_>>());
    let unsupported: Vec<String> =
        schema.unsupported.iter().map(|one| format!("{} {}", one.kind, one.identity)).collect();
    assert_eq!(unsupported, ["operator app.===(integer,integer)"]);
}

#[test]
fn columns_have_all_their_attributes() {
    let schema = rich();
    let id = column(&schema, "id");
    let identity = id.identity.as_ref().unwrap();
    let sequence = identity.sequence.as_ref().unwrap();
    assert!(identity.always && id.not_null && id.default.is_none());
    assert_eq!((sequence.name.as_str(), sequence.options.start), ("people_id_seq", 10));
    let name = column(&schema, "name");
    assert_eq!(name.collation.as_deref(), Some("\"C\""));
    assert_eq!(name.default.as_deref(), Some("'nobody'::text"));
    assert_eq!(column(&schema, "email").type_name, "public.citext");
    assert_eq!(column(&schema, "age").type_name, "app.positive");
    assert_eq!(column(&schema, "doubled").generated, Some(Generation::Stored));
    let note = column(&schema, "note");
    assert_eq!((note.storage.as_deref(), note.statistics), (Some("external"), Some(50)));
    assert_eq!(note.options, ["n_distinct=5"]);
    let serial = of_people(Kind::Column, "serial_no");
    assert_eq!(schema.serial(&serial), Some(&app(Kind::Sequence, "people_serial_no_seq")));
    assert_eq!(schema.holder(&serial), Some(&app(Kind::Table, "people")));
}

#[test]
fn tables_have_their_parents_and_attributes() {
    let schema = rich();
    let people = schema.table("app", "people").unwrap();
    assert!(people.row_security && !people.force_row_security);
    assert_eq!((people.replica_identity.as_str(), people.access_method.as_deref()), ("index", Some("heap")));
    assert_eq!(people.options, ["fillfactor=90"]);
    let children = schema.table("app", "children").unwrap();
    assert_eq!(children.inherits[0].name, "people");
    assert!(children.columns.iter().filter(|column| column.local).all(|column| column.name == "toy"));
    assert_eq!(schema.table("app", "cache").unwrap().persistence, Persistence::Unlogged);
    assert_eq!(schema.table("app", "events").unwrap().partition_by.as_deref(), Some("RANGE (at)"));
    let part = schema.table("app", "events_2026").unwrap().partition_of.as_ref().unwrap();
    assert_eq!(part.parent.name, "events");
    assert_eq!(part.bound, "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')");
    let key = constraint(&schema, "events_2026", "events_2026_pkey");
    assert!(!key.local && key.inherited);
    let Object::Index(index) =
        &schema.objects[&ObjectId::on(Kind::Index, "app", "events_2026", "events_2026_what_idx")]
    else {
        panic!("an index")
    };
    assert_eq!(index.part_of.as_ref().unwrap().name, "events_what");
}

#[test]
fn constraints_and_indexes_have_all_their_attributes() {
    let schema = rich();
    let key = constraint(&schema, "people", "people_pkey");
    assert_eq!((key.kind, key.definition.as_str()), (ConstraintKind::PrimaryKey, "PRIMARY KEY (id)"));
    assert!(key.clustered && key.replica_identity);
    assert_eq!(key.index_options, ["fillfactor=80"]);
    let email = constraint(&schema, "people", "people_email_key");
    assert!(email.deferrable && email.deferred);
    assert!(!constraint(&schema, "people", "late").validated);
    assert!(constraint(&schema, "people", "named").definition.ends_with("NO INHERIT"));
    let boss = constraint(&schema, "people", "people_boss_fkey");
    assert_eq!(boss.definition, "FOREIGN KEY (boss) REFERENCES app.people(id) ON DELETE SET NULL");
    assert_eq!(
        (boss.columns.as_slice(), boss.references.as_ref().unwrap().name.as_str()),
        (&["boss".to_owned()][..], "people")
    );
    let Object::Index(index) = &schema.objects[&of_people(Kind::Index, "people_name")] else { panic!("an index") };
    let definition = "app.people USING btree (lower(name) DESC) INCLUDE (note) WHERE (note IS NOT NULL)";
    assert_eq!(index.definition, definition);
    assert_eq!((index.unique, index.valid, index.statistics.as_slice()), (false, true, &[(1, 200)][..]));
}

#[test]
fn types_and_routines_have_all_their_attributes() {
    let schema = rich();
    let Object::Enum(mood) = &schema.objects[&app(Kind::Enum, "mood")] else { panic!("an enum") };
    assert_eq!(mood.labels, ["sad", "ok", "it's \"fine\""]);
    let Object::Domain(domain) = &schema.objects[&app(Kind::Domain, "positive")] else { panic!("a domain") };
    assert_eq!((domain.type_name.as_str(), domain.default.as_deref(), domain.not_null), ("integer", Some("1"), true));
    assert_eq!(
        domain.constraints.iter().find(|one| one.name == "over_zero").unwrap().definition,
        "CHECK ((VALUE > 0))"
    );
    let Object::CompositeType(place) = &schema.objects[&app(Kind::CompositeType, "place")] else { panic!("a type") };
    assert_eq!(place.columns[0].collation.as_deref(), Some("\"C\""));
    assert_eq!(place.columns[1].type_name, "character varying(10)");
    let Object::RangeType(span) = &schema.objects[&app(Kind::RangeType, "span")] else { panic!("a range") };
    assert_eq!((span.subtype.as_str(), span.difference.as_deref()), ("double precision", Some("float8mi")));
    let Object::Sequence(ticket) = &schema.objects[&app(Kind::Sequence, "ticket")] else { panic!("a sequence") };
    assert_eq!(
        (ticket.options.type_name.as_str(), ticket.options.maximum, ticket.options.cycle),
        ("smallint", 99, true)
    );
    let twice = ObjectId::routine(Kind::Function, "app", "twice", "n integer, times integer");
    let Object::Function(twice) = &schema.objects[&twice] else { panic!("a function") };
    assert_eq!((twice.kind, twice.arguments.as_str()), (FunctionKind::Function, "n integer, times integer DEFAULT 2"));
    let total = ObjectId::routine(Kind::Aggregate, "app", "total", "integer");
    let Object::Aggregate(total) = &schema.objects[&total] else { panic!("an aggregate") };
    assert_eq!(
        (total.transition.as_str(), total.initial.as_deref(), total.parallel.as_str()),
        ("int4pl", Some("0"), "safe")
    );
}

#[test]
fn triggers_and_policies_have_their_state() {
    let schema = rich();
    let Object::Trigger(trigger) = &schema.objects[&of_people(Kind::Trigger, "touching")] else { panic!("a trigger") };
    assert_eq!((trigger.enabled.as_str(), trigger.inherited), ("disabled", false));
    let part = ObjectId::on(Kind::Trigger, "app", "events_rest", "counting");
    assert!(matches!(&schema.objects[&part], Object::Trigger(trigger) if trigger.inherited));
    let Object::Policy(policy) = &schema.objects[&of_people(Kind::Policy, "own")] else { panic!("a policy") };
    assert_eq!(
        (policy.permissive, policy.command.as_str(), policy.roles.join(",")),
        (false, "SELECT", "catalog_reader".into())
    );
    let watcher = ObjectId::new(Kind::EventTrigger, "", "watcher");
    let Object::EventTrigger(watcher) = &schema.objects[&watcher] else { panic!("an event trigger") };
    assert_eq!((watcher.function.as_str(), watcher.enabled.as_str()), ("app.on_ddl", "disabled"));
    assert_eq!(watcher.tags, ["ALTER TABLE", "CREATE TABLE"]);
}

#[test]
fn publications_have_their_options_and_tables() {
    let schema = rich();
    let changes = ObjectId::new(Kind::Publication, "", "changes");
    let Object::Publication(publication) = &schema.objects[&changes] else { panic!("a publication") };
    assert_eq!(publication.operations, ["insert", "update"]);
    assert!(!publication.all_tables && !publication.via_partition_root && !publication.has_unmanaged_tables);
    assert_eq!(publication.generated_columns.is_some(), version() >= 180_000);
    let people = ObjectId::on(Kind::PublishedTable, "app", "changes", "people");
    assert_eq!(schema.holder(&people), Some(&changes));
    assert!(schema.depends[&people].contains(&app(Kind::Table, "people")));
    let sql = "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id int); CREATE TABLE b.t (id int);
        CREATE PUBLICATION managed FOR TABLE a.t; CREATE PUBLICATION mixed FOR TABLE a.t, b.t;
        CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION excluded FOR TABLE a.t;";
    let schema = read(&loaded(sql), &Scope::new(Some(&["a".to_owned()]), &["excluded".to_owned()]));
    let is_mixed = |name: &str| match &schema.objects.get(&ObjectId::new(Kind::Publication, "", name)) {
        Some(Object::Publication(publication)) => Some(publication.has_unmanaged_tables),
        _ => None,
    };
    let mixed = ["managed", "mixed", "everything", "excluded"].map(is_mixed);
    assert_eq!(mixed, [Some(false), Some(true), Some(true), None]);
    assert!(!schema.objects.contains_key(&ObjectId::on(Kind::PublishedTable, "b", "mixed", "t")));
}

#[test]
fn comments_and_grants_have_the_identity_of_their_object() {
    let schema = rich();
    let comments: Vec<String> = schema.comments.iter().map(|(id, text)| format!("{id}: {text}")).collect();
    assert_eq!(
        comments,
        [
            "schema app: the application",
            "composite type app.place: where",
            "table app.people: who",
            "column app.people.name: how they are called",
            "constraint named on app.people: nobody is nameless",
            "constraint over_zero on app.positive: counting starts at one",
            "index app.people_pkey: behind a constraint",
            "function app.twice(n integer, times integer): times two",
            "trigger touching on app.people: later",
            "publication changes: for the warehouse",
        ]
    );
    let granted = |id: &ObjectId| -> Vec<String> {
        let grants = schema.grants.get(id).into_iter().flatten();
        grants.map(|grant| format!("{} {} {}", grant.grantee, grant.privilege, grant.grantable)).collect()
    };
    assert_eq!(granted(&app(Kind::Table, "people")), ["catalog_reader SELECT true", "catalog_reader UPDATE true"]);
    assert_eq!(granted(&of_people(Kind::Column, "name")), ["catalog_reader UPDATE false"]);
    assert_eq!(granted(&app(Kind::CompositeType, "place")), ["catalog_reader USAGE false", "public USAGE false"]);
    assert_eq!(granted(&app(Kind::Function, "touch")), [""; 0]);
    assert_eq!(granted(&app(Kind::Function, "on_ddl")), ["public EXECUTE false"]);
}

#[test]
fn dependencies_are_read_by_identity() {
    let schema = rich();
    let on = |id: &ObjectId, other: &ObjectId| schema.depends.get(id).is_some_and(|others| others.contains(other));
    let column = |name: &str| of_people(Kind::Column, name);
    assert!(on(&app(Kind::View, "named_people"), &column("name")));
    assert!(on(&column("mood"), &app(Kind::Enum, "mood")));
    assert!(on(&column("email"), &ObjectId::new(Kind::Extension, "", "citext")));
    assert!(on(&column("address"), &app(Kind::CompositeType, "place")));
    assert!(on(&column("serial_no"), &app(Kind::Sequence, "people_serial_no_seq")));
    assert!(!on(&app(Kind::Sequence, "people_serial_no_seq"), &column("serial_no")));
    assert!(on(&column("doubled"), &column("id")));
    assert!(on(&of_people(Kind::Constraint, "people_boss_fkey"), &of_people(Kind::Constraint, "people_pkey")));
    assert!(on(&of_people(Kind::Trigger, "touching"), &app(Kind::Function, "touch")));
    assert!(on(&app(Kind::Table, "events_2026"), &app(Kind::Table, "events")));
    let standing: Vec<String> = schema.dependents(&column("name")).map(ToString::to_string).collect();
    assert!(standing.contains(&"policy own on app.people".to_owned()), "{standing:?}");
}

#[test]
fn attributes_of_newer_versions_are_read() {
    let version = version();
    let mut sql = "CREATE TABLE t (a int NOT NULL, b text, c text, UNIQUE (a));".to_owned();
    if version >= 140_000 {
        sql += "ALTER TABLE t ALTER b SET COMPRESSION pglz; CREATE TYPE r AS RANGE (subtype = int, multirange_type_name = m);
                CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT count(*)::int FROM t; END;";
    }
    if version >= 150_000 {
        sql += "ALTER TABLE t ADD CONSTRAINT n UNIQUE NULLS NOT DISTINCT (b);
                CREATE VIEW v WITH (security_invoker = true) AS SELECT a FROM t;
                CREATE PUBLICATION p FOR TABLE t (b, a) WHERE (a > 1);
                CREATE SCHEMA s; CREATE PUBLICATION q FOR TABLES IN SCHEMA s;";
    }
    if version >= 180_000 {
        sql += "CREATE TABLE w (k int4range, x int4range, y int CONSTRAINT y_is_there NOT NULL, z int GENERATED ALWAYS AS (y * 2) VIRTUAL,
                PRIMARY KEY (k, x WITHOUT OVERLAPS));";
    }
    let schema = super::schema_of(&sql);
    let table = schema.table("public", "t").unwrap();
    let id = |kind, name| ObjectId::new(kind, "public", name);
    assert_eq!(table.columns[1].compression.as_deref(), (version >= 140_000).then_some("pglz"));
    if version >= 140_000 {
        assert!(
            matches!(&schema.objects[&id(Kind::RangeType, "r")], Object::RangeType(r) if r.multirange.as_deref() == Some("public.m"))
        );
        assert!(schema.depends[&id(Kind::Function, "f")].contains(&id(Kind::Table, "t")));
    }
    if version >= 150_000 {
        assert!(table.constraints.iter().any(|one| one.definition == "UNIQUE NULLS NOT DISTINCT (b)"));
        assert!(
            matches!(&schema.objects[&id(Kind::View, "v")], Object::View(v) if v.options == ["security_invoker=true"])
        );
    }
    if version >= 150_000 {
        let published = ObjectId::on(Kind::PublishedTable, "public", "p", "t");
        let Object::PublishedTable(table) = &schema.objects[&published] else { panic!("a published table") };
        assert_eq!(table.columns.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(table.filter.as_deref(), Some("(a > 1)"));
        let column = ObjectId::on(Kind::Column, "public", "t", "b");
        assert!(schema.depends[&published].contains(&column));
        let all_of_s = ObjectId::on(Kind::PublishedTable, "s", "q", "");
        assert!(schema.depends[&all_of_s].contains(&ObjectId::new(Kind::Schema, "", "s")));
    }
    if version >= 180_000 {
        let table = schema.table("public", "w").unwrap();
        assert_eq!(table.columns[3].generated, Some(Generation::Virtual));
        let named = table.constraints.iter().find(|one| one.name == "y_is_there").unwrap();
        assert_eq!((named.kind, named.definition.as_str()), (ConstraintKind::NotNull, "NOT NULL y"));
        assert!(table.constraints.iter().any(|one| one.definition == "PRIMARY KEY (k, x WITHOUT OVERLAPS)"));
    }
}

#[test]
fn a_schema_survives_a_round_trip_through_json() {
    let schema = rich();
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema);
}

#[test]
fn unmanaged_and_excluded_objects_are_not_read() {
    let sql =
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.kept (id serial PRIMARY KEY); CREATE TABLE b.other (id int);
        CREATE TABLE a.legacy_x (id serial PRIMARY KEY, v int); CREATE INDEX ON a.legacy_x (v);
        COMMENT ON COLUMN a.legacy_x.v IS 'no'; CREATE VIEW a.seen AS SELECT v FROM a.legacy_x";
    let schema = read(&loaded(sql), &Scope::new(Some(&["a".to_owned()]), &["legacy_*".to_owned()]));
    let names: Vec<String> = schema.objects.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["schema a", "sequence a.kept_id_seq", "table a.kept", "view a.seen"]);
    assert!(schema.comments.is_empty());
    assert!(!schema.depends.keys().any(|id| id.of == "legacy_x"));
}

#[test]
fn the_search_path_of_a_database_does_not_matter() {
    let sql = "CREATE SCHEMA a; CREATE TABLE a.t (id int DEFAULT 1, s text); CREATE VIEW a.v AS SELECT id FROM a.t";
    let (plain, other) = (loaded(sql), loaded(sql));
    let name = other.name().to_owned();
    let settings = ["search_path = a, public", "quote_all_identifiers = on", "IntervalStyle = 'iso_8601'"];
    for setting in settings {
        server().database().psql(&format!("ALTER DATABASE {name} SET {setting}"));
    }
    assert_eq!(read(&plain, &Scope::default()), read(&other, &Scope::default()));
}
