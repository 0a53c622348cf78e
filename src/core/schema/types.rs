//! Types and collations.

use serde::{Deserialize, Serialize};

use super::{Column, Constraint};

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// In the order in which they sort.
    pub labels: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where it is not the type's own.
    pub collation: Option<String>,
    pub not_null: bool,
    pub default: Option<String>,
    /// Sorted by name.
    pub constraints: Vec<Constraint>,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeType {
    /// Its attributes.
    pub columns: Vec<Column>,
}

/// A range type, with the multirange that comes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeType {
    pub subtype: String,
    /// Where it is not the subtype's default.
    pub operator_class: Option<String>,
    /// Where it is not the subtype's own.
    pub collation: Option<String>,
    pub canonical: Option<String>,
    pub difference: Option<String>,
    /// 14.
    pub multirange: Option<String>,
}

/// A collation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// `libc`, `icu` or `builtin`.
    pub provider: String,
    pub deterministic: bool,
    /// Of ICU and the built-in provider.
    pub locale: Option<String>,
    pub lc_collate: Option<String>,
    pub lc_ctype: Option<String>,
    /// 16.
    pub rules: Option<String>,
}
