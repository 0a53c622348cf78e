//! The user's editor as the words of a command.

use super::connection::Variables;
use super::{Error, Result};

/// Editors that are tried in this order when neither `VISUAL` nor `EDITOR` is set.
const DEFAULT_EDITORS: [&str; 4] = ["editor", "nano", "vim", "vi"];

/// Returns the editor's program and its arguments. The caller appends the path of the file. No shell is used.
///
/// # Errors
/// When a variable cannot be split into words, or no editor is installed.
pub fn command(variables: &Variables) -> Result<Vec<String>> {
    for name in ["VISUAL", "EDITOR"] {
        let Some(text) = variables.environment.get(name).filter(|text| !text.trim().is_empty()) else { continue };
        return shell_words::split(text).map_err(|error| {
            Error::new(format!("{name} cannot be split into words"))
                .because(error)
                .hint(format!("the value of {name} is: {text}"))
        });
    }
    let folders = variables.environment.get("PATH").map(String::as_str).unwrap_or_default();
    DEFAULT_EDITORS
        .iter()
        .find(|program| std::env::split_paths(folders).any(|folder| folder.join(program).is_file()))
        .map(|program| vec![(*program).to_owned()])
        .ok_or_else(|| Error::new("no editor was found").hint("set VISUAL or EDITOR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visual_has_precedence_over_editor() {
        let environment =
            [("EDITOR", "ed"), ("VISUAL", "'my editor' -nw")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = Variables { environment: environment.into(), home: None };
        assert_eq!(command(&variables).unwrap(), ["my editor", "-nw"]);
    }

    #[test]
    fn an_unclosed_quote_is_an_error_that_names_the_variable() {
        let variables = Variables { environment: [("EDITOR".to_owned(), "vim 'x".to_owned())].into(), home: None };
        assert!(command(&variables).unwrap_err().message.starts_with("EDITOR cannot be split"));
    }

    #[test]
    fn without_any_editor_the_hint_names_the_variables() {
        let error = command(&Variables::default()).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("set VISUAL or EDITOR"));
    }
}
