//! Parses the `keyword = value` form of a connection string.

use super::parameters::{Parameters, ValueOrigin, known, unknown};
use crate::engine::{Error, Result};

/// The connection string in messages.
const SUBJECT: &str = "the connection string";

/// Parses text such as `host=localhost password='it\'s'`: pairs separated by whitespace, values bare or in single
/// quotes. A backslash makes the next character literal.
pub(super) fn parse(text: &str) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    let mut rest = Characters { text: text.chars().collect(), at: 0 };
    let mut after_password = false;
    loop {
        rest.skip_blanks();
        if rest.peek().is_none() {
            return Ok(parameters);
        }
        let keyword = rest.keyword();
        rest.skip_blanks();
        if rest.peek() != Some('=') {
            return Err(missing_equals(&keyword, after_password));
        }
        rest.at += 1;
        rest.skip_blanks();
        let Some(name) = known(&keyword) else { return Err(unknown(&keyword, SUBJECT, after_password)) };
        let value = rest.value(name)?;
        after_password |= name.contains("password");
        parameters.set(name, value, ValueOrigin::Text);
    }
}

fn missing_equals(keyword: &str, after_password: bool) -> Error {
    let named = match known(keyword) {
        Some(name) if !after_password => format!(" after `{name}`"),
        _ => String::new(),
    };
    Error::new(format!("{SUBJECT} has no `=`{named}")).hint(
        "write a URL (postgresql://user@host:5432/database) or pairs (host=… dbname=…), \
         and quote values that contain spaces: password='…'",
    )
}

struct Characters {
    text: Vec<char>,
    at: usize,
}

impl Characters {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += 1;
        next
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn keyword(&mut self) -> String {
        let mut keyword = String::new();
        while let Some(next) = self.peek().filter(|next| *next != '=' && !is_blank(*next)) {
            keyword.push(next);
            self.at += 1;
        }
        keyword
    }

    fn value(&mut self, keyword: &str) -> Result<String> {
        if self.peek() == Some('\'') {
            self.at += 1;
            return self.quoted(keyword);
        }
        let mut value = String::new();
        while let Some(next) = self.next() {
            match next {
                '\\' => value.extend(self.next()),
                blank if is_blank(blank) => break,
                other => value.push(other),
            }
        }
        Ok(value)
    }

    fn quoted(&mut self, keyword: &str) -> Result<String> {
        let mut value = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(value),
                Some('\\') => value.extend(self.next()),
                Some(other) => value.push(other),
                None => {
                    return Err(Error::new(format!("the quoted value of `{keyword}` in {SUBJECT} is not closed"))
                        .hint("close it with ', and write \\' for a quote inside"));
                }
            }
        }
    }
}

/// Whether C's `isspace`, which libpq uses, is true for a character.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, keyword: &str) -> Option<String> {
        parse(text).unwrap().given(keyword).map(str::to_owned)
    }

    #[test]
    fn values_are_bare_quoted_or_escaped() {
        for (text, keyword, value) in [
            ("host=localhost port=5433", "port", Some("5433")),
            ("  host = localhost\tport = 5433 ", "host", Some("localhost")),
            ("password='with blank'", "password", Some("with blank")),
            (r"password='it\'s \\ here' user=me", "password", Some(r"it's \ here")),
            (r"password=it\'s\ me user=me", "password", Some("it's me")),
            ("password= user=me", "password", Some("user=me")),
            ("password='' user=me", "password", Some("")),
            ("host=a host=b", "host", Some("b")),
            ("password=a=b@c/d?e", "password", Some("a=b@c/d?e")),
            ("", "host", None),
        ] {
            assert_eq!(read(text, keyword).as_deref(), value, "{text}");
        }
    }

    #[test]
    fn errors_name_the_part_and_hide_the_password() {
        for (text, says) in [
            ("host", "has no `=` after `host`"),
            ("hots=x", "unknown keyword `hots`"),
            ("password='hunter2", "the quoted value of `password`"),
            ("password=my hunter2", "has no `=`"),
            ("password=my hunter2=x", "unknown keyword after the password"),
        ] {
            let report = parse(text).err().unwrap().report();
            assert!(report.contains(says), "{text}: {report}");
            assert!(!report.contains("hunter2"), "{text}: {report}");
        }
    }
}
