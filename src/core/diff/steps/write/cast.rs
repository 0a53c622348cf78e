//! Expressions that convert a column's values from one type to another.

use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, Object, Schema};
use crate::core::sql::identifier::qualified;

/// How ALTER COLUMN TYPE converts values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cast {
    /// The expression after USING. `None`: PostgreSQL converts without one.
    pub using: Option<String>,
    pub note: Option<String>,
}

const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TEXTS: [&str; 6] = ["text", "character varying", "character", "name", "\"char\"", "bpchar"];
/// Groups of types with an assignment cast between any two.
const FAMILIES: [&[&str]; 8] = [
    &NUMBERS,
    &TEXTS,
    &["date", "timestamp without time zone", "timestamp with time zone"],
    &["time without time zone", "time with time zone"],
    &["json", "jsonb"],
    &["inet", "cidr"],
    &["macaddr", "macaddr8"],
    &["bit", "bit varying"],
];
/// Assignment casts between types of different families.
const ASSIGNMENT_CASTS: [(&str, &str); 15] = [
    ("smallint", "money"),
    ("integer", "money"),
    ("bigint", "money"),
    ("numeric", "money"),
    ("money", "numeric"),
    ("timestamp without time zone", "time without time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp with time zone", "time with time zone"),
    ("interval", "time without time zone"),
    ("time without time zone", "interval"),
    ("smallint", "oid"),
    ("integer", "oid"),
    ("bigint", "oid"),
    ("oid", "integer"),
    ("oid", "bigint"),
];

/// Whether ALTER COLUMN TYPE itself converts the checks, foreign keys and indexes on a column.
pub(super) fn converts_dependents(old: &str, new: &str) -> bool {
    let (old, new) = (without_modifier(old), without_modifier(new));
    let both = |list: &[&str]| list.contains(&old.as_str()) && list.contains(&new.as_str());
    old == new || both(&INTEGERS) || both(&TEXTS)
}

/// How to convert the column `name`, which is quoted, from one type to another.
pub(super) fn cast(old: &str, new: &str, name: &str) -> Cast {
    let (from, to) = (without_modifier(old), without_modifier(new));
    if from == to {
        return Cast { using: None, note: note_on_narrowing(old, new) };
    }
    if has_assignment_cast(&from, &to) {
        return Cast { using: None, note: note_on_loss((&from, old), (&to, new)) };
    }
    let using = |sql: String, note: Option<&str>| Cast { using: Some(sql), note: note.map(str::to_owned) };
    let is_integer = |name: &String| INTEGERS.contains(&name.as_str());
    match (from.as_str(), to.as_str()) {
        ("boolean", "integer") => using(format!("{name}::integer"), None),
        ("boolean", _) if NUMBERS.contains(&to.as_str()) => using(format!("{name}::integer::{new}"), None),
        (_, "boolean") if NUMBERS.contains(&from.as_str()) => {
            using(format!("{name} <> 0"), Some("every number except 0 becomes true"))
        }
        (_, "bit") if is_integer(&from) => {
            using(format!("{name}::{new}"), Some("truncates numbers that need more bits"))
        }
        ("bit", _) if is_integer(&to) => using(format!("{name}::{new}"), Some("fails if a value is too large")),
        ("real" | "double precision", "money") => using(format!("{name}::numeric::money"), Some("rounds fractions")),
        ("money", _) if NUMBERS.contains(&to.as_str()) => {
            using(format!("{name}::numeric::{new}"), note_on_loss(("numeric", "numeric"), (&to, new)).as_deref())
        }
        (_, _) if !from.ends_with("[]") && is_element(&from, &to) => {
            using(format!("CASE WHEN {name} IS NULL THEN NULL ELSE ARRAY[{name}]::{new} END"), None)
        }
        (_, _) if TEXTS.contains(&from.as_str()) => {
            using(format!("{name}::{new}"), Some(&format!("fails if a value is not valid as {new}")))
        }
        _ => using(
            format!("{name}::text::{new}"),
            Some(&format!("converts through text, and fails if a value is not valid as {new}")),
        ),
    }
}

/// How to convert a column, with each domain replaced by its base type: PostgreSQL uses the casts of the base type.
pub(super) fn cast_column(context: &DiffContext, name: &str, old: &str, new: &str) -> Cast {
    let (from, to) = (base_type(context.old, old), base_type(context.new, new));
    let under = cast(&from, &to, name);
    if under.using.is_none() || to == new { under } else { cast(&from, new, name) }
}

