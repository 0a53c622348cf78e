//! `$VISUAL` and `$EDITOR`: the program and its arguments.

use std::ffi::OsString;
use std::path::Path;

use crate::engine::connection::Variables;
use crate::engine::{Error, Result};

/// A program with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    pub program: String,
    pub arguments: Vec<OsString>,
}

/// The command that opens a file at a 1-based line: `$VISUAL` or `$EDITOR`, split into words as a shell does (no shell
/// runs), or else `vi`.
pub(super) fn invocation(variables: &Variables, file: &Path, line: Option<usize>) -> Result<Invocation> {
    let set = |name: &str| variables.environment.get(name).filter(|value| !value.trim().is_empty());
    let (name, value) =
        ["VISUAL", "EDITOR"].into_iter().find_map(|name| Some((name, set(name)?.as_str()))).unwrap_or(("EDITOR", "vi"));
    let words = shell_words::split(value)
        .map_err(|error| Error::new(format!("${name} cannot be read: {error}")).hint(hint()))?;
    let Some((program, own)) = words.split_first() else {
        return Err(Error::new(format!("${name} contains no program")).hint(hint()));
    };
    let mut arguments: Vec<OsString> = own.iter().map(OsString::from).collect();
    arguments.extend(place(program, file, line));
    Ok(Invocation { program: program.clone(), arguments })
}

/// The hint if no editor starts.
pub(super) fn hint() -> &'static str {
    "set $VISUAL or $EDITOR to an editor, e.g. EDITOR=vim"
}

/// The arguments for the file and the line. An unknown editor gets only the file.
fn place(program: &str, file: &Path, line: Option<usize>) -> Vec<OsString> {
    let name = Path::new(program).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some(line) = line else {
        return vec![file.into()];
    };
    let mut file_and_line = file.as_os_str().to_owned();
    file_and_line.push(format!(":{line}"));
    match name.as_str() {
        "vi" | "vim" | "nvim" | "view" | "gvim" | "mvim" | "nano" | "emacs" | "emacsclient" | "kak" | "joe" | "ne"
        | "jed" | "mg" => vec![format!("+{line}").into(), file.into()],
        "hx" | "helix" | "subl" | "zed" | "micro" => vec![file_and_line],
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => vec!["--goto".into(), file_and_line],
        _ => vec![file.into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(variables: &[(&str, &str)], line: Option<usize>) -> Result<Vec<String>> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let variables = Variables { environment, home: None };
        let invocation = invocation(&variables, Path::new("/p/a b.sql"), line)?;
        let arguments = invocation.arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        Ok(std::iter::once(invocation.program).chain(arguments).collect())
    }

    #[test]
    fn the_line_is_passed_in_the_editor_s_own_form() {
        let editor = |value: &str| words(&[("EDITOR", value)], Some(7)).unwrap().join("|");
        assert_eq!(editor("vim"), "vim|+7|/p/a b.sql");
        assert_eq!(editor("/usr/bin/nvim -u NONE"), "/usr/bin/nvim|-u|NONE|+7|/p/a b.sql");
        assert_eq!(editor("hx"), "hx|/p/a b.sql:7");
        assert_eq!(editor("code --wait"), "code|--wait|--goto|/p/a b.sql:7");
        assert_eq!(editor("'/opt/my editor/ed' \"a b\""), "/opt/my editor/ed|a b|/p/a b.sql");
        assert_eq!(words(&[("EDITOR", "vim")], None).unwrap().join("|"), "vim|/p/a b.sql");
    }

    #[test]
    fn visual_has_priority_over_editor_and_vi_is_the_default() {
        assert_eq!(words(&[("VISUAL", "a"), ("EDITOR", "b")], None).unwrap()[0], "a");
        assert_eq!(words(&[("VISUAL", " "), ("EDITOR", "b")], None).unwrap()[0], "b");
        assert_eq!(words(&[], Some(2)).unwrap(), ["vi", "+2", "/p/a b.sql"]);
    }

    #[test]
    fn an_invalid_value_is_an_error_with_the_variable_s_name() {
        let error = words(&[("VISUAL", "vim 'oops")], None).unwrap_err();
        assert!(error.message.contains("$VISUAL") && error.hint.is_some(), "{error:?}");
    }
}
