//! Edits the parents in the text of a script, and reads the result again.

use crate::core::alembic::with_python_parents;
use crate::core::graph::RevisionId;
use crate::core::script::{Script, ScriptCode, with_sql_parents};
use crate::engine::alembic::read_text;
use crate::engine::project::{Project, ScriptFile};
use crate::engine::{Error, Result};

/// The script with other parents.
///
/// # Errors
/// If the text cannot be edited so that only the parents change.
pub(super) fn set_parents(project: &Project, file: &ScriptFile, parents: &[RevisionId]) -> Result<ScriptFile> {
    let edited = match (&file.script.code, &project.alembic) {
        (ScriptCode::Sql(_), _) => {
            let text = with_sql_parents(&file.text, parents);
            text.and_then(|text| Some((Script::parse(&text).ok()?, text)))
        }
        (ScriptCode::Python(_), Some(alembic)) => with_python_parents(&file.text, parents).and_then(|text| {
            let read = read_text(alembic, &file.path, &text);
            let script = read.script.filter(|script| read.error.is_none() && is_same_otherwise(script, file, parents));
            Some((script?, text))
        }),
        (ScriptCode::Python(_), None) => None,
    };
    let Some((script, text)) = edited else { return Err(refuse(file)) };
    Ok(ScriptFile { path: file.path.clone(), text: text.into(), script })
}

fn is_same_otherwise(script: &Script, file: &ScriptFile, parents: &[RevisionId]) -> bool {
    let before = &file.script;
    script.down_revisions == parents
        && script.revision == before.revision
        && script.branch_labels == before.branch_labels
        && script.depends_on == before.depends_on
        && script.message == before.message
}

fn refuse(file: &ScriptFile) -> Error {
    let what =
        if file.script.python().is_some() { "down_revision is not assigned once" } else { "its header is not clear" };
    Error::new(format!("the parents of revision {} cannot be changed: {what}", file.script.revision))
        .because(file.path.display())
        .because("no file was changed")
        .hint("change the parents in the script by hand, and run `limbeck verify`")
}
