//! Numbers and nouns as people read them.

/// A count with its noun: `1 row`, `2 rows`, `1,204 values`. The noun is given in the singular.
#[must_use]
pub fn plural(count: u64, noun: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { noun.to_owned() } else { pluralise(noun) })
}

/// The line of a byte offset in a text, from 1.
#[must_use]
pub fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// The text on one line: every sequence of blanks and line breaks becomes one blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number with a comma between groups of three digits: `1,204`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first % 3 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size, e.g. `1.5 MB`. Units are PostgreSQL's, of 1024 each.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut scale = 1_u64;
    while bytes / scale >= 1024 && unit + 1 < UNITS.len() {
        scale *= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"bytes");
    let (whole, tenth) = (bytes / scale, bytes % scale * 10 / scale);
    if unit == 0 || whole >= 10 || tenth == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") }
}

/// Reads a size such as `1GB`, `500 MB` or `1024`, in bytes. Units are PostgreSQL's, of 1024 each.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim().to_uppercase().as_str() {
        "" | "B" => 0,
        "KB" => 1,
        "MB" => 2,
        "GB" => 3,
        "TB" => 4,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1024_u64.checked_pow(power)?)
}

/// The text with a capital first letter.
#[must_use]
pub fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The plural of an English noun of limbeck's messages.
fn pluralise(noun: &str) -> String {
    let is_vowel = |letter: char| "aeiou".contains(letter);
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        for (text, offset, expected) in [("", 0, 1), ("a\nb", 1, 1), ("a\nb", 2, 2), ("한\n글\n", 99, 3)] {
            assert_eq!(line_at(text, offset), expected, "{text} {offset}");
        }
    }

    #[test]
    fn line_breaks_become_blanks() {
        for (text, expected) in [("", ""), (" a\n\tb  c\r\n", "a b c"), ("a", "a")] {
            assert_eq!(one_line(text), expected);
        }
    }

    #[test]
    fn counts_have_the_right_noun() {
        for (count, noun, expected) in [
            (0, "row", "0 rows"),
            (1, "row", "1 row"),
            (2, "row", "2 rows"),
            (1204, "value", "1,204 values"),
            (2, "copy", "2 copies"),
            (2, "key", "2 keys"),
            (2, "index", "2 indexes"),
            (3, "branch", "3 branches"),
            (2, "NULL", "2 NULLs"),
            (2, "orphaned row", "2 orphaned rows"),
        ] {
            assert_eq!(plural(count, noun), expected);
        }
    }

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [("1GB", 1 << 30), ("500 MB", 500 << 20), ("10kb", 10 << 10), ("7", 7), ("0", 0)] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", "GB", "1.5GB", "1 pound", "-1", "99999999999999999999", "99999999999TB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        for (bytes, words) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 kB"), (1 << 30, "1 GB"), (25 << 20, "25 MB")]
        {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345, "12,345"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), expected);
        }
    }
}
