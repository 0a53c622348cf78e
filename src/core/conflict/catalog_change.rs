//! What a revision changes in the catalog: the difference between the schema before and after it.

use std::collections::{BTreeMap, BTreeSet};

use super::ObjectChange;
use crate::core::schema::{
    Constraint, ConstraintKind, Disagreement, Kind, Object, ObjectId, Schema, Table, UnsupportedObject, differences,
};

const PUBLIC: &str = "public";

/// The changes from one state of a schema to the next, sorted by object.
#[must_use]
pub fn catalog_changes(before: &Schema, after: &Schema) -> Vec<ObjectChange> {
    let mut changes: BTreeSet<ObjectChange> = BTreeSet::new();
    for difference in differences(before, after) {
        let id = &difference.id;
        match (&difference.disagreement, before.objects.get(id), after.objects.get(id)) {
            (Disagreement::Differs { .. }, Some(Object::Table(old)), Some(Object::Table(new))) => {
                changes.extend(table_changes(id, old, new));
            }
            (Disagreement::OnlyLeft, Some(_), _) => {
                changes.insert(whole(id, before, "dropped"));
            }
            (Disagreement::OnlyRight, ..) => {
                changes.insert(whole(id, after, "created"));
            }
            // Comments and grants have the identity of what they are about.
            (Disagreement::Differs { attribute, .. }, ..) if attribute == "comment" || attribute == "grants" => {
                changes.insert(whole(id, after, &format!("{attribute} changed")));
            }
            _ => {
                changes.insert(whole(id, after, "changed"));
            }
        }
    }
    changes.extend(unsupported(&before.unsupported, &after.unsupported));
    // The indexes and sequences of a new table are not changes of their own.
    let is_whole = |change: &ObjectChange| WHOLE_TABLE.contains(&change.change.as_str());
    let tables: BTreeSet<String> = changes.iter().filter(|one| is_whole(one)).map(|one| one.owner.clone()).collect();
    changes.into_iter().filter(|change| is_whole(change) || !tables.contains(&change.owner)).collect()
}

/// The changes that include all parts of a table.
const WHOLE_TABLE: [&str; 2] = ["table created", "table dropped"];

/// A name as people read it: without the schema public.
pub(super) fn short_name(schema: &str, name: &str) -> String {
    if schema.is_empty() || schema == PUBLIC { name.to_owned() } else { format!("{schema}.{name}") }
}

/// A change of an object as a whole.
fn whole(id: &ObjectId, schema: &Schema, verb: &str) -> ObjectChange {
    let words = id.kind.words();
    let own = match id.kind {
        Kind::Function | Kind::Procedure | Kind::Aggregate => {
            short_name(&id.schema, &format!("{}({})", id.name, id.arguments))
        }
        _ => short_name(&id.schema, &id.name),
    };
    match id.kind {
        Kind::Index => {
            let owner = short_name(&id.schema, &id.of);
            let object = indexed_column(id, schema).map_or_else(|| owner.clone(), |column| format!("{owner}.{column}"));
            ObjectChange { owner, object, change: format!("index {} {verb}", id.name) }
        }
        Kind::Column => {
            let owner = short_name(&id.schema, &id.of);
            ObjectChange { object: format!("{owner}.{}", id.name), owner, change: format!("column {verb}") }
        }
        Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => {
            let owner = short_name(&id.schema, &id.of);
            ObjectChange { object: owner.clone(), owner, change: format!("{words} {} {verb}", id.name) }
        }
        Kind::Sequence => match schema.objects.get(id) {
            // The sequence of a serial column.
            Some(Object::Sequence(sequence)) if sequence.owned_by.is_some() => {
                let column = sequence.owned_by.clone().unwrap_or_else(|| id.clone());
                let owner = short_name(&column.schema, &column.of);
                ObjectChange { object: format!("{owner}.{}", column.name), owner, change: format!("sequence {verb}") }
            }
            _ => ObjectChange { owner: own.clone(), object: own, change: format!("{words} {verb}") },
        },
        Kind::DefaultPrivileges | Kind::PublishedTable => {
            let object = id.to_string();
            ObjectChange { owner: object.clone(), object, change: verb.to_owned() }
        }
        _ => ObjectChange { owner: own.clone(), object: own, change: format!("{words} {verb}") },
    }
}

/// The column of an index, if it has only one.
fn indexed_column(id: &ObjectId, schema: &Schema) -> Option<String> {
    let columns: Vec<&ObjectId> = schema.depends.get(id)?.iter().filter(|on| on.kind == Kind::Column).collect();
    match columns.as_slice() {
        [only] if only.of == id.of => Some(only.name.clone()),
        _ => None,
    }
}

fn table_changes(id: &ObjectId, old: &Table, new: &Table) -> Vec<ObjectChange> {
    let owner = short_name(&id.schema, &id.name);
    let columns = |table: &Table| -> BTreeMap<String, String> {
        table.columns.iter().map(|column| (column.name.clone(), format!("{column:?}"))).collect()
    };
    let constraints = |table: &Table| -> BTreeMap<String, Constraint> {
        let named = table.constraints.iter().filter(|one| one.kind != ConstraintKind::NotNull && one.local);
        named.map(|constraint| (constraint.name.clone(), constraint.clone())).collect()
    };
    let mut found = Vec::new();
    for (name, verb) in compare(&columns(old), &columns(new)) {
        let verb = if verb == "created" { "added" } else { verb };
        found.push(ObjectChange {
            owner: owner.clone(),
            object: format!("{owner}.{name}"),
            change: format!("column {verb}"),
        });
    }
    let (before, after) = (constraints(old), constraints(new));
    for (name, verb) in compare(&before, &after) {
        let Some(constraint) = after.get(&name).or_else(|| before.get(&name)) else { continue };
        let verb = if verb == "created" { "added" } else { verb };
        let object = match constraint.columns.as_slice() {
            [only] => format!("{owner}.{only}"),
            _ => owner.clone(),
        };
        let change = format!("{} {name} {verb}", constraint_words(constraint.kind));
        found.push(ObjectChange { owner: owner.clone(), object, change });
    }
    if found.is_empty() {
        found.push(ObjectChange { object: owner.clone(), owner, change: "table changed".to_owned() });
    }
    found
}

fn constraint_words(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "primary key",
        ConstraintKind::Unique => "unique constraint",
        ConstraintKind::Check => "check",
        ConstraintKind::ForeignKey => "foreign key",
        ConstraintKind::Exclusion => "exclusion constraint",
        ConstraintKind::NotNull => "not-null constraint",
    }
}

/// The names that differ between two maps, and how.
fn compare<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Vec<(String, &'static str)> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let verb = |name: &String| match (before.get(name), after.get(name)) {
        (Some(_), None) => Some("dropped"),
        (None, Some(_)) => Some("created"),
        (old, new) if old != new => Some("changed"),
        _ => None,
    };
    names.into_iter().filter_map(|name| Some((name.clone(), verb(name)?))).collect()
}

fn unsupported(before: &[UnsupportedObject], after: &[UnsupportedObject]) -> Vec<ObjectChange> {
    let only_in = |one: &[UnsupportedObject], other: &[UnsupportedObject], verb: &str| -> Vec<ObjectChange> {
        let new = one.iter().filter(|object| !other.contains(object));
        let change = |object: &UnsupportedObject| ObjectChange {
            owner: object.identity.clone(),
            object: object.identity.clone(),
            change: format!("{} {verb}", object.kind),
        };
        new.map(change).collect()
    };
    let mut found = only_in(before, after, "dropped");
    found.extend(only_in(after, before, "created"));
    found
}
