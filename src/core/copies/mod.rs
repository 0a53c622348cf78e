//! What a step destroys, how it is copied before, and how it is put back: the decisions and the SQL, as text.

mod back;
mod copy;
mod forecast;
mod loss;

pub use back::{
    Guard, Now, Target, back, coming_back, identical_gone, insert, misread, older_value, stale, stale_as, update,
};
pub use copy::{new_values, rows, rows_that_stand, same_key, stored, unchanged, values};
pub use forecast::{Forecast, Keeping};
pub use loss::{Address, Loss, What, losses};

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

/// A length such as `keep_limit`'s, in bytes: `1GB`, `500 MB`, `1024`; units are PostgreSQL's, of 1024 each.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim().to_uppercase().as_str() {
        "" | "B" => 0,
        "KB" => 1,
        "MB" => 2,
        "GB" => 3,
        "TB" => 4,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1024_u64.checked_pow(power)?)
}

/// A size in words, e.g. `1.5 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut scale = 1_u64;
    while bytes / scale >= 1024 && unit + 1 < UNITS.len() {
        scale *= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"bytes");
    let (whole, tenth) = (bytes / scale, bytes % scale * 10 / scale);
    if unit == 0 || whole >= 10 || tenth == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_told() {
        for (text, bytes) in [("1GB", 1 << 30), ("500 MB", 500 << 20), ("10kb", 10 << 10), ("7", 7), ("0", 0)] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", "GB", "1.5GB", "1 pound", "-1", "99999999999999999999", "99999999999TB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        for (bytes, words) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 kB"), (1 << 30, "1 GB"), (25 << 20, "25 MB")]
        {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn kinds_have_words() {
        for kind in [Kind::Table, Kind::Rows, Kind::Column, Kind::Values, Kind::Sequence] {
            assert_eq!(Kind::parse(kind.word()), Some(kind));
        }
        assert_eq!(Kind::parse("x"), None);
    }
}
