//! The names in a schema that can be renamed.

use super::{Rename, Subject};
use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, qualified, quote};

/// The name of an object or of an enum value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The object; for an enum value, the enum.
    pub id: ObjectId,
    pub label: Option<String>,
    /// The kind of the object that this one belongs to.
    pub holder: Option<Kind>,
}

impl Named {
    /// The paths by which the user can name it, from the shortest to the complete one. Outer names come first.
    pub fn paths(&self) -> Vec<Vec<&str>> {
        let id = &self.id;
        let (schema, of, name) = (id.schema.as_str(), id.of.as_str(), id.name.as_str());
        if let Some(label) = &self.label {
            return vec![vec![name, label], vec![schema, name, label]];
        }
        match id.kind {
            Kind::Column => vec![vec![of, name], vec![schema, of, name]],
            Kind::Index => vec![vec![name], vec![of, name], vec![schema, of, name], vec![schema, name]],
            Kind::Constraint => vec![vec![name], vec![schema, name], vec![of, name], vec![schema, of, name]],
            Kind::Trigger | Kind::Policy | Kind::Rule => vec![vec![name], vec![of, name], vec![schema, of, name]],
            _ if schema.is_empty() => vec![vec![name]],
            _ => vec![vec![name], vec![schema, name]],
        }
    }

    /// The complete name as the user can type it.
    pub fn typed(&self) -> String {
        let id = &self.id;
        if let Some(label) = &self.label {
            return format!("{}.{}", qualified(&id.schema, &id.name), plain_literal(label));
        }
        match id.kind {
            Kind::Column | Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => {
                format!("{}.{}", qualified(&id.schema, &id.of), quote(&id.name))
            }
            Kind::Function | Kind::Procedure | Kind::Aggregate => {
                format!("{}({})", qualified(&id.schema, &id.name), id.arguments)
            }
            _ => qualified(&id.schema, &id.name),
        }
    }

    /// The same object with another last name.
    pub fn called(&self, name: &str) -> Self {
        let mut other = self.clone();
        match &mut other.label {
            Some(label) => name.clone_into(label),
            None => name.clone_into(&mut other.id.name),
        }
        other
    }

    /// The last part of the name.
    pub fn last(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id.name)
    }

    /// Whether it can be moved to another schema.
    pub fn can_move(&self) -> bool {
        let moves = self.id.of.is_empty() && !self.id.schema.is_empty();
        moves && self.label.is_none()
    }

    /// The name after a rename.
    pub fn after(&self, rename: &Rename) -> Self {
        let mut named = self.clone();
        match &rename.subject {
            Subject::Label { of, old, new } => {
                if named.id == *of && named.label.as_ref() == Some(old) {
                    named.label = Some(new.clone());
                }
            }
            Subject::Object { old, new } => named.id = follow(&self.id, self.holder, old, new),
        }
        named
    }
}

/// The identity of an object after it or another object is renamed.
fn follow(id: &ObjectId, holder: Option<Kind>, old: &ObjectId, new: &ObjectId) -> ObjectId {
    let mut id = if id == old { new.clone() } else { id.clone() };
    if old.kind == Kind::Schema && id.schema == old.name {
        id.schema.clone_from(&new.name);
    } else if holder == Some(old.kind) && id.of == old.name && id.schema == old.schema && !id.of.is_empty() {
        id.of.clone_from(&new.name);
        id.schema.clone_from(&new.schema);
    }
    if old.of.is_empty() && !id.arguments.is_empty() {
        let (from, to) = (qualified(&old.schema, &old.name), qualified(&new.schema, &new.name));
        id.arguments = replace_name(&id.arguments, &from, &to);
    }
    id
}

/// Replaces a name in a text where it is not part of a longer name.
pub(super) fn replace_name(text: &str, from: &str, to: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '$' || c == '.';
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, tail) = rest.split_at(at);
        let after = tail.get(from.len()..).unwrap_or("");
        let last = before.chars().last().or_else(|| replaced.chars().last());
        // A dot after the name separates it from a column.
        let is_whole = !last.is_some_and(is_part) && !after.starts_with(|c| c != '.' && is_part(c));
        replaced.push_str(before);
        replaced.push_str(if is_whole { to } else { from });
        rest = after;
    }
    replaced + rest
}

/// An enum value in the syntax of the command line: only quotes are doubled.
pub(super) fn plain_literal(label: &str) -> String {
    let quoted = literal(label);
    if quoted.starts_with('E') { format!("'{}'", label.replace('\'', "''")) } else { quoted }
}

/// All names in a schema that can be renamed.
pub(super) fn all(schema: &Schema) -> Vec<Named> {
    let mut found = Vec::new();
    for (id, object) in &schema.objects {
        let holder = schema.holder(id).map(|holder| holder.kind);
        if !matches!(id.kind, Kind::Extension | Kind::PublishedTable | Kind::DefaultPrivileges) {
            found.push(Named { id: id.clone(), label: None, holder });
        }
        found.extend(parts(id, object));
    }
    found
}

/// The columns, constraints and enum values of an object.
fn parts(id: &ObjectId, object: &Object) -> Vec<Named> {
    let on = |kind, name: &str| Named {
        id: ObjectId::on(kind, &id.schema, &id.name, name),
        label: None,
        holder: Some(id.kind),
    };
    let columns = |columns: &[Column]| columns.iter().map(|column| on(Kind::Column, &column.name)).collect::<Vec<_>>();
    let constraints = |constraints: &[Constraint]| {
        constraints.iter().map(|constraint| on(Kind::Constraint, &constraint.name)).collect::<Vec<_>>()
    };
    match object {
        Object::Table(table) => [columns(&table.columns), constraints(&table.constraints)].concat(),
        Object::Domain(domain) => constraints(&domain.constraints),
        Object::View(view) => columns(&view.columns),
        Object::MaterializedView(view) => columns(&view.columns),
        Object::CompositeType(composite) => columns(&composite.columns),
        Object::Enum(of) => {
            let label = |label: &String| Named { id: id.clone(), label: Some(label.clone()), holder: None };
            of.labels.iter().map(label).collect()
        }
        _ => Vec::new(),
    }
}