/// Whether an array type can have a value of the type as its element.
fn is_element(from: &str, array: &str) -> bool {
    array.strip_suffix("[]").is_some_and(|element| element == from || has_assignment_cast(from, element))
}

fn has_assignment_cast(from: &str, to: &str) -> bool {
    let both = |list: &&&[&str]| list.contains(&from) && list.contains(&to);
    let elements = from.strip_suffix("[]").zip(to.strip_suffix("[]"));
    if let Some((from, to)) = elements {
        return from == to || FAMILIES.iter().any(|list| list.contains(&from) && list.contains(&to));
    }
    // Every type that is no array can be assigned to a text type.
    let is_text = ["text", "character varying", "character"].contains(&to);
    FAMILIES.iter().find(both).is_some() || ASSIGNMENT_CASTS.contains(&(from, to)) || is_text
}

/// The base type of a domain, also through several domains, or the type itself. Arrays of domains are not resolved.
pub(super) fn base_type(schema: &Schema, type_name: &str) -> String {
    let mut found = type_name.to_owned();
    // A domain is never based on itself, so the loop ends.
    for _ in 0..schema.objects.len() {
        let under = schema.objects.iter().find_map(|(id, object)| match object {
            Object::Domain(domain) if id.kind == Kind::Domain && qualified(&id.schema, &id.name) == found => {
                Some(domain)
            }
            _ => None,
        });
        let Some(domain) = under else { break };
        found.clone_from(&domain.type_name);
    }
    found
}

/// A note on what an assignment cast loses. Each pair is the type without and with its modifier.
fn note_on_loss((from, _): (&str, &str), (to, new): (&str, &str)) -> Option<String> {
    let has_fractions = ["numeric", "real", "double precision"].contains(&from);
    let is_shorter = |list: &[&str]| {
        let at = |name: &str| list.iter().position(|one| *one == name);
        at(from).zip(at(to)).is_some_and(|(from, to)| to < from)
    };
    let limit = new.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(limit, _)| limit);
    let is_zoned = |name: &str| name.ends_with("with time zone");
    if let Some(limit) = limit.filter(|_| TEXTS.contains(&to)) {
        return Some(format!("fails if a value is longer than {limit} characters"));
    }
    let note = if has_fractions && INTEGERS.contains(&to) {
        "rounds fractions"
    } else if to == "numeric" && limit.is_some() {
        "rounds to fewer digits, and fails if a value is too large"
    } else if from.starts_with("timestamp") && to.starts_with("timestamp") && is_zoned(to) {
        "interprets the times in the session's time zone"
    } else if is_zoned(from) && to.starts_with("timestamp") {
        "converts the times to the session's time zone"
    } else if from == "time with time zone" && !is_zoned(to) {
        "drops the time zone"
    } else if from == "interval" && to.starts_with("time ") {
        "drops the days"
    } else if from == "json" && to == "jsonb" {
        "drops duplicate keys and the order of keys"
    } else if from == "inet" && to == "cidr" {
        "drops the host bits of addresses"
    } else if is_shorter(&INTEGERS) {
        "fails if a value is too large"
    } else if from.starts_with("timestamp") && to == "date" {
        "drops the time of day"
    } else if from.starts_with("timestamp") && to.starts_with("time ") {
        "drops the date"
    } else if to == "real" && from != "smallint" || to == "double precision" && ["bigint", "numeric"].contains(&from) {
        "may lose precision"
    } else {
        return None;
    };
    Some(note.to_owned())
}

/// A note on what a smaller modifier of the same type loses.
fn note_on_narrowing(old: &str, new: &str) -> Option<String> {
    let numbers = |name: &str| -> Vec<u32> {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
        inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
    };
    let (had, has) = (numbers(old), numbers(new));
    let is_text = TEXTS.contains(&without_modifier(new).as_str());
    let first = |list: &[u32]| list.first().copied().unwrap_or(u32::MAX);
    if is_text && first(&has) < first(&had) {
        return Some(format!("fails if a value is longer than {} characters", first(&has)));
    }
    let whole = |list: &[u32]| list.first().map_or(u32::MAX, |digits| digits - list.get(1).unwrap_or(&0).min(digits));
    let part = |list: &[u32]| list.first().map_or(u32::MAX, |_| list.get(1).copied().unwrap_or(0));
    if without_modifier(new).starts_with("time") || without_modifier(new) == "interval" {
        return (first(&has) < first(&had).min(6)).then(|| "rounds fractions of seconds".to_owned());
    }
    if without_modifier(new) == "bit" {
        return (first(&has) != first(&had)).then(|| "fails if a value has another length".to_owned());
    }
    if without_modifier(new) == "bit varying" && first(&has) < first(&had) {
        return Some(format!("fails if a value is longer than {} bits", first(&has)));
    }
    if without_modifier(new) != "numeric" {
        return None;
    }
    if whole(&has) < whole(&had) {
        Some("fails if a value is too large".to_owned())
    } else if part(&has) < part(&had) {
        Some("rounds to fewer digits".to_owned())
    } else {
        None
    }
}

