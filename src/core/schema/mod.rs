//! What a database's catalog holds, as plain data: objects under identities that hold in every database,
//! their comments and grants, and what stands on what.

mod difference;
mod id;
mod object;
mod relation;
mod routine;
mod scope;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use difference::{Difference, Disagreement, differences};
pub use id::{Kind, ObjectId, QualifiedName};
pub use object::{DefaultPrivileges, Extension, Grant, NotCarried, Object};
pub use relation::{
    Column, Constraint, ConstraintKind, ForeignTable, Generation, Identity, IdentitySequence, Index, MaterializedView,
    Partition, Persistence, Sequence, SequenceOptions, Table, View,
};
pub use routine::{Aggregate, EventTrigger, Function, FunctionKind, Policy, Rule, Statistics, Trigger};
pub use scope::Scope;
pub use types::{Collation, CompositeType, Domain, Enum, RangeType};

/// A catalog, without owners and oids. Two of them are equal when their values are, column order included;
/// [`differences`] says what matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Everything that has a statement of its own; columns and constraints are held by their table.
    #[serde(with = "pairs")]
    pub objects: BTreeMap<ObjectId, Object>,
    /// Comments on objects, columns, constraints and the indexes behind constraints.
    #[serde(with = "pairs")]
    pub comments: BTreeMap<ObjectId, String>,
    /// What is granted on objects and columns to others than the owner, implied defaults included (PUBLIC may
    /// execute a function). What PUBLIC has on schema `public` is left out: it is the server's, not the models'.
    #[serde(with = "pairs")]
    pub grants: BTreeMap<ObjectId, BTreeSet<Grant>>,
    /// What each object, column and constraint stands on, as PostgreSQL records it. What only a function's
    /// text names is not recorded anywhere.
    #[serde(with = "pairs")]
    pub depends: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// What is there and cannot be compared, to be told.
    pub not_carried: Vec<NotCarried>,
}

impl Schema {
    /// The table, view, materialised view, sequence or composite type of that name: they share their names.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> Option<(&ObjectId, &Object)> {
        Kind::RELATIONS.iter().find_map(|kind| self.objects.get_key_value(&ObjectId::new(*kind, schema, name)))
    }

    /// What holds a column or constraint, or carries an index, trigger, policy or rule; `None` for what stands alone.
    #[must_use]
    pub fn holder(&self, id: &ObjectId) -> Option<&ObjectId> {
        if id.of.is_empty() {
            return None;
        }
        let domain = ObjectId::new(Kind::Domain, &id.schema, &id.of);
        let relation = self.relation(&id.schema, &id.of).map(|(id, _)| id);
        relation.or_else(|| self.objects.get_key_value(&domain).map(|(id, _)| id))
    }

    /// The table of that name.
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

    /// The sequence that makes a column `serial`: the column owns it and its default calls it.
    #[must_use]
    pub fn serial(&self, column: &ObjectId) -> Option<&ObjectId> {
        self.depends.get(column)?.iter().find(|id| match self.objects.get(id) {
            Some(Object::Sequence(sequence)) => sequence.owned_by.as_ref() == Some(column),
            _ => false,
        })
    }

    /// Everything that stands on an object, directly.
    pub fn dependents<'a>(&'a self, id: &'a ObjectId) -> impl Iterator<Item = &'a ObjectId> {
        self.depends.iter().filter(move |(_, on)| on.contains(id)).map(|(dependent, _)| dependent)
    }
}

/// Maps as lists of pairs, since JSON's keys are texts.
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
