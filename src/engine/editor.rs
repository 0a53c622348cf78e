//! Which editor a person has chosen, as the words of a command.

use super::postgres::Variables;
use super::{Error, Result};

/// Tried in this order where neither `VISUAL` nor `EDITOR` is set.
const USUAL: [&str; 4] = ["editor", "nano", "vim", "vi"];

/// The editor's program and its arguments; a file's path goes behind them. No shell is involved.
///
/// # Errors
/// When a variable cannot be split into words, or there is no editor.
pub fn command(variables: &Variables) -> Result<Vec<String>> {
    for name in ["VISUAL", "EDITOR"] {
        let Some(text) = variables.environment.get(name).filter(|text| !text.trim().is_empty()) else { continue };
        return words(text).ok_or_else(|| {
            Error::new(format!("{name} has a quote that is not closed")).hint(format!("{name} is now: {text}"))
        });
    }
    let folders = variables.environment.get("PATH").map(String::as_str).unwrap_or_default();
    USUAL
        .iter()
        .find(|program| std::env::split_paths(folders).any(|folder| folder.join(program).is_file()))
        .map(|program| vec![(*program).to_owned()])
        .ok_or_else(|| Error::new("no editor was found").hint("set VISUAL or EDITOR"))
}

/// Splits a command at blanks; quotes and backslashes hold words together as in a shell. `None`: a quote stays open.
#[must_use]
pub fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_would() {
        for (text, expected) in [
            ("vim", vec!["vim"]),
            ("  code  --wait ", vec!["code", "--wait"]),
            (r#""/opt/my editor/bin" -c 'set ft=sql'"#, vec!["/opt/my editor/bin", "-c", "set ft=sql"]),
            (r"a\ b c", vec!["a b", "c"]),
            ("x ''", vec!["x", ""]),
        ] {
            assert_eq!(words(text).unwrap(), expected, "{text}");
        }
        assert_eq!(words("vim 'x"), None);
    }

    #[test]
    fn visual_comes_before_editor() {
        let environment =
            [("EDITOR", "ed"), ("VISUAL", "emacs -nw")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = Variables { environment: environment.into(), home: None };
        assert_eq!(command(&variables).unwrap(), ["emacs", "-nw"]);
    }

    #[test]
    fn without_any_editor_it_says_what_to_set() {
        let error = command(&Variables::default()).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("set VISUAL or EDITOR"));
    }
}
