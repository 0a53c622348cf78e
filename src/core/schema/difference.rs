//! The differences between two schemas as text, for the proof and for `verify`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Object, ObjectId, Schema, Table};

/// One object that differs between two schemas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub id: ObjectId,
    pub disagreement: Disagreement,
}

/// How the object differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disagreement {
    OnlyLeft,
    OnlyRight,
    /// The first attribute that differs, e.g. `column total: type`, with both values.
    Differs {
        attribute: String,
        left: String,
        right: String,
    },
}

impl Disagreement {
    fn is_on_one_side(&self) -> bool {
        matches!(self, Self::OnlyLeft | Self::OnlyRight)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.id;
        match &self.disagreement {
            Disagreement::OnlyLeft => write!(f, "{id}: only on the left"),
            Disagreement::OnlyRight => write!(f, "{id}: only on the right"),
            Disagreement::Differs { attribute, left, right } => write!(f, "{id}: {attribute} is {left}, not {right}"),
        }
    }
}

/// Returns the objects that differ between two schemas, sorted by identity. Ignored are owners, the order of columns,
/// versions of extensions, and objects that PostgreSQL derives from a parent.
#[must_use]
pub fn differences(left: &Schema, right: &Schema) -> Vec<Difference> {
    let mut found = BTreeMap::new();
    let ids: BTreeSet<&ObjectId> = left.objects.keys().chain(right.objects.keys()).collect();
    for id in ids {
        let (ours, theirs) = (own_object(left, id, right), own_object(right, id, left));
        let disagreement = match (ours, theirs) {
            (Some(_), None) => Some(Disagreement::OnlyLeft),
            (None, Some(_)) => Some(Disagreement::OnlyRight),
            (Some(ours), Some(theirs)) => compare_objects(ours, theirs),
            (None, None) => None,
        };
        found.extend(disagreement.map(|disagreement| (id, disagreement)));
    }
    let (comments, grants) = ((&left.comments, &right.comments), (&left.grants, &right.grants));
    let additional = additional_differences(comments, "comment").chain(additional_differences(grants, "grants"));
    for (id, disagreement) in additional.collect::<Vec<_>>() {
        let holder = left.holder(id).or_else(|| right.holder(id));
        let is_reported = holder.and_then(|holder| found.get(holder)).is_some_and(Disagreement::is_on_one_side);
        if !is_reported {
            found.entry(id).or_insert(disagreement);
        }
    }
    found.into_iter().map(|(id, disagreement)| Difference { id: id.clone(), disagreement }).collect()
}

/// The object, unless PostgreSQL derives it from a parent: a partition's trigger, or a partition's part of an index,
/// whose name depends on the existing names.
fn own_object<'a>(schema: &'a Schema, id: &ObjectId, other: &Schema) -> Option<&'a Object> {
    let follows = |object: &&Object| match object {
        Object::Trigger(trigger) => trigger.inherited,
        Object::Index(index) => index.part_of.is_some(),
        _ => false,
    };
    schema.objects.get(id).filter(|object| !follows(object) && schema.is_comparable(id, other))
}

fn compare_objects(left: &Object, right: &Object) -> Option<Disagreement> {
    if left == right {
        return None;
    }
    let (left, right) = match (left, right) {
        (Object::Table(left), Object::Table(right)) => {
            let (left, right) = (with_shared_constraints(left, right), with_shared_constraints(right, left));
            (attributes(&left), attributes(&right))
        }
        _ => (attributes(left), attributes(right)),
    };
    compare_values("", &left, &right).map(|(attribute, left, right)| Disagreement::Differs {
        attribute,
        left: show_value(&left),
        right: show_value(&right),
    })
}

/// The table with the constraints that it inherits and that the other table declares itself. A table that joins a parent
/// keeps the constraints that it has declared.
fn with_shared_constraints(table: &Table, other: &Table) -> Object {
    let mut table = table.clone();
    for constraint in table.constraints.iter_mut().filter(|one| !one.local) {
        constraint.local = other.constraints.iter().any(|one| one.local && one.name == constraint.name);
    }
    Object::Table(Box::new(table))
}

