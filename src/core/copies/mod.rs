//! Decides what is copied before a statement destroys it, and writes the SQL that makes and restores copies.

mod copy_sql;
#[cfg(test)]
pub(crate) mod fixtures;
mod forecast;
mod loss;
mod match_sql;
mod order;
mod restore_sql;
mod value_sql;

pub use copy_sql::{
    copied_value, create_copy, delete_remaining_rows, delete_unchanged_values, delete_unmoved_rows, insert_into_copy,
    is_not_copied, key_condition, record_new_values, row_alias,
};
pub use forecast::{CopyForecast, ForecastCopy};
pub use loss::{Loss, losses, losses_before};
pub use match_sql::{
    MatchedColumns, TableCopies, WRITTEN_LATER, count_inserted_rows, delete_matched_rows, is_written_by_transaction,
    match_rows, needs_match, update_matched_rows,
};
pub use order::{ForeignKeyEdge, RestoreNode, RestoreOrder, order_restore};
pub use restore_sql::{
    CurrentColumn, ReferencePair, ReferencedTable, RestoreTarget, delete_identical_rows, insert_condition, insert_rows,
    mark_orphans, older_value, restored_value,
};
pub use value_sql::{
    copy_stale_marks, count_changed_values, count_restored_values, delete_restored_values, mark_stale,
    mark_stale_by_newer_copy, update_values,
};

use crate::core::text::plural;
use serde::{Deserialize, Serialize};

/// What a copy contains. It also decides how the copy is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CopyKind {
    /// All rows of a table that is dropped.
    Table,
    /// Rows of a table that remains.
    Rows,
    /// The values of a column that is dropped, with the key of their rows.
    Column,
    /// The old values of a column that remains, with the key of their rows and the new values.
    Values,
    /// The state of a sequence.
    Sequence,
}

impl CopyKind {
    /// The word for it in the table of copies.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Rows => "rows",
            Self::Column => "column",
            Self::Values => "values",
            Self::Sequence => "sequence",
        }
    }

    /// What a copy with this number of rows or values contains, in words.
    #[must_use]
    pub fn describe_contents(self, count: u64) -> String {
        match self {
            Self::Table | Self::Rows => plural(count, "row"),
            Self::Column | Self::Values => plural(count, "value"),
            Self::Sequence => "its last value".to_owned(),
        }
    }

    /// Reads the word. `None` if it is unknown.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Table, Self::Rows, Self::Column, Self::Values, Self::Sequence]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// A column as the catalog describes it when the copy is made. The table of copies stores it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedColumn {
    pub name: String,
    /// `attnum`.
    pub number: i16,
    /// The type with its modifier, e.g. `character varying(20)`.
    pub ty: String,
    /// The type without its modifier, so that a cast to it does not truncate, e.g. `bpchar`.
    pub base: String,
    /// Whether the type is built in. Values of built-in types are copied in their type, all others as text.
    #[serde(rename = "plain")]
    pub builtin: bool,
    /// Whether the collation is not built in. The copy must not depend on such a collation.
    #[serde(default, rename = "collated")]
    pub custom_collation: bool,
    /// The attributes of a composite type. They must be the same when the values are restored.
    #[serde(default, rename = "shape")]
    pub attributes: Option<String>,
    /// Whether the step itself created the column. Then its values are not lost.
    #[serde(default, skip_serializing_if = "is_false")]
    pub created: bool,
}

/// The state of a sequence. The table of copies stores it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceState {
    #[serde(rename = "last")]
    pub last_value: i64,
    #[serde(rename = "called")]
    pub is_called: bool,
    pub ascending: bool,
    /// The column that owns the sequence, if there is one.
    pub column: Option<String>,
}

/// What is required to restore a copy. The table of copies stores it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyDetail {
    /// The OID of the table or sequence when it was copied.
    pub relation: u32,
    /// The OID of the database. After a dump is loaded into another database, the OIDs of the copy are not valid there.
    #[serde(default)]
    pub database: Option<u32>,
    /// Whether the rows of child tables are excluded (`ONLY`).
    pub only: bool,
    /// The columns that the copy contains, as `v1`, `v2`, …
    pub columns: Vec<CopiedColumn>,
    /// The columns that identify a row, as `k1`, `k2`, … if `columns` does not contain them.
    pub key: Vec<CopiedColumn>,
    /// Whether the statement changed the column's type. The values are restored after the type is changed back.
    #[serde(default, rename = "retyped")]
    pub type_changed: bool,
    /// Why limbeck cannot restore the copy. A person can still read it.
    #[serde(default, rename = "stuck")]
    pub not_restorable: Option<String>,
    #[serde(default, rename = "counter")]
    pub sequence_state: Option<SequenceState>,
    /// The schema and the name of the table before the step, if the step has renamed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_before: Option<(String, String)>,
    /// The id of the first copy of the same statement. `None`: this is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<i64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_from_its_word() {
        for kind in [CopyKind::Table, CopyKind::Rows, CopyKind::Column, CopyKind::Values, CopyKind::Sequence] {
            assert_eq!(CopyKind::parse(kind.word()), Some(kind));
        }
        assert_eq!(CopyKind::parse("x"), None);
    }

    #[test]
    fn the_contents_of_a_copy_are_named_by_its_kind() {
        for (kind, count, expected) in [
            (CopyKind::Table, 2, "2 rows"),
            (CopyKind::Rows, 1, "1 row"),
            (CopyKind::Column, 1204, "1,204 values"),
            (CopyKind::Values, 1, "1 value"),
            (CopyKind::Sequence, 1, "its last value"),
        ] {
            assert_eq!(kind.describe_contents(count), expected);
        }
    }

    #[test]
    fn details_keep_their_stored_names() {
        let stored = "{\"relation\":1,\"database\":2,\"only\":true,\"columns\":[{\"name\":\"a\",\"number\":1,\
            \"ty\":\"integer\",\"base\":\"integer\",\"plain\":true,\"collated\":false,\"shape\":null}],\"key\":[],\
            \"retyped\":false,\"stuck\":\"no key\",\"counter\":{\"last\":1,\"called\":true,\"ascending\":true,\
            \"column\":null}}";
        let detail: CopyDetail = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&detail).unwrap(), stored);
    }
}
