//! Converts the name of a type, as written in SQL or by `format_type`, to a normal form.

use std::fmt;

/// A type and its modifiers in a normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// The internal name of a built-in type (`int4`, `timestamptz`); any other name as written.
    pub name: String,
    /// The modifiers, e.g. 10 and 2 of `numeric(10,2)`, 3 of `timestamp(3)`.
    pub modifiers: Vec<i64>,
    /// The fields of an interval, e.g. `year to month` of `interval year to month`.
    pub fields: String,
    is_array: bool,
    is_built_in: bool,
}

/// SQL names of types, and the internal names.
const ALIASES: &[(&str, &str)] = &[
    ("bigint", "int8"),
    ("bigserial", "int8"),
    ("serial8", "int8"),
    ("bit varying", "varbit"),
    ("boolean", "bool"),
    ("char varying", "varchar"),
    ("character varying", "varchar"),
    ("character", "bpchar"),
    ("char", "bpchar"),
    ("nchar", "bpchar"),
    ("national character", "bpchar"),
    ("national character varying", "varchar"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("double precision", "float8"),
    ("float", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("serial", "int4"),
    ("serial4", "int4"),
    ("real", "float4"),
    ("smallint", "int2"),
    ("smallserial", "int2"),
    ("serial2", "int2"),
    ("time with time zone", "timetz"),
    ("timestamp with time zone", "timestamptz"),
    ("\"char\"", "char"),
];

/// The internal names of the built-in types that columns can have.
const BUILT_IN: &[&str] = &[
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xml",
];

impl TypeName {
    /// Parses a type. A type that is not built in keeps its name as written.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower = if line.contains('"') { line } else { line.to_lowercase() };
        let bare = lower.strip_prefix("pg_catalog.").unwrap_or(&lower).trim();
        let (bare, is_array) = without_bounds(bare);
        let (name, modifiers) = without_modifiers(bare);
        let (name, fields) = match name.strip_prefix("interval ") {
            Some(fields) => ("interval".to_owned(), fields.to_owned()),
            None => (name.trim_end_matches(" without time zone").to_owned(), String::new()),
        };
        let server = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, server)| server);
        let is_built_in = BUILT_IN.contains(&server) || server == "xid8";
        let own = Self { modifiers, fields, is_array, is_built_in, name: server.to_owned() };
        own.with_implied(&name)
    }

    /// Whether it is one of PostgreSQL's own types.
    #[must_use]
    pub const fn is_built_in(&self) -> bool {
        self.is_built_in
    }

    /// Whether it is `text`, or `varchar` without a length.
    #[must_use]
    pub fn is_unbounded_text(&self) -> bool {
        !self.is_array && (self.name == "text" || (self.name == "varchar" && self.modifiers.is_empty()))
    }

    /// The element type; `None` if it is not an array type.
    #[must_use]
    pub fn element(&self) -> Option<Self> {
        self.is_array.then(|| Self { is_array: false, ..self.clone() })
    }

    /// The modifier at an index.
    #[must_use]
    pub fn modifier(&self, place: usize) -> Option<i64> {
        self.modifiers.get(place).copied()
    }

    /// Adds implied modifiers: `char` is `char(1)`, `numeric(5)` is `numeric(5,0)`, and so on.
    fn with_implied(mut self, written: &str) -> Self {
        match (self.name.as_str(), self.modifiers.as_slice()) {
            ("bpchar", []) if written != "bpchar" => self.modifiers = vec![1],
            ("bit", []) => self.modifiers = vec![1],
            ("numeric", [precision]) => self.modifiers = vec![*precision, 0],
            ("float8", [bits]) if written == "float" => {
                if *bits <= 24 { "float4" } else { "float8" }.clone_into(&mut self.name);
                self.modifiers.clear();
            }
            ("time" | "timetz" | "timestamp" | "timestamptz" | "interval", [6]) => self.modifiers.clear(),
            _ => {}
        }
        self
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.name.as_str();
        let name = match server {
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            "float4" => "real",
            "float8" => "double precision",
            "bool" => "boolean",
            "char" if self.is_built_in => "\"char\"",
            _ => server,
        };
        f.write_str(name)?;
        if !self.fields.is_empty() {
            write!(f, " {}", self.fields)?;
        }
        if !self.modifiers.is_empty() {
            let modifiers: Vec<String> = self.modifiers.iter().map(ToString::to_string).collect();
            write!(f, "({})", modifiers.join(","))?;
        }
        f.write_str(if self.is_array { "[]" } else { "" })
    }
}

/// The type without `[]`, `[3]` or `ARRAY`, and whether it had one of these.
fn without_bounds(text: &str) -> (&str, bool) {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_end();
        if let Some(open) = trimmed.ends_with(']').then(|| trimmed.rfind('[')).flatten() {
            rest = trimmed.get(..open).unwrap_or_default();
        } else if let Some(element) = trimmed.strip_suffix(" array") {
            rest = element;
        } else if let Some(element) = trimmed.strip_suffix(" ARRAY") {
            rest = element;
        } else {
            return (trimmed, rest.len() != text.len());
        }
    }
}

/// The type without its parentheses, and the numbers in the parentheses.
fn without_modifiers(text: &str) -> (String, Vec<i64>) {
    let parts = text.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    let Some((before, (inside, after))) = parts else { return (text.to_owned(), Vec::new()) };
    let numbers: Vec<i64> = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    (format!("{} {}", before.trim(), after.trim()).trim().to_owned(), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_normal_form() {
        for (text, expected) in [
            ("INT", "integer"),
            ("character  varying ( 10 )", "varchar(10)"),
            ("char", "bpchar(1)"),
            ("bpchar", "bpchar"),
            ("\"char\"", "\"char\""),
            ("timestamp(3) with time zone", "timestamptz(3)"),
            ("timestamp (6) without time zone", "timestamp"),
            ("numeric(10)", "numeric(10,0)"),
            ("numeric(3,-2)", "numeric(3,-2)"),
            ("float(10)", "real"),
            ("float(40)", "double precision"),
            ("integer[3][]", "integer[]"),
            ("text array", "text[]"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("pg_catalog.int8", "bigint"),
            ("bit", "bit(1)"),
            ("My.Type", "my.type"),
        ] {
            assert_eq!(TypeName::parse(text).to_string(), expected, "{text}");
        }
        assert!(!TypeName::parse("\"Int4\"").is_built_in() && !TypeName::parse("s.int4").is_built_in());
    }
}
