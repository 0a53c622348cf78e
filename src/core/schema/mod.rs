//! The contents of a database catalog as plain data: objects by identity, with their comments, grants and dependencies.

mod adopt;
mod difference;
mod foreign;
mod id;
mod object;
mod publication;
mod relation;
mod routine;
mod scope;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use difference::{Difference, Disagreement, differences};
pub use foreign::{ForeignDataWrapper, ForeignServer, UserMapping};
pub use id::{Kind, ObjectId, QualifiedName};
pub use object::{DefaultPrivileges, Extension, Grant, Object, UnsupportedObject};
pub use publication::{Publication, PublishedTable};
pub use relation::{
    Column, Constraint, ConstraintKind, ForeignTable, Generation, Identity, IdentitySequence, Index, MaterializedView,
    Partition, Persistence, Sequence, SequenceOptions, Table, View,
};
pub use routine::{Aggregate, EventTrigger, Function, FunctionKind, Policy, Rule, Statistics, Trigger};
pub use scope::Scope;
pub use types::{Collation, CompositeType, Domain, Enum, RangeType};

/// A catalog without owners and oids. Equality includes the order of columns; [`differences`] ignores what does not
/// matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Every object with a CREATE statement of its own. A table includes its columns and constraints.
    #[serde(with = "pairs")]
    pub objects: BTreeMap<ObjectId, Object>,
    /// Comments on objects, columns, constraints and the indexes of constraints.
    #[serde(with = "pairs")]
    pub comments: BTreeMap<ObjectId, String>,
    /// Grants on objects and columns to roles other than the owner, including built-in ones (PUBLIC may execute a
    /// function). The grants of PUBLIC on schema `public` are left out because the server sets them.
    #[serde(with = "pairs")]
    pub grants: BTreeMap<ObjectId, BTreeSet<Grant>>,
    /// The dependencies of each object, column and constraint, as PostgreSQL records them. Names in the text of a
    /// function are not recorded.
    #[serde(with = "pairs")]
    pub depends: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// Objects that exist and cannot be compared. Reports list them.
    #[serde(rename = "not_carried")]
    pub unsupported: Vec<UnsupportedObject>,
}

impl Schema {
    /// The table, view, materialized view, sequence or composite type with this name. They share one namespace.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> Option<(&ObjectId, &Object)> {
        Kind::RELATIONS.iter().find_map(|kind| self.objects.get_key_value(&ObjectId::new(*kind, schema, name)))
    }

    /// The object that a column, constraint, index, trigger, policy, rule or published table belongs to. `None` for other objects.
    #[must_use]
    pub fn holder(&self, id: &ObjectId) -> Option<&ObjectId> {
        if id.of.is_empty() {
            return None;
        }
        if id.kind == Kind::PublishedTable {
            return self.objects.get_key_value(&ObjectId::new(Kind::Publication, "", &id.of)).map(|(id, _)| id);
        }
        let domain = ObjectId::new(Kind::Domain, &id.schema, &id.of);
        let relation = self.relation(&id.schema, &id.of).map(|(id, _)| id);
        relation.or_else(|| self.objects.get_key_value(&domain).map(|(id, _)| id))
    }

    /// The table with this name.
    #[must_use]
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        match self.objects.get(&ObjectId::new(Kind::Table, schema, name)) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// A column of a table.
    #[must_use]
    pub fn column(&self, id: &ObjectId) -> Option<&Column> {
        let table = self.table(&id.schema, &id.of).filter(|_| id.kind == Kind::Column)?;
        table.columns.iter().find(|column| column.name == id.name)
    }

    /// A constraint of a table or domain.
    #[must_use]
    pub fn constraint(&self, id: &ObjectId) -> Option<&Constraint> {
        let constraints = match self.objects.get(&ObjectId::new(Kind::Domain, &id.schema, &id.of)) {
            Some(Object::Domain(domain)) => &domain.constraints,
            _ => &self.table(&id.schema, &id.of)?.constraints,
        };
        constraints.iter().find(|constraint| id.kind == Kind::Constraint && constraint.name == id.name)
    }

    /// The sequence that makes a column `serial`: the column owns it, and the column's default uses it.
    #[must_use]
    pub fn serial(&self, column: &ObjectId) -> Option<&ObjectId> {
        self.depends.get(column)?.iter().find(|id| match self.objects.get(id) {
            Some(Object::Sequence(sequence)) => sequence.owned_by.as_ref() == Some(column),
            _ => false,
        })
    }

    /// The objects that directly depend on an object.
    pub fn dependents<'a>(&'a self, id: &'a ObjectId) -> impl Iterator<Item = &'a ObjectId> {
        self.depends.iter().filter(move |(_, on)| on.contains(id)).map(|(dependent, _)| dependent)
    }
}

/// Serializes maps as lists of pairs, because keys in JSON must be strings.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
