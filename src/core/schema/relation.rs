//! Tables and what belongs to them; views, indexes, sequences.

use serde::{Deserialize, Serialize};

use super::{ObjectId, QualifiedName};

/// How long a relation's rows live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// A table of any kind. Options are `name=value`, sorted, wherever they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// In the table's order, which is no difference.
    pub columns: Vec<Column>,
    /// Sorted by name.
    pub constraints: Vec<Constraint>,
    pub persistence: Persistence,
    /// What follows PARTITION BY.
    pub partition_by: Option<String>,
    /// Set for a partition.
    pub partition_of: Option<Partition>,
    /// The parents in order, without a partition's.
    pub inherits: Vec<QualifiedName>,
    /// CREATE TABLE … OF this type.
    pub of_type: Option<String>,
    /// ENABLE ROW LEVEL SECURITY.
    pub row_security: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub force_row_security: bool,
    /// `default`, `nothing`, `full`, or `index`, which is then marked itself.
    pub replica_identity: String,
    pub access_method: Option<String>,
    /// `None`: the database's own.
    pub tablespace: Option<String>,
    pub options: Vec<String>,
    pub foreign: Option<ForeignTable>,
}

/// A partition's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub parent: QualifiedName,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
}

/// Where a foreign table's rows are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTable {
    pub server: String,
    pub options: Vec<String>,
}

/// A column of a table, view, materialised view or composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// With its modifier, e.g. `numeric(10,2)`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where it is not the type's own.
    pub collation: Option<String>,
    pub not_null: bool,
    /// The default, or what a generated column is generated from.
    pub default: Option<String>,
    pub generated: Option<Generation>,
    pub identity: Option<Identity>,
    /// Where it is not the type's own: `plain`, `external`, `main`, `extended`.
    pub storage: Option<String>,
    /// `pglz` or `lz4`, where it was set (14).
    pub compression: Option<String>,
    /// SET STATISTICS, where it was set.
    pub statistics: Option<i32>,
    /// `n_distinct=…`
    pub options: Vec<String>,
    pub foreign_options: Vec<String>,
    /// Whether the table itself declares it; told, and no difference.
    pub local: bool,
    /// Whether a parent has it.
    pub inherited: bool,
}

/// How a generated column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    Stored,
    Virtual,
}

/// GENERATED … AS IDENTITY.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// ALWAYS, else BY DEFAULT.
    pub always: bool,
    /// `None` for a partition, which uses its parent's.
    pub sequence: Option<IdentitySequence>,
}

/// The sequence behind an identity column. Comments and grants are under its own identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentitySequence {
    pub schema: String,
    pub name: String,
    pub options: SequenceOptions,
}

/// A sequence of its own, or a `serial` column's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub options: SequenceOptions,
    /// The column that it goes with.
    pub owned_by: Option<ObjectId>,
    pub persistence: Persistence,
}

/// What CREATE SEQUENCE takes.
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

/// What a constraint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
    Exclusion,
    /// With a name of its own since 18.
    NotNull,
}

/// A constraint of a table or domain.
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub name: String,
    pub kind: ConstraintKind,
    /// What follows the name in ADD CONSTRAINT: NO INHERIT, NULLS NOT DISTINCT, NOT VALID and the like included.
    pub definition: String,
    pub validated: bool,
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
    /// In the constraint's order; expressions have none.
    pub columns: Vec<String>,
    /// The table that a foreign key refers to.
    pub references: Option<QualifiedName>,
    /// Whether the table itself declares it; what only its parents declare follows them.
    pub local: bool,
    pub inherited: bool,
    /// Of the index behind it: `fillfactor=…`.
    pub index_options: Vec<String>,
    pub index_tablespace: Option<String>,
    /// CLUSTER ON the index behind it.
    pub clustered: bool,
    /// REPLICA IDENTITY USING the index behind it.
    pub replica_identity: bool,
}

/// An index that no constraint stands behind.
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub unique: bool,
    /// What follows `ON` in CREATE INDEX: `public.t USING btree (a)`, with WHERE and options.
    pub definition: String,
    /// False: a CONCURRENTLY that died, or a partitioned one that lacks parts.
    pub valid: bool,
    pub clustered: bool,
    pub replica_identity: bool,
    pub tablespace: Option<String>,
    /// SET STATISTICS of its expressions: (1-based place, target).
    pub statistics: Vec<(i16, i32)>,
    /// The partitioned index that it is a part of.
    pub part_of: Option<QualifiedName>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its query, with the semicolon.
    pub definition: String,
    /// `security_invoker=true`, `check_option=local`, …
    pub options: Vec<String>,
    pub columns: Vec<Column>,
}

/// A materialised view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView {
    /// Its query, with the semicolon.
    pub definition: String,
    pub options: Vec<String>,
    pub columns: Vec<Column>,
    pub access_method: Option<String>,
    pub tablespace: Option<String>,
}
