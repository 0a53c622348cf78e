//! A script in ASCII, for databases whose encoding does not have all of its characters.

/// Returns the text with `\u{…}` instead of each character that is not ASCII.
#[must_use]
pub fn to_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            ascii.extend(character.escape_unicode());
        }
    }
    ascii
}

/// Returns the text from which [`to_ascii`] made this one. Other text stays as it is.
#[must_use]
pub fn from_ascii(ascii: &str) -> String {
    if !ascii.is_ascii() {
        return ascii.to_owned();
    }
    let mut text = String::with_capacity(ascii.len());
    let mut rest = ascii;
    while let Some((before, after)) = rest.split_once("\\u{") {
        text.push_str(before);
        let escape = after.split_once('}').and_then(|(digits, after)| Some((decode(digits)?, after)));
        if let Some((character, after)) = escape {
            text.push(character);
            rest = after;
        } else {
            text.push_str("\\u{");
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

fn decode(digits: &str) -> Option<char> {
    let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    (!character.is_ascii()).then_some(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_ascii() {
        for (text, ascii) in [
            ("plain", "plain"),
            ("é 한\u{1f600}", "\\u{e9} \\u{d55c}\\u{1f600}"),
            ("\\u{} \\u{41} \\u{zz} \\u{d800} \\u{e9", "\\u{} \\u{41} \\u{zz} \\u{d800} \\u{e9"),
        ] {
            assert_eq!(to_ascii(text), ascii);
            assert_eq!(from_ascii(ascii), text);
        }
        assert_eq!(from_ascii("é \\u{e9}"), "é \\u{e9}", "not made by to_ascii");
    }
}
