//! Facts about the casts between PostgreSQL's built-in types: which casts keep every value, reject values or keep the
//! stored bytes.

use super::TypeName;

/// The maximum number of digits of a value.
const DIGITS: &[(&str, i64)] = &[("int2", 5), ("int4", 10), ("int8", 19)];
/// The maximum length of a value as text, in characters.
const WIDTHS: &[(&str, i64)] = &[("int2", 6), ("int4", 11), ("int8", 20), ("bool", 5), ("uuid", 36), ("macaddr", 17)];

/// Types whose values convert to text and back unchanged.
const AS_TEXT: &[&str] = &[
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
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
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
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsrange",
    "tsvector",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
];

/// Casts between types (without their modifiers) that keep every value.
const SAFE: &[(&str, &str)] = &[
    ("int2", "int4"),
    ("int2", "int8"),
    ("int4", "int8"),
    ("int2", "float4"),
    ("int2", "float8"),
    ("int4", "float8"),
    ("float4", "float8"),
    ("int2", "numeric"),
    ("int4", "numeric"),
    ("int8", "numeric"),
    ("cidr", "inet"),
    ("macaddr", "macaddr8"),
    ("jsonb", "json"),
    ("oid", "int8"),
    ("bool", "int4"),
    ("name", "text"),
    ("xml", "text"),
    ("xml", "varchar"),
    ("bit", "varbit"),
    ("bpchar", "text"),
    ("name", "varchar"),
];

/// Casts that change no value but reject some, with the reason.
const REJECTS: &[(&str, &str, &str)] = &[
    ("int8", "int4", "values beyond ±2147483647 are rejected"),
    ("int8", "int2", "values beyond ±32767 are rejected"),
    ("int4", "int2", "values beyond ±32767 are rejected"),
    ("date", "timestamp", "dates beyond the year 294276 are rejected"),
    ("date", "timestamptz", "dates beyond the year 294276 are rejected"),
    ("text", "json", "text that is not JSON is rejected"),
    ("varchar", "json", "text that is not JSON is rejected"),
    ("text", "xml", "text that is not XML is rejected"),
    ("varchar", "xml", "text that is not XML is rejected"),
    ("macaddr8", "macaddr", "addresses of eight bytes are rejected"),
    ("int8", "oid", "values below 0 or beyond 4294967295 are rejected"),
    ("int4", "char", "values beyond -128 to 127 are rejected"),
    ("int4", "money", "the digits of money depend on lc_monetary"),
];

/// Lossy casts that reject no value.
const NEVER_REJECTS: &[(&str, &str)] = &[
    ("int4", "float4"),
    ("int8", "float4"),
    ("int8", "float8"),
    ("int4", "bool"),
    ("timestamp", "date"),
    ("timestamptz", "date"),
    ("timestamp", "time"),
    ("timestamptz", "time"),
    ("timestamptz", "timetz"),
    ("timestamptz", "timestamp"),
    ("timetz", "time"),
    ("time", "timetz"),
    ("interval", "time"),
    ("inet", "cidr"),
    ("text", "name"),
    ("varchar", "name"),
];

/// Lossy casts with a specific reason.
const REASONS: &[(&str, &str, &str)] = &[
    ("int4", "float4", "real holds about 6 digits"),
    ("int8", "float4", "real holds about 6 digits"),
    ("int8", "float8", "double precision holds about 15 digits"),
    ("numeric", "float4", "real holds about 6 digits"),
    ("numeric", "float8", "double precision holds about 15 digits"),
    ("float8", "float4", "real holds about 6 digits"),
    ("timestamp", "timestamptz", "times that do not exist in the session's time zone are shifted"),
    ("timestamptz", "timestamp", "times that exist twice in the session's time zone become equal"),
    ("timestamp", "date", "the time of day is removed"),
    ("timestamptz", "date", "the time of day is removed"),
    ("json", "jsonb", "duplicate keys, key order and whitespace are lost"),
    ("inet", "cidr", "host bits are cleared"),
    ("text", "name", "names are truncated to 63 bytes"),
    ("text", "bpchar", "trailing spaces are not significant"),
];

