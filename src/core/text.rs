//! Numbers and nouns as people read them.

/// A count with its noun: `1 row`, `2 rows`, `1,204 values`. The noun is given in the singular.
#[must_use]
pub fn plural(count: u64, noun: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { noun.to_owned() } else { pluralise(noun) })
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
