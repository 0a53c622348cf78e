//! Built-in functions, and methods of strings and dates.

use super::{Date, Value};

/// The result of a built-in function.
pub(super) fn call_builtin(name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("str", [value]) => Some(Value::Text(value.to_text())),
        ("repr", [value]) => Some(Value::Text(value.to_repr())),
        ("bool", [value]) => Some(Value::Boolean(value.is_true())),
        ("int", [Value::Integer(number)]) => Some(Value::Integer(*number)),
        ("int", [Value::Text(text)]) => text.trim().parse().ok().map(Value::Integer),
        ("len", [Value::Text(text)]) => count(text.chars().count()),
        ("len", [value]) => count(value.items()?.len()),
        ("list" | "set" | "frozenset", []) => Some(Value::List(Vec::new())),
        ("tuple", []) => Some(Value::Tuple(Vec::new())),
        ("list" | "set" | "frozenset", [value]) => Some(Value::List(value.items()?.to_vec())),
        ("tuple", [value]) => Some(Value::Tuple(value.items()?.to_vec())),
        _ => None,
    }
}

/// The result of a method.
pub(super) fn call_method(value: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    match value {
        Value::Text(text) => text_method(text, name, arguments),
        Value::Date(date) => date_method(*date, name, arguments),
        Value::Dictionary(items) => match (name, arguments) {
            ("get", [key, rest @ ..]) => {
                let found = items.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
                found.or_else(|| Some(rest.first().cloned().unwrap_or(Value::None)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// An attribute of a date, for example `year`.
pub(super) fn date_part(date: Date, name: &str) -> Option<Value> {
    let time = date.time;
    let number = match name {
        "year" => i64::from(time.year()),
        "month" => i64::from(time.month()),
        "day" => i64::from(time.day()),
        "hour" => i64::from(time.hour()),
        "minute" => i64::from(time.minute()),
        "second" => i64::from(time.second()),
        _ => return None,
    };
    Some(Value::Integer(number))
}

fn count(number: usize) -> Option<Value> {
    i64::try_from(number).ok().map(Value::Integer)
}

fn text_method(text: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let changed = |text: String| Some(Value::Text(text));
    let texts: Vec<&str> = arguments.iter().map_while(Value::as_text).collect();
    match (name, arguments, texts.as_slice()) {
        ("strip", [], _) => changed(text.trim().to_owned()),
        ("lstrip", [], _) => changed(text.trim_start().to_owned()),
        ("rstrip", [], _) => changed(text.trim_end().to_owned()),
        ("lower", [], _) => changed(text.to_lowercase()),
        ("upper", [], _) => changed(text.to_uppercase()),
        ("capitalize", [], _) => {
            let mut characters = text.chars();
            let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            changed(first + &characters.as_str().to_lowercase())
        }
        ("replace", [_, _], [from, to]) => changed(text.replace(from, to)),
        ("replace", [_, _, Value::Integer(count)], [from, to]) => changed(
            usize::try_from(*count).map_or_else(|_| text.replace(from, to), |count| text.replacen(from, to, count)),
        ),
        ("startswith", [_], [prefix]) => Some(Value::Boolean(text.starts_with(prefix))),
        ("endswith", [_], [suffix]) => Some(Value::Boolean(text.ends_with(suffix))),
        ("removeprefix", [_], [prefix]) => changed(text.strip_prefix(prefix).unwrap_or(text).to_owned()),
        ("removesuffix", [_], [suffix]) => changed(text.strip_suffix(suffix).unwrap_or(text).to_owned()),
        ("split", [], _) => Some(list(text.split_whitespace())),
        ("split", [_], [separator]) if !separator.is_empty() => Some(list(text.split(separator))),
        ("splitlines", [], _) => Some(list(text.lines())),
        ("join", [items], _) => {
            let items: Option<Vec<&str>> = items.items()?.iter().map(Value::as_text).collect();
            changed(items?.join(text))
        }
        ("format", [], _) if !text.contains(['{', '}']) => changed(text.to_owned()),
        _ => None,
    }
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Value::List(texts.map(|text| Value::Text(text.to_owned())).collect())
}

fn date_method(date: Date, name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("strftime", [Value::Text(format)]) => {
            let mut text = String::new();
            let broken = jiff::fmt::strtime::BrokenDownTime::from(date.time);
            broken.format(format, &mut text).ok()?;
            Some(Value::Text(text))
        }
        ("isoformat", []) => Some(Value::Text(date.to_text().replacen(' ', "T", 1))),
        ("date", []) => Some(Value::Text(date.time.date().to_string())),
        _ => None,
    }
}
