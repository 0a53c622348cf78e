//! What a step destroys, how it is copied before, and how it is put back: the decisions and the SQL, as text.

mod back;
mod copy;
mod forecast;
mod loss;

pub use back::{
    CurrentColumn, ReferencedTable, Target, back, coming_back, identical_gone, insert, misread, older_value, stale,
    stale_as, update,
};
pub use copy::{new_values, rows, rows_that_stand, same_key, stored, unchanged, values};
pub use forecast::{Forecast, Keeping};
pub use loss::{Loss, losses, losses_before};

use serde::{Deserialize, Serialize};

/// What a copy holds, which also says how it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// All rows of a table that went.
    Table,
    /// Rows of a table that stays.
    Rows,
    /// The values of a column that went, beside the key.
    Column,
    /// The old values of a column that stays, beside the key and with what was put in their place.
    Values,
    /// How far a sequence had come.
    Sequence,
}

impl Kind {
    /// The word by which the database knows it.
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

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Table, Self::Rows, Self::Column, Self::Values, Self::Sequence]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// A column as the catalog has it when the copy is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// `attnum`.
    pub number: i16,
    /// The type with its length, e.g. `character varying(20)`.
    pub ty: String,
    /// The type alone, in a form that a cast does not cut to, e.g. `bpchar`.
    pub base: String,
    /// Whether the type is PostgreSQL's own, so that the values are copied as they are; else as text.
    pub plain: bool,
    /// Whether its collation is somebody's own, which a copy must not hold on to.
    #[serde(default)]
    pub collated: bool,
    /// The attributes of a composite type, which have to be the same again before values of it can be read.
    #[serde(default)]
    pub shape: Option<String>,
}

/// How far a sequence had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    pub last: i64,
    pub called: bool,
    pub ascending: bool,
    /// The column that it numbered, where it belonged to one.
    pub column: Option<String>,
}

/// What has to be known of a copy to put it back; a row of the table of copies holds it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The table's (or sequence's) number in the catalog when it was copied.
    pub relation: u32,
    /// The number of the database: copies that were dumped and loaded elsewhere know no numbers there.
    #[serde(default)]
    pub database: Option<u32>,
    /// Whether the rows of children are not its own.
    pub only: bool,
    /// The columns that the copy holds, as `v1`, `v2`, …
    pub columns: Vec<Column>,
    /// The columns that tell rows apart, as `k1`, `k2`, … where `columns` does not hold them.
    pub key: Vec<Column>,
    /// Whether the column's type was changed, so that it has to be what it was first.
    #[serde(default)]
    pub retyped: bool,
    /// Why it cannot be put back by itself; a person can read the copy.
    #[serde(default)]
    pub stuck: Option<String>,
    #[serde(default)]
    pub counter: Option<Counter>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words() {
        for kind in [Kind::Table, Kind::Rows, Kind::Column, Kind::Values, Kind::Sequence] {
            assert_eq!(Kind::parse(kind.word()), Some(kind));
        }
        assert_eq!(Kind::parse("x"), None);
    }
}
