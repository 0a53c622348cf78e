//! Schemas, extensions, default privileges, event triggers.

use std::collections::BTreeSet;

use super::super::context::{Context, Verdict, Written};
use super::grant::{built_in, difference};
use super::rules::state;
use crate::core::schema::{EventTrigger, Extension, Grant, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, quote};

const IN_PLACE: Verdict = Verdict::Alter { disturbs: false };

/// The first version with the privilege MAINTAIN.
const MAINTAIN: u32 = 17;

pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Verdict::Same,
        (Some(Object::Extension(old)), Some(Object::Extension(new))) if old.in_schema == new.in_schema => Verdict::Same,
        (Some(Object::EventTrigger(old)), Some(Object::EventTrigger(new))) if !is_alterable(old, new) => {
            Verdict::Replace
        }
        _ => IN_PLACE,
    }
}

pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    let name = quote(&id.name);
    let statements = match context.new.objects.get(id) {
        // A new database has it already, unless somebody dropped it.
        Some(Object::Schema) if id.name == "public" => vec!["CREATE SCHEMA IF NOT EXISTS public".to_owned()],
        Some(Object::Schema) => vec![format!("CREATE SCHEMA {name}")],
        Some(Object::Extension(extension)) => vec![create_extension(context, &name, extension)],
        Some(Object::EventTrigger(trigger)) => {
            let enabled = (trigger.enabled != "origin").then(|| switch(&name, trigger));
            [Some(create_event_trigger(&name, trigger)), enabled].into_iter().flatten().collect()
        }
        Some(Object::DefaultPrivileges(_)) => default_privileges(context, id),
        _ => Vec::new(),
    };
    statements.into_iter().map(Written::from).collect()
}

pub(super) fn drop(context: &Context, id: &ObjectId) -> Vec<Written> {
    let name = quote(&id.name);
    let statements = match id.kind {
        Kind::Schema => vec![format!("DROP SCHEMA {name}")],
        Kind::Extension => vec![format!("DROP EXTENSION {name}")],
        Kind::EventTrigger => vec![format!("DROP EVENT TRIGGER {name}")],
        _ => default_privileges(context, id),
    };
    statements.into_iter().map(Written::from).collect()
}

pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    let name = quote(&id.name);
    let statements = match context.new.objects.get(id) {
        Some(Object::Extension(new)) => {
            vec![format!("ALTER EXTENSION {name} SET SCHEMA {}", quote(&new.in_schema))]
        }
        Some(Object::EventTrigger(new)) => vec![switch(&name, new)],
        Some(Object::DefaultPrivileges(_)) => default_privileges(context, id),
        _ => Vec::new(),
    };
    statements.into_iter().map(Written::from).collect()
}

/// Where it lies in a schema that it makes itself, it must not be told to.
fn create_extension(context: &Context, name: &str, extension: &Extension) -> String {
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
    let mut sql = format!("CREATE EVENT TRIGGER {name} ON {}", trigger.event);
    if !trigger.tags.is_empty() {
        let tags: Vec<String> = trigger.tags.iter().map(|tag| literal(tag)).collect();
        sql.push_str(&format!("\n    WHEN TAG IN ({})", tags.join(", ")));
    }
    sql + &format!("\n    EXECUTE FUNCTION {}()", trigger.function)
}

fn switch(name: &str, trigger: &EventTrigger) -> String {
    format!("ALTER EVENT TRIGGER {name} {}", state(&trigger.enabled))
}

/// ALTER DEFAULT PRIVILEGES, from what holds to what shall hold.
fn default_privileges(context: &Context, id: &ObjectId) -> Vec<String> {
    let (had, wanted) = (effective(context, context.old, id), effective(context, context.new, id));
    let mut prefix = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}", quote(&id.name));
    if !id.schema.is_empty() {
        prefix.push_str(&format!(" IN SCHEMA {}", quote(&id.schema)));
    }
    let statements = difference(&had, &wanted, "", &id.of.to_uppercase());
    statements.into_iter().map(|statement| format!("{prefix} {statement}")).collect()
}

/// What new objects get. An entry for all schemas stands in place of what PostgreSQL gives; one for a schema only adds.
fn effective(context: &Context, schema: &Schema, id: &ObjectId) -> BTreeSet<Grant> {
    match schema.objects.get(id) {
        Some(Object::DefaultPrivileges(defaults)) => defaults.grants.clone(),
        _ if id.schema.is_empty() => {
            let own = owners(context.options.version, &id.of).iter().map(|privilege| Grant {
                grantee: id.name.clone(),
                privilege: (*privilege).to_owned(),
                grantable: false,
            });
            own.chain(built_in(&id.of)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// What a role has of its own new objects by itself.
fn owners(version: u32, of: &str) -> &'static [&'static str] {
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
