//! Facts about PostgreSQL's own types: which casts give every value back, which refuse, and which change no byte.

use super::TypeName;

/// Digits before the point, of the widest value.
const DIGITS: &[(&str, i64)] = &[("int2", 5), ("int4", 10), ("int8", 19)];
/// How long the text of the longest value is.
const WIDTHS: &[(&str, i64)] = &[("int2", 6), ("int4", 11), ("int8", 20), ("bool", 5), ("uuid", 36), ("macaddr", 17)];

/// Whole types of which every value has a text that gives it back.
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

/// Casts between types, without a look at their modifiers, after which every value is as it was.
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

/// Casts that change no value that they take.
const REFUSES: &[(&str, &str, &str)] = &[
    ("int8", "int4", "values beyond ±2147483647 are refused"),
    ("int8", "int2", "values beyond ±32767 are refused"),
    ("int4", "int2", "values beyond ±32767 are refused"),
    ("date", "timestamp", "dates beyond the year 294276 are refused"),
    ("date", "timestamptz", "dates beyond the year 294276 are refused"),
    ("text", "json", "what is no JSON is refused"),
    ("varchar", "json", "what is no JSON is refused"),
    ("text", "xml", "what is no XML is refused"),
    ("varchar", "xml", "what is no XML is refused"),
    ("macaddr8", "macaddr", "addresses of eight bytes are refused"),
    ("int8", "oid", "values below 0 or beyond 4294967295 are refused"),
    ("int4", "char", "values beyond -128 to 127 are refused"),
    ("int4", "money", "no amount is too large for money, but its digits depend on lc_monetary"),
];

/// Lossy casts that take every value.
const NEVER_REFUSES: &[(&str, &str)] = &[
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

/// Why the casts lose that surprise most.
const REASONS: &[(&str, &str, &str)] = &[
    ("int4", "float4", "real holds about six digits"),
    ("int8", "float4", "real holds about six digits"),
    ("int8", "float8", "double precision holds about fifteen digits"),
    ("numeric", "float4", "real holds about six digits"),
    ("numeric", "float8", "double precision holds about fifteen digits"),
    ("float8", "float4", "real holds about six digits"),
    ("timestamp", "timestamptz", "hours that the session's time zone skips are moved"),
    ("timestamptz", "timestamp", "hours that the session's time zone has twice become one"),
    ("timestamp", "date", "the time of day is cut off"),
    ("timestamptz", "date", "the time of day is cut off"),
    ("json", "jsonb", "repeated keys, their order and blanks are gone"),
    ("inet", "cidr", "bits behind the network are cleared"),
    ("text", "name", "names end after 63 bytes"),
    ("text", "bpchar", "blanks at the end no longer count"),
];

/// Whether every value goes over and comes back.
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

/// Why some values are refused, where none are changed.
pub fn refuses(from: &TypeName, to: &TypeName) -> Option<String> {
    let too_wide = || Some(format!("values that do not fit into {to} are refused"));
    match (from.name.as_str(), to.name.as_str(), to.modifier(0), to.modifier(1)) {
        ("numeric", "numeric", Some(_), Some(scale)) if from.modifier(1).is_some_and(|from| from <= scale) => {
            too_wide()
        }
        ("int2" | "int4" | "int8", "numeric", Some(_), Some(scale)) if scale >= 0 => too_wide(),
        ("varbit", "varbit", ..) | ("int4", "money", ..) => None,
        (from_name, to_name, ..) => {
            let found = REFUSES.iter().find(|(from, to, _)| *from == from_name && *to == to_name);
            found.map(|(_, _, why)| (*why).to_owned())
        }
    }
}

/// Whether a lossy cast takes every value.
pub fn never_refuses(from: &TypeName, to: &TypeName) -> bool {
    let times = ["time", "timetz", "timestamp", "timestamptz"];
    NEVER_REFUSES.contains(&(from.name.as_str(), to.name.as_str()))
        || (from.name == to.name && times.contains(&from.name.as_str()))
}

/// Why a cast loses.
pub fn reason(from: &TypeName, to: &TypeName) -> Option<&'static str> {
    let found = REASONS.iter().find(|(one, other, _)| *one == from.name && *other == to.name);
    found.map(|(_, _, why)| *why)
}

/// Whether the stored bytes stay, so that the table need not be written anew.
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

/// Of one type with modifiers: whether the second takes whatever the first holds.
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