/// The differences of comments or grants.
fn additional_differences<'a, T: Serialize + PartialEq>(
    (left, right): (&'a BTreeMap<ObjectId, T>, &'a BTreeMap<ObjectId, T>),
    attribute: &'a str,
) -> impl Iterator<Item = (&'a ObjectId, Disagreement)> {
    let ids = left.keys().chain(right.keys().filter(|id| !left.contains_key(id)));
    let value = |side: Option<&T>| show_value(&serde_json::to_value(side).unwrap_or_default());
    ids.map(move |id| (id, left.get(id), right.get(id))).filter(|(_, ours, theirs)| ours != theirs).map(
        move |(id, ours, theirs)| {
            let (left, right) = (value(ours), value(theirs));
            (id, Disagreement::Differs { attribute: attribute.to_owned(), left, right })
        },
    )
}

/// Attributes that are stored but not compared.
const IGNORED: [&str; 4] = ["version", "local", "inherited", "has_unmanaged_tables"];

/// The attributes of an object as JSON, with named items under their names and without ignored attributes.
fn attributes(object: &Object) -> Value {
    let value = serde_json::to_value(object).unwrap_or_default();
    match value {
        // The outermost key is the kind, which is part of the identity.
        Value::Object(map) => map.into_iter().next().map(|(_, value)| normalize(value)).unwrap_or_default(),
        other => other,
    }
}

fn normalize(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().filter(|(key, _)| !IGNORED.contains(&key.as_str())).map(normalize_entry).collect(),
        ),
        other => other,
    }
}

fn normalize_entry((key, value): (String, Value)) -> (String, Value) {
    let value = match (key.as_str(), value) {
        ("columns", Value::Array(items)) => key_by_name(items, |_| true),
        ("constraints", Value::Array(items)) => {
            key_by_name(items, |item| item.get("local") != Some(&Value::Bool(false)))
        }
        (_, other) => normalize(other),
    };
    (key, value)
}

/// A list of items with names as a map. Other lists are not changed.
fn key_by_name(items: Vec<Value>, is_compared: impl Fn(&Value) -> bool) -> Value {
    if !items.iter().all(|item| item.get("name").is_some_and(Value::is_string)) {
        return Value::Array(items);
    }
    let mut named = Map::new();
    for item in items.into_iter().filter(is_compared) {
        let name = item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        named.insert(name, normalize(item));
    }
    Value::Object(named)
}

/// The first difference of two values: its path as text, and both values.
fn compare_values(path: &str, left: &Value, right: &Value) -> Option<(String, Value, Value)> {
    let (Value::Object(ours), Value::Object(theirs)) = (left, right) else {
        return (left != right).then(|| (path.to_owned(), left.clone(), right.clone()));
    };
    let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
    keys.into_iter().find_map(|key| {
        let (ours, theirs) = (ours.get(key).unwrap_or(&Value::Null), theirs.get(key).unwrap_or(&Value::Null));
        compare_values(&step(path, key), ours, theirs)
    })
}

fn step(path: &str, key: &str) -> String {
    match path {
        "" => key.replace('_', " "),
        "columns" => format!("column {key}"),
        "constraints" => format!("constraint {key}"),
        _ => format!("{path}: {}", key.replace('_', " ")),
    }
}

/// A value as readable text. An item with a name is shortened to its definition, type or name.
fn show_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => items.iter().map(show_value).collect::<Vec<_>>().join(", "),
        Value::Object(map) => show_map(map),
    }
}

fn show_map(map: &Map<String, Value>) -> String {
    let word = |key: &str| map.get(key).map(show_value);
    if let (Some(grantee), Some(privilege)) = (word("grantee"), word("privilege")) {
        let option = if map.get("grantable") == Some(&Value::Bool(true)) { " with grant option" } else { "" };
        return format!("{privilege} to {grantee}{option}");
    }
    let summary = ["definition", "type", "name"].iter().find_map(|key| word(key));
    summary.unwrap_or_else(|| Value::Object(map.clone()).to_string())
}
