//! Writes the types, and chooses the types of columns.

use std::fmt::Write;

use super::render::Render;
use super::spec::{Column, Presence, Side, Type};

pub const ENUM: u8 = 0;
pub const DOMAIN: u8 = 1;
pub const COMPOSITE: u8 = 2;
pub const RANGE: u8 = 3;

/// Families of column types. Values convert between all types of a family without loss.
const FAMILIES: [&[&str]; 12] = [
    &["integer", "bigint", "numeric", "numeric(12,2)", "double precision", "smallint"],
    &["text", "varchar(20)", "varchar(60)", "character(12)"],
    &["integer", "text", "bigint", "varchar(20)", "numeric(12,2)"],
    &["timestamp without time zone", "date", "timestamp with time zone", "timestamp(0) without time zone"],
    &["jsonb", "json"],
    &["boolean"],
    &["uuid"],
    &["bytea"],
    &["inet", "cidr"],
    &["interval", "interval day to second"],
    &["integer[]", "bigint[]", "text[]"],
    &["bit varying(8)", "bit(4)", "bit varying"],
];

/// Types that are never changed, each with a value.
const SINGLE_TYPES: [(&str, &str); 12] = [
    ("point", "(1,2)"),
    ("tsvector", "'a' 'b'"),
    ("macaddr", "08:00:2b:01:02:03"),
    ("time without time zone", "10:00:00"),
    ("int4range", "[1,5)"),
    ("name", "n"),
    ("\"char\"", "c"),
    ("oid", "1"),
    ("jsonpath", "$.\"a\""),
    ("tsquery", "'a'"),
    ("box", "(1,1),(0,0)"),
    ("money", "$1.00"),
];

pub const NUMBER: u8 = 0;
pub const TEXT: u8 = 1;
pub const NUMERAL: u8 = 2;
pub const TIME: u8 = 3;

