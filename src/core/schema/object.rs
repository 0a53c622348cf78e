//! An object of any kind, and the kinds that belong to no group.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Aggregate, Collation, CompositeType, Domain, Enum, EventTrigger, ForeignDataWrapper, ForeignServer, Function,
    Index, MaterializedView, Policy, Publication, PublishedTable, RangeType, Rule, Sequence, Statistics, Table,
    Trigger, UserMapping, View,
};

/// The attributes of an object. Its names are in its identity.
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
    /// Includes window functions and procedures.
    Function(Function),
    Aggregate(Box<Aggregate>),
    Trigger(Trigger),
    Rule(Rule),
    Policy(Policy),
    Statistics(Statistics),
    EventTrigger(EventTrigger),
    ForeignDataWrapper(ForeignDataWrapper),
    ForeignServer(ForeignServer),
    UserMapping(UserMapping),
    Publication(Publication),
    PublishedTable(PublishedTable),
    DefaultPrivileges(DefaultPrivileges),
}

/// An extension. Its member objects are not in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub in_schema: String,
    /// Not compared, because it depends on the server's installation.
    pub version: String,
}

/// One privilege of one role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// `public` stands for PUBLIC. No role can have this name.
    pub grantee: String,
    /// In the syntax of GRANT, e.g. `SELECT`.
    pub privilege: String,
    /// WITH GRANT OPTION.
    pub grantable: bool,
}

/// The privileges on new objects of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// Includes the privileges of the role itself.
    pub grants: BTreeSet<Grant>,
}

/// An object of a kind that is not compared, e.g. an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnsupportedObject {
    /// The kind as PostgreSQL names it.
    pub kind: String,
    /// The identity as PostgreSQL writes it.
    pub identity: String,
}
