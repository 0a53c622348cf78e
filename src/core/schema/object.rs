//! An object as one of its kinds, and the kinds that lie in no group.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Aggregate, Collation, CompositeType, Domain, Enum, EventTrigger, Function, Index, MaterializedView, Policy,
    RangeType, Rule, Sequence, Statistics, Table, Trigger, View,
};

/// What an object is; its names are in its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Object {
    Schema,
    Extension(Extension),
    Collation(Collation),
    Enum(Enum),
    Domain(Domain),
    CompositeType(CompositeType),
    RangeType(RangeType),
    Sequence(Sequence),
    Table(Box<Table>),
    Index(Index),
    View(View),
    MaterializedView(MaterializedView),
    /// Window functions and procedures, too.
    Function(Function),
    Aggregate(Box<Aggregate>),
    Trigger(Trigger),
    Rule(Rule),
    Policy(Policy),
    Statistics(Statistics),
    EventTrigger(EventTrigger),
    DefaultPrivileges(DefaultPrivileges),
}

/// An extension; what it made is not in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub in_schema: String,
    /// Told, and no difference: it depends on what the server has.
    pub version: String,
}

/// One privilege of one role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// `public` is everyone; no role can be called that.
    pub grantee: String,
    /// As GRANT takes it, e.g. `SELECT`.
    pub privilege: String,
    /// WITH GRANT OPTION.
    pub grantable: bool,
}

/// What new objects of a role get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// Those of the role itself included.
    pub grants: BTreeSet<Grant>,
}

/// An object whose kind is not compared, e.g. an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotCarried {
    /// As PostgreSQL calls the kind.
    pub kind: String,
    /// As PostgreSQL writes the identity.
    pub identity: String,
}
