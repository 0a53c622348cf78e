//! Tables with their parts, views, indexes and sequences.

use serde::{Deserialize, Serialize};

use super::{ObjectId, QualifiedName};

/// The persistence of a relation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// A table of any kind. All lists of options are sorted and have the form `name=value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// In the table's order, which is not compared.
    pub columns: Vec<Column>,
    /// Sorted by name.
    pub constraints: Vec<Constraint>,
    pub persistence: Persistence,
    /// The text after PARTITION BY.
    pub partition_by: Option<String>,
    /// Only for a partition.
    pub partition_of: Option<Partition>,
    /// The parents in order. Empty for a partition.
    pub inherits: Vec<QualifiedName>,
    /// CREATE TABLE … OF this type.
    pub of_type: Option<String>,
    /// ENABLE ROW LEVEL SECURITY.
    pub row_security: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub force_row_security: bool,
    /// `default`, `nothing`, `full`, or `index`. For `index`, the index has a flag.
    pub replica_identity: String,
    pub access_method: Option<String>,
    /// `None`: the default tablespace of the database.
    pub tablespace: Option<String>,
    pub options: Vec<String>,
    pub foreign: Option<ForeignTable>,
}

/// The parent and the bounds of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub parent: QualifiedName,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
}

/// The server and the options of a foreign table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTable {
    pub server: String,
    pub options: Vec<String>,
}

/// A column of a table, view, materialized view or composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// With its modifier, e.g. `numeric(10,2)`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Only if it is not the default of the type.
    pub collation: Option<String>,
    pub not_null: bool,
    /// The default, or the expression of a generated column.
    pub default: Option<String>,
    pub generated: Option<Generation>,
    pub identity: Option<Identity>,
    /// Only if it is not the default of the type: `plain`, `external`, `main`, `extended`.
    pub storage: Option<String>,
    /// `pglz` or `lz4`, only if it is set (version 14).
    pub compression: Option<String>,
    /// SET STATISTICS, only if it is set.
    pub statistics: Option<i32>,
    /// `n_distinct=…`
    pub options: Vec<String>,
    pub foreign_options: Vec<String>,
    /// Whether the table itself declares it. Not compared.
    pub local: bool,
    /// Whether a parent has it.
    pub inherited: bool,
}

/// How a generated column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    Stored,
    Virtual,
}

/// GENERATED … AS IDENTITY.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// ALWAYS if true, otherwise BY DEFAULT.
    pub always: bool,
    /// `None` for a partition, which uses its parent's.
    pub sequence: Option<IdentitySequence>,
}

/// The sequence of an identity column. Its comments and grants have its own identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySequence {
    pub schema: String,
    pub name: String,
    pub options: SequenceOptions,
}

/// A sequence, independent or of a `serial` column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub options: SequenceOptions,
    /// The column that owns it.
    pub owned_by: Option<ObjectId>,
    pub persistence: Persistence,
}

/// The options of CREATE SEQUENCE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOptions {
    #[serde(rename = "type")]
    pub type_name: String,
    pub start: i64,
    pub increment: i64,
    pub minimum: i64,
    pub maximum: i64,
    pub cache: i64,
    pub cycle: bool,
}

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
    Exclusion,
    /// Has a name of its own since version 18.
    NotNull,
}

/// A constraint of a table or domain.
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub name: String,
    pub kind: ConstraintKind,
    /// The text after the name in ADD CONSTRAINT, including NO INHERIT, NULLS NOT DISTINCT and NOT VALID.
    pub definition: String,
    pub validated: bool,
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
    /// In the order of the constraint, without expressions.
    pub columns: Vec<String>,
    /// The table that a foreign key refers to.
    pub references: Option<QualifiedName>,
    /// Whether the table itself declares it. Otherwise it follows the parents' constraint.
    pub local: bool,
    pub inherited: bool,
    /// The options of its index: `fillfactor=…`.
    pub index_options: Vec<String>,
    pub index_tablespace: Option<String>,
    /// The partitioned index that its index is a part of.
    pub index_part_of: Option<QualifiedName>,
    /// CLUSTER ON its index.
    pub clustered: bool,
    /// REPLICA IDENTITY USING its index.
    pub replica_identity: bool,
}

/// An index that belongs to no constraint.
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub unique: bool,
    /// The text after `ON` in CREATE INDEX: `public.t USING btree (a)`, with WHERE and options.
    pub definition: String,
    /// False after a failed CREATE INDEX CONCURRENTLY, or if a partition has no part of the index yet.
    pub valid: bool,
    pub clustered: bool,
    pub replica_identity: bool,
    pub tablespace: Option<String>,
    /// SET STATISTICS of its expressions: (1-based column, target).
    pub statistics: Vec<(i16, i32)>,
    /// The partitioned index that it is a part of.
    pub part_of: Option<QualifiedName>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The query, with its semicolon.
    pub definition: String,
    /// `security_invoker=true`, `check_option=local`, …
    pub options: Vec<String>,
    pub columns: Vec<Column>,
}

/// A materialized view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView {
    /// The query, with its semicolon.
    pub definition: String,
    pub options: Vec<String>,
    pub columns: Vec<Column>,
    pub access_method: Option<String>,
    pub tablespace: Option<String>,
}
