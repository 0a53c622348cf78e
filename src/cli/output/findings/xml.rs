//! Escapes text for XML 1.0.

/// The text as the content of an element or as the value of an attribute in double quotes. Characters that XML cannot
/// contain become `U+FFFD`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // An attribute value loses them otherwise.
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_escaped() {
        for (text, expected) in [
            ("plain ü ✗", "plain ü ✗"),
            ("a < b && c > \"d\"", "a &lt; b &amp;&amp; c &gt; &quot;d&quot;"),
            ("]]>", "]]&gt;"),
            ("a\nb\tc\r", "a&#10;b&#9;c&#13;"),
            ("\u{0}\u{1b}[0m\u{ffff}", "\u{fffd}\u{fffd}[0m\u{fffd}"),
        ] {
            assert_eq!(escape(text), expected, "{text:?}");
        }
    }
}
