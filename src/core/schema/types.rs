//! Types and collations.

use serde::{Deserialize, Serialize};

use super::{Column, Constraint};

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// In their sort order.
    pub labels: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    #[serde(rename = "type")]
    pub type_name: String,
    /// Only if it is not the default of the type.
    pub collation: Option<String>,
    pub not_null: bool,
    pub default: Option<String>,
    /// Sorted by name.
    pub constraints: Vec<Constraint>,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeType {
    /// The attributes.
    pub columns: Vec<Column>,
}

/// A range type and its multirange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeType {
    pub subtype: String,
    /// Only if it is not the default of the subtype.
    pub operator_class: Option<String>,
    /// Only if it is not the default of the subtype.
    pub collation: Option<String>,
    pub canonical: Option<String>,
    pub difference: Option<String>,
    /// Since version 14.
    pub multirange: Option<String>,
}

/// A collation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// `libc`, `icu` or `builtin`.
    pub provider: String,
    pub deterministic: bool,
    /// For ICU and the built-in provider.
    pub locale: Option<String>,
    pub lc_collate: Option<String>,
    pub lc_ctype: Option<String>,
    /// Since version 16.
    pub rules: Option<String>,
}
