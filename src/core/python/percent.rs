//! Python's `"…" % values`, with named and positional values.

use super::Value;

/// Why a template cannot be formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    #[error("'%' is not followed by a conversion")]
    Incomplete,
    #[error("there is no value '{0}'")]
    Unknown(String),
    #[error("the conversion '%{0}' is not supported")]
    Conversion(char),
    #[error("'%{0}' needs a number")]
    NotANumber(char),
}

/// The parts of a conversion such as `%(month).2d`.
#[derive(Default)]
struct Conversion {
    left: bool,
    zeros: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
}

/// Formats a template. `value` returns the value of a name; `None` asks for the next positional value.
///
/// # Errors
/// If a conversion is incomplete or unknown, or has no value.
pub fn format_percent(
    template: &str,
    mut value: impl FnMut(Option<&str>) -> Option<Value>,
) -> Result<String, PercentError> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (name, after) = match after.strip_prefix('(') {
            Some(after) => {
                let (name, after) = after.split_once(')').ok_or(PercentError::Incomplete)?;
                (Some(name), after)
            }
            None => (None, after),
        };
        let end = after.find(char::is_alphabetic).ok_or(PercentError::Incomplete)?;
        let (flags, after) = after.split_at(end);
        let mut characters = after.chars();
        let kind = characters.next().ok_or(PercentError::Incomplete)?;
        rest = characters.as_str();
        let value = value(name).ok_or_else(|| PercentError::Unknown(name.unwrap_or("…").to_owned()))?;
        text.push_str(&Conversion::parse(flags)?.apply(kind, &value)?);
    }
    text.push_str(rest);
    Ok(text)
}

impl Conversion {
    fn parse(flags: &str) -> Result<Self, PercentError> {
        let mut conversion = Self::default();
        let digits = flags.trim_start_matches(['-', '0', '+', ' ', '#']);
        for flag in flags.get(..flags.len() - digits.len()).unwrap_or_default().chars() {
            match flag {
                '-' => conversion.left = true,
                '0' => conversion.zeros = true,
                '+' => conversion.plus = true,
                _ => {}
            }
        }
        let number = |digits: &str| digits.parse::<usize>().ok().filter(|number| *number < 1000);
        let (width, precision) = match digits.split_once('.') {
            Some((width, precision)) => (width, Some(precision)),
            None => (digits, None),
        };
        if !width.is_empty() {
            conversion.width = number(width).ok_or(PercentError::Incomplete)?;
        }
        if let Some(precision) = precision {
            let precision = if precision.is_empty() { "0" } else { precision };
            conversion.precision = Some(number(precision).ok_or(PercentError::Incomplete)?);
        }
        Ok(conversion)
    }

    fn apply(&self, kind: char, value: &Value) -> Result<String, PercentError> {
        let is_number = matches!(kind, 'd' | 'i' | 'u');
        let text = match kind {
            's' => self.cut(value.to_text()),
            'r' => self.cut(value.to_repr()),
            _ if is_number => self.number(kind, value)?,
            other => return Err(PercentError::Conversion(other)),
        };
        let missing = self.width.saturating_sub(text.chars().count());
        Ok(match (self.left, self.zeros && is_number) {
            (true, _) => text + &" ".repeat(missing),
            (false, true) => "0".repeat(missing) + &text,
            (false, false) => " ".repeat(missing) + &text,
        })
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text,
        }
    }

    fn number(&self, kind: char, value: &Value) -> Result<String, PercentError> {
        let number = match value {
            Value::Integer(number) => *number,
            Value::Boolean(value) => i64::from(*value),
            _ => return Err(PercentError::NotANumber(kind)),
        };
        let sign = if number < 0 {
            "-"
        } else if self.plus {
            "+"
        } else {
            ""
        };
        Ok(format!("{sign}{:0>1$}", number.unsigned_abs(), self.precision.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(template: &str) -> Result<String, PercentError> {
        format_percent(template, |name| match name? {
            "rev" => Some(Value::Text("1a2b".into())),
            "month" => Some(Value::Integer(3)),
            _ => None,
        })
    }

    #[test]
    fn conversions_are_pythons() {
        for (template, expected) in [
            ("%(rev)s_x", "1a2b_x"),
            ("%(month).2d|%(month)02d|%(month)4d|%(month)-4d|%(month)+d", "03|03|   3|3   |+3"),
            ("100%% %(rev).2s %(rev)r", "100% 1a '1a2b'"),
            ("no conversion", "no conversion"),
        ] {
            assert_eq!(format(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(format("%(nope)s"), Err(PercentError::Unknown("nope".into())));
        assert_eq!(format("%(rev)d"), Err(PercentError::NotANumber('d')));
        assert_eq!(format("%(rev)q"), Err(PercentError::Conversion('q')));
        assert_eq!(format("50%"), Err(PercentError::Incomplete));
        assert_eq!(format("%(rev"), Err(PercentError::Incomplete));
    }
}