/// A type's name without its modifier.
fn without_modifier(name: &str) -> String {
    if name.starts_with("interval") {
        return if name.ends_with("[]") { "interval[]".to_owned() } else { "interval".to_owned() };
    }
    match name.split_once('(').filter(|(head, _)| !head.contains('"')) {
        Some((head, rest)) => format!("{head}{}", rest.split_once(')').map_or("", |(_, tail)| tail)),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_use_no_expression_if_postgresql_needs_none() {
        for (old, new, using) in [
            ("integer", "bigint", None),
            ("character varying(20)", "text", None),
            ("timestamp(3) without time zone", "timestamp with time zone", None),
            ("uuid", "text", None),
            ("text[]", "character varying(9)[]", None),
            ("boolean", "integer", Some("c::integer")),
            ("boolean", "bigint", Some("c::integer::bigint")),
            ("bigint", "boolean", Some("c <> 0")),
            ("time without time zone", "interval", None),
            ("macaddr", "macaddr8", None),
            ("bigint", "oid", None),
            ("integer", "bit(8)", Some("c::bit(8)")),
            ("bit(8)", "integer", Some("c::integer")),
            ("real", "money", Some("c::numeric::money")),
            ("money", "integer", Some("c::numeric::integer")),
            ("jsonb", "integer", Some("c::text::integer")),
            ("integer[]", "text[]", Some("c::text::text[]")),
            ("public.\"a(1)\"", "public.\"a(2)\"", Some("c::text::public.\"a(2)\"")),
            ("text", "uuid", Some("c::uuid")),
            ("text", "text[]", Some("CASE WHEN c IS NULL THEN NULL ELSE ARRAY[c]::text[] END")),
            ("app.mood", "app.feeling", Some("c::text::app.feeling")),
        ] {
            assert_eq!(cast(old, new, "c").using.as_deref(), using, "{old} to {new}");
        }
    }

    #[test]
    fn notes_say_what_a_cast_loses() {
        for (old, new, note) in [
            ("numeric(10,2)", "integer", Some("rounds fractions")),
            ("bigint", "integer", Some("fails if a value is too large")),
            ("timestamp without time zone", "date", Some("drops the time of day")),
            ("character varying(20)", "character varying(10)", Some("fails if a value is longer than 10 characters")),
            ("character varying(10)", "character varying(20)", None),
            ("character varying(10)", "character varying", None),
            ("numeric(10,2)", "numeric(12,4)", None),
            ("text", "character varying(9)", Some("fails if a value is longer than 9 characters")),
            ("integer", "numeric(4,1)", Some("rounds to fewer digits, and fails if a value is too large")),
            ("integer", "numeric", None),
            ("bigint", "double precision", Some("may lose precision")),
            ("integer", "boolean", Some("every number except 0 becomes true")),
            (
                "timestamp without time zone",
                "timestamp with time zone",
                Some("interprets the times in the session's time zone"),
            ),
            ("timestamp with time zone", "date", Some("drops the time of day")),
            ("timestamp(6) without time zone", "timestamp(3) without time zone", Some("rounds fractions of seconds")),
            ("timestamp(3) without time zone", "timestamp without time zone", None),
            ("json", "jsonb", Some("drops duplicate keys and the order of keys")),
            ("inet", "cidr", Some("drops the host bits of addresses")),
            ("bit(3)", "bit(5)", Some("fails if a value has another length")),
            ("bit varying(9)", "bit varying(5)", Some("fails if a value is longer than 5 bits")),
            ("numeric(10,2)", "numeric(10,1)", Some("rounds to fewer digits")),
            ("numeric(10,2)", "numeric(8,2)", Some("fails if a value is too large")),
        ] {
            assert_eq!(cast(old, new, "c").note.as_deref(), note, "{old} to {new}");
        }
    }
}
