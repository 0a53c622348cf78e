//! Values of Python expressions, and their text as `str()` and `repr()` return it.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A value that can be read without running Python.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    None,
    Boolean(bool),
    Integer(i64),
    Text(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    Date(Date),
}

/// Python's `datetime`. Naive without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub time: DateTime,
    pub offset: Option<Offset>,
}

impl Value {
    /// The size of a value: its parts, and a fraction of its text.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(items) | Self::Tuple(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Dictionary(items) => {
                1 + items.iter().map(|(key, value)| key.weight() + value.weight()).sum::<usize>()
            }
            _ => 1,
        }
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The items of a list or tuple.
    #[must_use]
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Whether Python treats the value as true.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Boolean(value) => *value,
            Self::Integer(number) => *number != 0,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) | Self::Tuple(items) => !items.is_empty(),
            Self::Dictionary(items) => !items.is_empty(),
            Self::Date(_) => true,
        }
    }

    /// The result of `str()`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.to_text(),
            _ => self.to_repr(),
        }
    }

    /// The result of `repr()`.
    #[must_use]
    pub fn to_repr(&self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(items) => format!("[{}]", joined(items)),
            Self::Tuple(items) if items.len() == 1 => format!("({},)", joined(items)),
            Self::Tuple(items) => format!("({})", joined(items)),
            Self::Dictionary(items) => {
                let items: Vec<String> =
                    items.iter().map(|(key, value)| format!("{}: {}", key.to_repr(), value.to_repr())).collect();
                format!("{{{}}}", items.join(", "))
            }
            Self::Date(date) => format!("datetime.datetime({})", date.to_text()),
        }
    }
}

impl Date {
    /// The date and the time as `str(datetime)` writes it: microseconds only if they are not zero.
    #[must_use]
    pub fn to_text(self) -> String {
        let mut text = self.time.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let microseconds = self.time.subsec_nanosecond() / 1000;
        // Writing to a string cannot fail.
        if microseconds != 0 {
            let _ = write!(text, ".{microseconds:06}");
        }
        if let Some(offset) = self.offset {
            let seconds = offset.seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.unsigned_abs() / 60;
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        text
    }
}

fn joined(items: &[Value]) -> String {
    items.iter().map(Value::to_repr).collect::<Vec<_>>().join(", ")
}

/// A string literal. Python prefers single quotes and escapes what is not printable.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for character in text.chars() {
        match character {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ if character == quote => literal.extend(['\\', character]),
            _ if character.is_control() || "\u{a0}\u{ad}\u{2028}\u{2029}\u{feff}".contains(character) => {
                let code = u32::from(character);
                let _ = if code <= 0xff { write!(literal, "\\x{code:02x}") } else { write!(literal, "\\u{code:04x}") };
            }
            _ => literal.push(character),
        }
    }
    literal.push(quote);
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_pythons() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (value, expected) in [
            (Value::None, "None"),
            (text("a'b"), "\"a'b\""),
            (text("a'b\"c"), "'a\\'b\"c'"),
            (text("가\n\u{7f}\\"), "'가\\n\\x7f\\\\'"),
            (Value::Tuple(vec![text("a")]), "('a',)"),
            (Value::Tuple(vec![text("a"), text("b")]), "('a', 'b')"),
            (Value::List(vec![Value::Integer(1), Value::Boolean(true)]), "[1, True]"),
        ] {
            assert_eq!(value.to_repr(), expected);
        }
    }

    #[test]
    fn dates_are_written_as_python_does() {
        let time = jiff::civil::date(2026, 1, 2).at(3, 4, 5, 678_000_000);
        assert_eq!(Date { time, offset: None }.to_text(), "2026-01-02 03:04:05.678000");
        let time = jiff::civil::date(2026, 1, 2).at(3, 4, 5, 0);
        let offset = Some(Offset::constant(-3));
        assert_eq!(Date { time, offset }.to_text(), "2026-01-02 03:04:05-03:00");
    }
}
