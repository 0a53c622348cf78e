//! The identity of an object: kind, qualified name and argument types. It is the same in every database.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of an object. The order is one in which most objects can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Schema,
    Extension,
    Collation,
    Enum,
    Domain,
    CompositeType,
    RangeType,
    Sequence,
    Table,
    Column,
    Constraint,
    Index,
    View,
    MaterializedView,
    Function,
    Procedure,
    Aggregate,
    Trigger,
    Rule,
    Policy,
    Statistics,
    EventTrigger,
    ForeignDataWrapper,
    ForeignServer,
    UserMapping,
    Publication,
    PublishedTable,
    DefaultPrivileges,
}

impl Kind {
    /// The kinds that share one namespace and can have columns.
    pub const RELATIONS: [Self; 5] =
        [Self::Table, Self::View, Self::MaterializedView, Self::CompositeType, Self::Sequence];

    /// The kind as text.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Collation => "collation",
            Self::Enum => "enum",
            Self::Domain => "domain",
            Self::CompositeType => "composite type",
            Self::RangeType => "range type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::EventTrigger => "event trigger",
            Self::ForeignDataWrapper => "foreign-data wrapper",
            Self::ForeignServer => "foreign server",
            Self::UserMapping => "user mapping",
            Self::Publication => "publication",
            Self::PublishedTable => "published table",
            Self::DefaultPrivileges => "default privileges",
        }
    }
}

/// Identifies an object. Names are as in the catalog, without quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    pub kind: Kind,
    /// Empty for objects that belong to no schema. For default privileges: the schema that they apply to, or empty for
    /// all.
    pub schema: String,
    /// The relation or domain that a column, constraint, index, trigger, policy or rule belongs to. For a published
    /// table: the publication. For a user mapping: the server. For default
    /// privileges: the kind of objects (`tables`, `sequences`, …). Otherwise empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// For default privileges: the role that creates the objects.
    pub name: String,
    /// The identity arguments of a function, procedure or aggregate, as PostgreSQL writes them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arguments: String,
}

impl ObjectId {
    /// An object that belongs to no relation or domain.
    #[must_use]
    pub fn new(kind: Kind, schema: &str, name: &str) -> Self {
        Self { kind, schema: schema.into(), of: String::new(), name: name.into(), arguments: String::new() }
    }

    /// An object that belongs to a relation or domain.
    #[must_use]
    pub fn on(kind: Kind, schema: &str, of: &str, name: &str) -> Self {
        Self { of: of.into(), ..Self::new(kind, schema, name) }
    }

    /// A function, procedure or aggregate.
    #[must_use]
    pub fn routine(kind: Kind, schema: &str, name: &str, arguments: &str) -> Self {
        Self { arguments: arguments.into(), ..Self::new(kind, schema, name) }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, schema, of, name, arguments } = self;
        let words = kind.words();
        let dot = if schema.is_empty() { "" } else { "." };
        match kind {
            Kind::DefaultPrivileges if schema.is_empty() => write!(f, "{words} of {name} on {of}"),
            Kind::DefaultPrivileges => write!(f, "{words} of {name} on {of} in {schema}"),
            Kind::Column => write!(f, "{words} {schema}{dot}{of}.{name}"),
            Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => {
                write!(f, "{words} {name} on {schema}{dot}{of}")
            }
            Kind::UserMapping => write!(f, "{words} of {name} on {of}"),
            Kind::PublishedTable if name.is_empty() => write!(f, "{words} {schema}.* in {of}"),
            Kind::PublishedTable => write!(f, "{words} {schema}.{name} in {of}"),
            Kind::Function | Kind::Procedure | Kind::Aggregate => write!(f, "{words} {schema}{dot}{name}({arguments})"),
            _ => write!(f, "{words} {schema}{dot}{name}"),
        }
    }
}

/// A name with its schema, where the kind is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QualifiedName {
    pub schema: String,
    pub name: String,
}