impl Render<'_> {
    /// The type of one kind that a number selects.
    pub fn selected_type(&self, kind: u8, which: u8) -> Option<(usize, &Type)> {
        let of_kind: Vec<_> = self.spec.types.iter().enumerate().filter(|(_, it)| it.kind == kind).collect();
        (!of_kind.is_empty()).then(|| of_kind[usize::from(which) % of_kind.len()])
    }

    /// The name of a type on this side.
    fn type_name(&self, kind: u8, which: u8) -> Option<String> {
        let (number, of) = self.selected_type(kind, which)?;
        of.presence.is_on(self.side).then(|| format!("app.y{number}"))
    }

    /// The type of a column. `None` if the column is not on this side.
    pub fn column_type(&self, column: &Column) -> Option<String> {
        if !column.presence.is_on(self.side) {
            return None;
        }
        let variant = usize::from(column.variant.on(self.side));
        match column.family {
            12 => Some(self.type_name(ENUM, column.which).unwrap_or_else(|| "text".to_owned())),
            13 => Some(self.type_name(ENUM, column.which).map_or_else(|| "text[]".to_owned(), |name| name + "[]")),
            14 => Some(self.type_name(DOMAIN, column.which).unwrap_or_else(|| "integer".to_owned())),
            15 => self.type_name(COMPOSITE, column.which),
            16 => Some(self.type_name(RANGE, column.which).unwrap_or_else(|| "text".to_owned())),
            family => match FAMILIES.get(usize::from(family)) {
                Some(types) => Some(types[variant % types.len()].to_owned()),
                None => Some(SINGLE_TYPES[usize::from(column.which) % SINGLE_TYPES.len()].0.to_owned()),
            },
        }
    }

    /// A value as a literal. It differs in each row if possible.
    pub fn value(&self, column: &Column, row: u8) -> String {
        let text = match column.family {
            NUMBER | NUMERAL | 14 => row.to_string(),
            TEXT => format!("v{row}"),
            TIME => format!("2026-01-0{row}"),
            4 => format!("{{\"a\": {row}}}"),
            5 => (row % 2 == 1).to_string(),
            6 => format!("00000000-0000-0000-0000-00000000000{row}"),
            7 => format!("\\x0{row}"),
            8 => format!("10.0.0.{row}"),
            9 => format!("{row} days"),
            10 => format!("{{{row},2}}"),
            11 => "1010".to_owned(),
            12 => "l0".to_owned(),
            13 => "{l0,l0}".to_owned(),
            15 => self.composite_value(column, row),
            16 => "[1,5)".to_owned(),
            _ => SINGLE_TYPES[usize::from(column.which) % SINGLE_TYPES.len()].1.to_owned(),
        };
        format!("'{}'", text.replace('\'', "''"))
    }

    fn composite_value(&self, column: &Column, row: u8) -> String {
        let count = self.selected_type(COMPOSITE, column.which).map_or(0, |(_, of)| self.parts(of).len());
        format!("({})", vec![row.to_string(); count].join(","))
    }

    /// The positions of a type's parts on this side. The first part is always present.
    fn parts(&self, of: &Type) -> Vec<usize> {
        let is_on = |(place, (side, _)): &(usize, &(Presence, _))| *place == 0 || side.is_on(self.side);
        of.parts.iter().enumerate().filter(is_on).map(|(place, _)| place).collect()
    }

    /// A domain is NOT NULL only with a default, so that a column of it can be added to existing rows.
    fn domain(&self, number: usize, of: &Type) -> String {
        let base = ["integer", "bigint", "numeric"][usize::from(of.variant.on(self.side)) % 3];
        let not_null = of.not_null.on(self.side);
        let mut sql = format!("CREATE DOMAIN app.y{number} AS {base}");
        if not_null || of.variant.on(self.side) == 3 {
            sql.push_str(" DEFAULT 5");
        }
        if not_null {
            sql.push_str(" NOT NULL");
        }
        for place in self.parts(of).into_iter().skip(1) {
            let least = of.parts[place].1.on(self.side) + 1;
            write!(sql, " CONSTRAINT y{number}_c{place} CHECK (VALUE > -{least})").unwrap();
        }
        sql
    }

    pub fn add_type(&mut self, number: usize) {
        let of = &self.spec.types[number];
        if !of.presence.is_on(self.side) {
            return;
        }
        let places = self.parts(of);
        let sql = match of.kind {
            ENUM => {
                let mut labels: Vec<String> = places.iter().map(|place| format!("'l{place}'")).collect();
                if of.variant.on(self.side) == 3 {
                    labels.reverse();
                }
                format!("CREATE TYPE app.y{number} AS ENUM ({})", labels.join(", "))
            }
            DOMAIN => self.domain(number, of),
            COMPOSITE => {
                let types = ["integer", "text", "numeric", "bigint", "varchar(20)", "smallint"];
                let attribute =
                    |place: &usize| format!("a{place} {}", types[usize::from(of.parts[*place].1.on(self.side))]);
                let attributes: Vec<String> = places.iter().map(attribute).collect();
                format!("CREATE TYPE app.y{number} AS ({})", attributes.join(", "))
            }
            _ => {
                let subtype = ["integer", "numeric", "float8", "bigint"][usize::from(of.variant.on(self.side))];
                format!("CREATE TYPE app.y{number} AS RANGE (subtype = {subtype})")
            }
        };
        self.add(&sql);
        let what = if of.kind == DOMAIN { "DOMAIN" } else { "TYPE" };
        self.annotate(what, &format!("app.y{number}"), of.annotations);
    }
}

/// An expression whose text stays the same when the value is converted.
pub fn comparable(column: &Column, name: &str) -> String {
    match column.family {
        NUMBER | NUMERAL | 14 => format!("trim_scale({name}::text::numeric)::text"),
        TEXT => format!("rtrim({name}::text)"),
        TIME => format!("{name}::timestamp::text"),
        4 => format!("{name}::jsonb::text"),
        8 => format!("host({name})"),
        15 => format!("({name}).a0::text"),
        _ => format!("{name}::text"),
    }
}

/// Whether a column can be indexed on either side.
pub fn sorts(column: &Column) -> bool {
    column.family <= TIME || column.family == 6
}

/// Whether a column is generated on a side.
pub fn is_generated(column: &Column, side: Side) -> bool {
    column.default.on(side) == 3 && column.family <= TEXT
}
