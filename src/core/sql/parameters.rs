//! The parameters `$1`, `$2`, … of a statement.

use super::lexer::{Lexer, TokenKind};

/// Replaces the parameters that are outside quotes and comments by literals. A parameter without a literal stays.
#[must_use]
pub fn bind_parameters(text: &str, literals: &[String]) -> String {
    let mut bound = String::with_capacity(text.len());
    let mut end = 0;
    for (start, stop, number) in find_parameters(text) {
        let Some(literal) = number.checked_sub(1).and_then(|place| literals.get(place)) else { continue };
        bound.push_str(text.get(end..start).unwrap_or_default());
        bound.push_str(literal);
        end = stop;
    }
    bound.push_str(text.get(end..).unwrap_or_default());
    bound
}

/// The parameters of a text: start and end as byte offsets, and number.
fn find_parameters(text: &str) -> Vec<(usize, usize, usize)> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    // The lexer reads `$1` as a dollar sign and a number.
    let mut dollar = None;
    while let Ok(Some(token)) = lexer.next_token() {
        let number = text.get(token.start..token.end).and_then(|number| number.parse().ok());
        if let (Some(start), Some(number), TokenKind::Number) = (dollar, number, token.kind) {
            found.push((start, token.end, number));
        }
        dollar = (token.text(text) == "$").then_some(token.start);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_outside_quotes_are_replaced() {
        let literals = ["'a'".to_owned(), "7".to_owned()];
        for (text, expected) in [
            ("SELECT $1, $2", "SELECT 'a', 7"),
            ("SELECT $2::int4, '$1', \"$1\"", "SELECT 7::int4, '$1', \"$1\""),
            ("SELECT $3, $0 -- $1", "SELECT $3, $0 -- $1"),
            ("SELECT $$ $1 $$, a$1", "SELECT $$ $1 $$, a$1"),
            ("id=$2 AND x = '$1' AND \"$1\" = $10", "id=7 AND x = '$1' AND \"$1\" = $10"),
            ("$2::int = any($1) -- $1", "7::int = any('a') -- $1"),
        ] {
            assert_eq!(bind_parameters(text, &literals), expected);
        }
    }
}
