//! Schemas, extensions, default privileges, event triggers.

use std::collections::BTreeSet;

use super::grant::{built_in_grants, grant_statements};
use super::rules::enable_clause;
use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{EventTrigger, Extension, Grant, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, quote};

const IN_PLACE: Alteration = Alteration::InPlace { rebuilds_dependents: false };

/// The first version with the privilege MAINTAIN.
const MAINTAIN: u32 = 17;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Alteration::None,
        (Some(Object::Extension(old)), Some(Object::Extension(new))) if old.in_schema == new.in_schema => {
            Alteration::None
        }
        (Some(Object::EventTrigger(old)), Some(Object::EventTrigger(new))) if !is_alterable(old, new) => {
            Alteration::Recreate
        }
        _ => IN_PLACE,
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = quote(&id.name);
    let statements = match context.new.objects.get(id) {
        // A new database has this schema unless it was dropped.
        Some(Object::Schema) if id.name == "public" => vec!["CREATE SCHEMA IF NOT EXISTS public".to_owned()],
        Some(Object::Schema) => vec![format!("CREATE SCHEMA {name}")],
        Some(Object::Extension(extension)) => vec![create_extension(context, &name, extension)],
        Some(Object::EventTrigger(trigger)) => {
            let enabled = (trigger.enabled != "origin").then(|| set_enabled(&name, trigger));
            [Some(create_event_trigger(&name, trigger)), enabled].into_iter().flatten().collect()
        }
        Some(Object::DefaultPrivileges(_)) => default_privileges(context, id),
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = quote(&id.name);
    let statements = match id.kind {
        Kind::Schema => vec![format!("DROP SCHEMA {name}")],
        Kind::Extension => vec![format!("DROP EXTENSION {name}")],
        Kind::EventTrigger => vec![format!("DROP EVENT TRIGGER {name}")],
        _ => default_privileges(context, id),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = quote(&id.name);
    let statements = match context.new.objects.get(id) {
        Some(Object::Extension(new)) => {
            vec![format!("ALTER EXTENSION {name} SET SCHEMA {}", quote(&new.in_schema))]
        }
        Some(Object::EventTrigger(new)) => vec![set_enabled(&name, new)],
        Some(Object::DefaultPrivileges(_)) => default_privileges(context, id),
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

/// CREATE EXTENSION. Names the schema only if it exists: an extension may create its own schema.
fn create_extension(context: &DiffContext, name: &str, extension: &Extension) -> String {
    let schema = &extension.in_schema;
    let exists = |side: &Schema| side.objects.contains_key(&ObjectId::new(Kind::Schema, "", schema));
    if schema == "public" || exists(context.new) || exists(context.old) {
        format!("CREATE EXTENSION {name} WITH SCHEMA {}", quote(schema))
    } else {
        format!("CREATE EXTENSION {name}")
    }
}

fn is_alterable(old: &EventTrigger, new: &EventTrigger) -> bool {
    (&old.event, &old.function, &old.tags) == (&new.event, &new.function, &new.tags)
}

fn create_event_trigger(name: &str, trigger: &EventTrigger) -> String {
    let tags: Vec<String> = trigger.tags.iter().map(|tag| literal(tag)).collect();
    let when = if tags.is_empty() { String::new() } else { format!("\n    WHEN TAG IN ({})", tags.join(", ")) };
    format!("CREATE EVENT TRIGGER {name} ON {}{when}\n    EXECUTE FUNCTION {}()", trigger.event, trigger.function)
}

fn set_enabled(name: &str, trigger: &EventTrigger) -> String {
    format!("ALTER EVENT TRIGGER {name} {}", enable_clause(&trigger.enabled))
}

/// ALTER DEFAULT PRIVILEGES statements from the old privileges to the new ones.
fn default_privileges(context: &DiffContext, id: &ObjectId) -> Vec<String> {
    let (had, wanted) =
        (privileges_of_new_objects(context, context.old, id), privileges_of_new_objects(context, context.new, id));
    let inside = if id.schema.is_empty() { String::new() } else { format!(" IN SCHEMA {}", quote(&id.schema)) };
    let prefix = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{inside}", quote(&id.name));
    let statements = grant_statements(&had, &wanted, "", &id.of.to_uppercase());
    statements.into_iter().map(|statement| format!("{prefix} {statement}")).collect()
}

/// The privileges on new objects. An entry for all schemas replaces the built-in privileges; an entry for one schema
/// only adds to them.
fn privileges_of_new_objects(context: &DiffContext, schema: &Schema, id: &ObjectId) -> BTreeSet<Grant> {
    match schema.objects.get(id) {
        Some(Object::DefaultPrivileges(defaults)) => defaults.grants.clone(),
        _ if id.schema.is_empty() => {
            let own = owner_privileges(context.options.version, &id.of).iter().map(|privilege| Grant {
                grantee: id.name.clone(),
                privilege: (*privilege).to_owned(),
                grantable: false,
            });
            own.chain(built_in_grants(&id.of)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The built-in privileges of a role on its own new objects.
fn owner_privileges(version: u32, of: &str) -> &'static [&'static str] {
    const TABLES: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];
    match of {
        "tables" if version >= MAINTAIN => &TABLES,
        "tables" => TABLES.split_last().map_or(&[], |(_, before)| before),
        "sequences" => &["USAGE", "SELECT", "UPDATE"],
        "functions" => &["EXECUTE"],
        "types" => &["USAGE"],
        "schemas" => &["USAGE", "CREATE"],
        _ => &["SELECT", "UPDATE"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, grant as given, sql, texts};
    use crate::core::schema::DefaultPrivileges;

    fn extension(in_schema: &str, version: &str) -> Object {
        Object::Extension(Extension { in_schema: in_schema.to_owned(), version: version.to_owned() })
    }

    fn event_trigger(tags: &[&str], enabled: &str) -> Object {
        Object::EventTrigger(EventTrigger {
            event: "ddl_command_end".to_owned(),
            function: "public.on_ddl".to_owned(),
            tags: texts(tags),
            enabled: enabled.to_owned(),
        })
    }

    #[test]
    fn schemas_are_created_and_dropped() {
        for (name, created) in [("app", "CREATE SCHEMA app"), ("public", "CREATE SCHEMA IF NOT EXISTS public")] {
            let pair = Pair::new(ObjectId::new(Kind::Schema, "", name), Some(Object::Schema), Some(Object::Schema));
            let context = pair.context();
            assert_eq!(alteration(&context, &pair.id), Alteration::None);
            assert_eq!(sql(create(&context, &pair.id)), [created]);
            assert_eq!(sql(drop(&context, &pair.id)), [format!("DROP SCHEMA {name}")]);
        }
    }

    #[test]
    fn an_extension_changes_its_schema_in_place() {
        let id = ObjectId::new(Kind::Extension, "", "uuid-ossp");
        for (old, new, expected) in [
            (extension("public", "1.0"), extension("public", "1.1"), Alteration::None),
            (extension("public", "1.0"), extension("app", "1.0"), IN_PLACE),
        ] {
            let mut pair = Pair::new(id.clone(), old, new);
            assert_eq!(alteration(&pair.context(), &id), expected);
            pair.new.objects.insert(ObjectId::new(Kind::Schema, "", "app"), Object::Schema);
            if expected == IN_PLACE {
                assert_eq!(sql(alter(&pair.context(), &id)), ["ALTER EXTENSION \"uuid-ossp\" SET SCHEMA app"]);
                assert_eq!(sql(create(&pair.context(), &id)), ["CREATE EXTENSION \"uuid-ossp\" WITH SCHEMA app"]);
            }
        }
        let fixed = Pair::new(id.clone(), None, extension("pg_catalog", "1.0"));
        assert_eq!(sql(create(&fixed.context(), &id)), ["CREATE EXTENSION \"uuid-ossp\""]);
        assert_eq!(sql(drop(&fixed.context(), &id)), ["DROP EXTENSION \"uuid-ossp\""]);
    }

    #[test]
    fn event_triggers_are_recreated_or_enabled() {
        let id = ObjectId::new(Kind::EventTrigger, "", "e");
        let pair = Pair::new(id.clone(), event_trigger(&[], "origin"), event_trigger(&[], "disabled"));
        assert_eq!(alteration(&pair.context(), &id), IN_PLACE);
        assert_eq!(sql(alter(&pair.context(), &id)), ["ALTER EVENT TRIGGER e DISABLE"]);
        let pair = Pair::new(id.clone(), event_trigger(&[], "origin"), event_trigger(&["DROP TABLE"], "always"));
        assert_eq!(alteration(&pair.context(), &id), Alteration::Recreate);
        assert_eq!(
            sql(create(&pair.context(), &id)),
            [
                "CREATE EVENT TRIGGER e ON ddl_command_end\n    WHEN TAG IN ('DROP TABLE')\n    EXECUTE FUNCTION public.on_ddl()",
                "ALTER EVENT TRIGGER e ENABLE ALWAYS",
            ]
        );
        assert_eq!(sql(drop(&pair.context(), &id)), ["DROP EVENT TRIGGER e"]);
    }

    #[test]
    fn default_privileges_start_from_the_built_in_ones() {
        let defaults = |grants: &[&str]| {
            let grants = grants.iter().map(|grant| given(grant)).collect();
            Some(Object::DefaultPrivileges(DefaultPrivileges { grants }))
        };
        let id = |schema, of| ObjectId::on(Kind::DefaultPrivileges, schema, of, "creator");
        let everywhere = "ALTER DEFAULT PRIVILEGES FOR ROLE creator";
        let revoked = format!("{everywhere} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
        let functions = Pair::new(id("", "functions"), None, defaults(&["creator=EXECUTE"]));
        assert_eq!(sql(create(&functions.context(), &functions.id)), [revoked]);
        let back = Pair::new(id("", "functions"), defaults(&["creator=EXECUTE"]), None);
        let given = format!("{everywhere} GRANT EXECUTE ON FUNCTIONS TO PUBLIC");
        assert_eq!(sql(drop(&back.context(), &back.id)), [given]);
        let inside = Pair::new(id("app", "tables"), defaults(&["r=SELECT"]), defaults(&["r=SELECT", "r=INSERT*"]));
        assert_eq!(alteration(&inside.context(), &inside.id), IN_PLACE);
        let more = format!("{everywhere} IN SCHEMA app GRANT INSERT ON TABLES TO r WITH GRANT OPTION");
        assert_eq!(sql(alter(&inside.context(), &inside.id)), [more]);
        let less = format!("{everywhere} IN SCHEMA app REVOKE SELECT ON TABLES FROM r");
        let dropped = Pair::new(inside.id.clone(), defaults(&["r=SELECT"]), None);
        assert_eq!(sql(drop(&dropped.context(), &dropped.id)), [less]);
    }

    #[test]
    fn owner_privileges_depend_on_the_version() {
        let own = |version| {
            owner_privileges(version, "tables").iter().map(|privilege| given(&format!("creator={privilege}"))).collect()
        };
        for version in [16, 17] {
            let object = Object::DefaultPrivileges(DefaultPrivileges { grants: own(version) });
            let id = ObjectId::on(Kind::DefaultPrivileges, "", "tables", "creator");
            let mut pair = Pair::new(id, None, Some(object));
            pair.options.version = version;
            assert!(sql(create(&pair.context(), &pair.id)).is_empty());
        }
    }
}
