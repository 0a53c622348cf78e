//! How a column's values get from one type to another.

/// How PostgreSQL is told to carry values over, and what a reader has to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cast {
    /// What follows USING; `None`: PostgreSQL does it by itself.
    pub using: Option<String>,
    pub note: Option<String>,
}

const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TEXTS: [&str; 6] = ["text", "character varying", "character", "name", "\"char\"", "bpchar"];
/// Types between which every cast is one of assignment.
const FAMILIES: [&[&str]; 7] = [
    &NUMBERS,
    &TEXTS,
    &["date", "timestamp without time zone", "timestamp with time zone"],
    &["time without time zone", "time with time zone"],
    &["json", "jsonb"],
    &["inet", "cidr"],
    &["bit", "bit varying"],
];
/// Casts of assignment across the families.
const ASSIGNED: [(&str, &str); 8] = [
    ("smallint", "money"),
    ("integer", "money"),
    ("bigint", "money"),
    ("numeric", "money"),
    ("money", "numeric"),
    ("timestamp without time zone", "time without time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("interval", "time without time zone"),
];

/// Whether checks, foreign keys and indexes on a column go along with its change of type by themselves.
pub(super) fn is_light(old: &str, new: &str) -> bool {
    let (old, new) = (base(old), base(new));
    let both = |list: &[&str]| list.contains(&old.as_str()) && list.contains(&new.as_str());
    old == new || both(&INTEGERS) || both(&TEXTS)
}

/// The way from one type to another for the column `name`, which is quoted.
pub(super) fn cast(old: &str, new: &str, name: &str) -> Cast {
    let (from, to) = (base(old), base(new));
    if from == to {
        return Cast { using: None, note: narrows(old, new) };
    }
    if is_assigned(&from, &to) {
        return Cast { using: None, note: loses(&from, &to) };
    }
    let using = |sql: String, note: Option<&str>| Cast { using: Some(sql), note: note.map(str::to_owned) };
    let is_integer = |base: &String| INTEGERS.contains(&base.as_str());
    match (from.as_str(), to.as_str()) {
        ("boolean", "integer") => using(format!("{name}::integer"), None),
        ("boolean", _) if NUMBERS.contains(&to.as_str()) => using(format!("{name}::integer::{new}"), None),
        (_, "boolean") if is_integer(&from) => using(format!("{name} <> 0"), None),
        (_, "boolean") if NUMBERS.contains(&from.as_str()) => using(format!("{name} <> 0"), None),
        (_, _) if !from.ends_with("[]") && is_element(&from, &to) => {
            using(format!("CASE WHEN {name} IS NULL THEN NULL ELSE ARRAY[{name}]::{new} END"), None)
        }
        (_, _) if TEXTS.contains(&from.as_str()) => {
            using(format!("{name}::{new}"), Some(&format!("fails where a value is no {new}")))
        }
        _ => using(format!("{name}::text::{new}"), Some(&format!("fails where a value, as text, is no {new}"))),
    }
}

/// Whether a value can be the one element of an array.
fn is_element(from: &str, array: &str) -> bool {
    array.strip_suffix("[]").is_some_and(|element| element == from || is_assigned(from, element))
}

/// The way to a type of the same name that is made anew.
pub(super) fn anew(new: &str, name: &str) -> Cast {
    let text = if new.ends_with("[]") { "text[]" } else { "text" };
    Cast { using: Some(format!("{name}::{text}::{new}")), note: None }
}

fn is_assigned(from: &str, to: &str) -> bool {
    let both = |list: &&&[&str]| list.contains(&from) && list.contains(&to);
    let elements = from.strip_suffix("[]").zip(to.strip_suffix("[]"));
    if let Some((from, to)) = elements {
        return from == to || FAMILIES.iter().any(|list| list.contains(&from) && list.contains(&to));
    }
    // What is no array is written as text by itself.
    let is_written = ["text", "character varying", "character"].contains(&to);
    FAMILIES.iter().find(both).is_some() || ASSIGNED.contains(&(from, to)) || is_written
}

/// What a cast of assignment drops.
fn loses(from: &str, to: &str) -> Option<String> {
    let has_fractions = ["numeric", "real", "double precision"].contains(&from);
    let is_shorter = |list: &[&str]| {
        let at = |name: &str| list.iter().position(|one| *one == name);
        at(from).zip(at(to)).is_some_and(|(from, to)| to < from)
    };
    let told = if has_fractions && INTEGERS.contains(&to) {
        "rounds fractions"
    } else if is_shorter(&INTEGERS) {
        "fails where a value is too large"
    } else if from.starts_with("timestamp") && to == "date" {
        "drops the time of day"
    } else if from.starts_with("timestamp") && to.starts_with("time ") {
        "drops the date"
    } else if to == "real" && from != "smallint" {
        "may lose digits"
    } else {
        return None;
    };
    Some(told.to_owned())
}

/// What a smaller modifier of the same type drops.
fn narrows(old: &str, new: &str) -> Option<String> {
    let numbers = |name: &str| -> Vec<u32> {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
        inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
    };
    let (had, has) = (numbers(old), numbers(new));
    let is_text = TEXTS.contains(&base(new).as_str());
    let first = |list: &[u32]| list.first().copied().unwrap_or(u32::MAX);
    if is_text && first(&has) < first(&had) {
        return Some(format!("fails where a value is longer than {}", first(&has)));
    }
    let whole = |list: &[u32]| list.first().map_or(u32::MAX, |digits| digits - list.get(1).unwrap_or(&0).min(digits));
    let part = |list: &[u32]| list.first().map_or(u32::MAX, |_| list.get(1).copied().unwrap_or(0));
    if base(new) != "numeric" {
        return None;
    }
    if whole(&has) < whole(&had) {
        Some("fails where a value is too large".to_owned())
    } else if part(&has) < part(&had) {
        Some("rounds to fewer digits".to_owned())
    } else {
        None
    }
}

/// A type's name without its modifier.
fn base(name: &str) -> String {
    if name.starts_with("interval") {
        return if name.ends_with("[]") { "interval[]".to_owned() } else { "interval".to_owned() };
    }
    match name.split_once('(') {
        Some((head, rest)) => format!("{head}{}", rest.split_once(')').map_or("", |(_, tail)| tail)),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_as_short_as_postgresql_allows() {
        for (old, new, using) in [
            ("integer", "bigint", None),
            ("character varying(20)", "text", None),
            ("timestamp(3) without time zone", "timestamp with time zone", None),
            ("uuid", "text", None),
            ("text[]", "character varying(9)[]", None),
            ("boolean", "integer", Some("c::integer")),
            ("boolean", "bigint", Some("c::integer::bigint")),
            ("bigint", "boolean", Some("c <> 0")),
            ("text", "uuid", Some("c::uuid")),
            ("text", "text[]", Some("CASE WHEN c IS NULL THEN NULL ELSE ARRAY[c]::text[] END")),
            ("app.mood", "app.feeling", Some("c::text::app.feeling")),
        ] {
            assert_eq!(cast(old, new, "c").using.as_deref(), using, "{old} to {new}");
        }
    }

    #[test]
    fn what_is_lost_is_told() {
        for (old, new, note) in [
            ("numeric(10,2)", "integer", Some("rounds fractions")),
            ("bigint", "integer", Some("fails where a value is too large")),
            ("timestamp without time zone", "date", Some("drops the time of day")),
            ("character varying(20)", "character varying(10)", Some("fails where a value is longer than 10")),
            ("character varying(10)", "character varying(20)", None),
            ("character varying(10)", "character varying", None),
            ("numeric(10,2)", "numeric(12,4)", None),
            ("numeric(10,2)", "numeric(10,1)", Some("rounds to fewer digits")),
            ("numeric(10,2)", "numeric(8,2)", Some("fails where a value is too large")),
        ] {
            assert_eq!(cast(old, new, "c").note.as_deref(), note, "{old} to {new}");
        }
    }
}
