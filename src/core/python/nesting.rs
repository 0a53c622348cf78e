//! Finds expressions that are nested so deeply that walking or freeing them needs a large stack.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

/// The maximum nesting. Python itself has a similar limit.
const MAX_NESTING: usize = 1000;

/// The offset at which the nesting becomes too deep.
///
/// Each operator, dot, keyword and bracket can add a level. A comma or the end of a line ends the operands before it.
pub(super) fn find_deep_nesting(tokens: &Tokens) -> Option<usize> {
    // One count for each open bracket, and their sum.
    let mut counts = vec![0_usize];
    let mut total = 0;
    let mut indentation = 0_usize;
    for token in tokens {
        match token.kind() {
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => continue,
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Comma => total -= counts.last_mut().map_or(0, std::mem::take),
            TokenKind::Newline | TokenKind::Semi => {
                counts = vec![0];
                total = 0;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                counts.push(1);
                total += 1;
            }
            kind => {
                if matches!(kind, TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace) && counts.len() > 1 {
                    total -= counts.pop().unwrap_or_default();
                }
                if let Some(count) = counts.last_mut() {
                    *count += 1;
                    total += 1;
                }
            }
        }
        if total + indentation > MAX_NESTING {
            return Some(token.range().start().to_usize());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_deep(text: &str) -> bool {
        let parsed = ruff_python_parser::parse_unchecked_source(text, ruff_python_ast::PySourceType::Python);
        let found = find_deep_nesting(parsed.tokens()).is_some();
        std::mem::forget(parsed);
        found
    }

    #[test]
    fn nesting_is_found_and_length_is_not() {
        for (text, expected) in [
            ("x = ".to_owned() + &"1 + ".repeat(2000) + "1", true),
            ("x = ".to_owned() + &"(".repeat(2000) + &")".repeat(2000), true),
            ("x = ".to_owned() + &"-".repeat(2000) + "1", true),
            ("x = a".to_owned() + &".b".repeat(2000), true),
            ("x = f".to_owned() + &"()".repeat(2000), true),
            ("x = ".to_owned() + &"not ".repeat(2000) + "1", true),
            ("x = [".to_owned() + &"f(a.b, {'c': d - 1}), ".repeat(2000) + "]", false),
            ("x = a.b + c\n".repeat(2000), false),
            ("def f():\n".to_owned() + &"    x.y(1, 2)\n".repeat(2000), false),
            ("x = (\n".to_owned() + &"    'a'\n".repeat(2000) + ")", false),
        ] {
            assert_eq!(is_deep(&text), expected, "{}", text.chars().take(40).collect::<String>());
        }
    }
}