/// Whether every value converts to the new type and back unchanged.
pub fn is_safe(from: &TypeName, to: &TypeName) -> bool {
    if from.name == to.name {
        return widens(from, to);
    }
    let pair = (from.name.as_str(), to.name.as_str());
    match pair {
        (_, "text") => AS_TEXT.contains(&pair.0) || SAFE.contains(&pair),
        (_, "varchar") => match to.modifier(0) {
            None => AS_TEXT.contains(&pair.0) || SAFE.contains(&pair),
            Some(length) => width(from).is_some_and(|width| width <= length),
        },
        ("varchar", "bpchar") => false,
        ("int2" | "int4" | "int8", "numeric") => holds_digits(from, to),
        ("bit", "varbit") => to.modifier(0).is_none_or(|to| from.modifier(0).is_some_and(|from| from <= to)),
        _ => SAFE.contains(&pair),
    }
}

/// Why a cast that changes no value rejects some; `None` for other casts.
pub fn rejects(from: &TypeName, to: &TypeName) -> Option<String> {
    let too_wide = || Some(format!("values that do not fit into {to} are rejected"));
    match (from.name.as_str(), to.name.as_str(), to.modifier(0), to.modifier(1)) {
        ("numeric", "numeric", Some(_), Some(scale)) if from.modifier(1).is_some_and(|from| from <= scale) => {
            too_wide()
        }
        ("int2" | "int4" | "int8", "numeric", Some(_), Some(scale)) if scale >= 0 => too_wide(),
        ("varbit", "varbit", ..) | ("int4", "money", ..) => None,
        (from_name, to_name, ..) => {
            let found = REJECTS.iter().find(|(from, to, _)| *from == from_name && *to == to_name);
            found.map(|(_, _, why)| (*why).to_owned())
        }
    }
}

/// Whether a lossy cast rejects no value.
pub fn never_rejects(from: &TypeName, to: &TypeName) -> bool {
    let times = ["time", "timetz", "timestamp", "timestamptz"];
    NEVER_REJECTS.contains(&(from.name.as_str(), to.name.as_str()))
        || (from.name == to.name && times.contains(&from.name.as_str()))
}

/// The reason why a cast loses values, if there is a specific one.
pub fn reason(from: &TypeName, to: &TypeName) -> Option<&'static str> {
    let found = REASONS.iter().find(|(one, other, _)| *one == from.name && *other == to.name);
    found.map(|(_, _, why)| *why)
}

/// Whether the stored bytes stay the same, so that the table is not rewritten.
pub fn keeps_bytes(from: &TypeName, to: &TypeName) -> bool {
    if from == to {
        return true;
    }
    if from.element().is_some() != to.element().is_some() {
        return false;
    }
    match (from.name.as_str(), to.name.as_str()) {
        ("varchar" | "xml", "text") | ("cidr", "inet") => true,
        ("text", "varchar") => to.modifier(0).is_none(),
        ("numeric", "numeric") => widens(from, to) && (to.modifiers.is_empty() || from.modifier(1) == to.modifier(1)),
        ("bpchar" | "bit", _) => false,
        (one, other) => one == other && widens(from, to),
    }
}

/// Whether `to` accepts every value of `from`; both are the same type with different modifiers.
fn widens(from: &TypeName, to: &TypeName) -> bool {
    if to.modifiers.is_empty() && to.fields.is_empty() {
        return from.name != "bpchar" || from.modifiers.is_empty();
    }
    if from.fields != to.fields || from.modifiers.is_empty() {
        return false;
    }
    match from.name.as_str() {
        "numeric" => {
            let whole = |ty: &TypeName| Some(ty.modifier(0)? - ty.modifier(1)?);
            from.modifier(1) <= to.modifier(1) && whole(from) <= whole(to)
        }
        "bit" => false,
        _ => from.modifier(0) <= to.modifier(0),
    }
}

fn holds_digits(from: &TypeName, to: &TypeName) -> bool {
    let (Some(precision), Some(scale)) = (to.modifier(0), to.modifier(1)) else { return true };
    let digits = DIGITS.iter().find(|(name, _)| *name == from.name).map(|(_, digits)| *digits);
    scale >= 0 && digits.is_some_and(|digits| digits <= precision - scale)
}

fn width(ty: &TypeName) -> Option<i64> {
    WIDTHS.iter().find(|(name, _)| *name == ty.name).map(|(_, width)| *width)
}
