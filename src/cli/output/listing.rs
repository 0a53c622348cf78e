//! Revisions as text. The output equals Alembic's, line for line.

use std::collections::HashSet;
use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};

use crate::core::escape::{escape_line, escape_text};
use crate::core::graph::{Graph, Revision, RevisionId};
use crate::core::script::ScriptCode;
use crate::engine::project::{ScriptFile, ScriptTree};

/// The parts of a revision's line, besides its id.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each field is one optional part of the line")]
pub struct Line {
    /// `parents -> ` before the id.
    pub parents: bool,
    /// `(labels)` after it.
    pub labels: bool,
    /// `(branchpoint)` and `(mergepoint)`.
    pub tree: bool,
    /// `, message` at the end.
    pub message: bool,
}

/// Formats the revisions of a project.
pub struct Listing<'a> {
    tree: &'a ScriptTree,
    /// The revisions marked `(current)`.
    marked: HashSet<RevisionId>,
}

impl<'a> Listing<'a> {
    /// A listing without `(current)` marks.
    #[must_use]
    pub fn new(tree: &'a ScriptTree) -> Self {
        Self { tree, marked: HashSet::new() }
    }

    /// A listing that marks the heads of the database.
    #[must_use]
    pub fn marking(tree: &'a ScriptTree, current: &[RevisionId]) -> Self {
        Self { tree, marked: current.iter().cloned().collect() }
    }

    /// A revision as one line or, if `verbose`, as a block. Ends with a newline.
    #[must_use]
    pub fn entry(&self, id: &RevisionId, verbose: bool, line: Line) -> String {
        if verbose {
            return self.block(id);
        }
        let text = self.line(id, line);
        // The first paragraph of a docstring can have several lines, which Alembic prints.
        let is_python = self.file(id).is_some_and(|file| file.script.python().is_some());
        format!("{}\n", if is_python { escape_text(&text) } else { escape_line(&text) })
    }

    /// One line, without a newline. A revision without a script is marked `(missing)`.
    #[must_use]
    pub fn line(&self, id: &RevisionId, line: Line) -> String {
        let Some(revision) = self.graph().get(id.as_str()) else { return format!("{id} (missing)") };
        let mut text = String::new();
        if line.parents {
            text.push_str(&parents(revision));
            if !revision.depends_on.is_empty() {
                let _ = write!(text, " ({})", revision.depends_on.join(", "));
            }
            text.push_str(" -> ");
        }
        text.push_str(id.as_str());
        let labels = self.graph().labels(id.as_str());
        if line.labels && !labels.is_empty() {
            let _ = write!(text, " ({})", labels.join(", "));
        }
        text.push_str(self.head_mark(id));
        text.push_str(self.current_mark(id));
        if line.tree {
            text.push_str(self.tree_marks(revision));
        }
        if line.message {
            text.push_str(&self.file(id).map(message_part).unwrap_or_default());
        }
        text
    }

    /// All details of a revision, followed by an empty line.
    #[must_use]
    pub fn block(&self, id: &RevisionId) -> String {
        let Some(revision) = self.graph().get(id.as_str()) else { return format!("Rev: {id} (missing)\n\n") };
        let head = if self.graph().is_head(id.as_str()) { " (head)" } else { "" };
        let mut text = format!("Rev: {id}{head}{}{}\n", self.tree_marks(revision), self.current_mark(id));
        let relation = if revision.down_revisions.len() > 1 { "Merges" } else { "Parent" };
        let _ = writeln!(text, "{relation}: {}", parents(revision));
        let children = self.graph().children(id.as_str());
        let lists = [
            ("Also depends on", revision.depends_on.join(", ")),
            ("Branches into", if children.len() > 1 { join(&children) } else { String::new() }),
            ("Branch names", self.graph().labels(id.as_str()).join(", ")),
        ];
        for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "{name}: {list}");
        }
        if let Some(file) = self.file(id) {
            let path = absolute(&file.path);
            let _ = writeln!(text, "Path: {}\n", escape_line(&path.to_string_lossy()));
            text.push_str(&header(file));
        }
        text.push('\n');
        text
    }

    fn graph(&self) -> &Graph {
        &self.tree.graph
    }

    fn file(&self, id: &RevisionId) -> Option<&ScriptFile> {
        self.tree.scripts.get(id).map(AsRef::as_ref)
    }

    fn head_mark(&self, id: &RevisionId) -> &'static str {
        match (self.graph().is_real_head(id.as_str()), self.graph().is_head(id.as_str())) {
            (true, _) => " (head)",
            (false, true) => " (effective head)",
            (false, false) => "",
        }
    }

    fn current_mark(&self, id: &RevisionId) -> &'static str {
        if self.marked.contains(id) { " (current)" } else { "" }
    }

    fn tree_marks(&self, revision: &Revision) -> &'static str {
        match (self.graph().is_branch_point(revision.id.as_str()), revision.down_revisions.len() > 1) {
            (true, true) => " (branchpoint) (mergepoint)",
            (true, false) => " (branchpoint)",
            (false, true) => " (mergepoint)",
            (false, false) => "",
        }
    }
}

/// The absolute path, which is what Alembic shows.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Joins ids or labels with commas.
#[must_use]
pub fn join<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn parents(revision: &Revision) -> String {
    if revision.down_revisions.is_empty() { "<base>".to_owned() } else { join(&revision.down_revisions) }
}

/// The message at the end of a line. Alembic writes the comma even if a script has no docstring.
fn message_part(file: &ScriptFile) -> String {
    match &file.script.code {
        ScriptCode::Python(code) => format!(", {}", code.first_paragraph()),
        ScriptCode::Sql(_) if file.script.summary().is_empty() => String::new(),
        ScriptCode::Sql(_) => format!(", {}", file.script.summary()),
    }
}

/// The script's header, formatted like the docstring of an Alembic script and indented.
fn header(file: &ScriptFile) -> String {
    let script = &file.script;
    if let Some(code) = script.python() {
        return indented(code.docstring.lines());
    }
    let mut lines: Vec<String> = script.message.lines().map(str::to_owned).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!("Revision ID: {}", script.revision));
    lines.push(format!("Revises: {}", join(&script.down_revisions)));
    lines.extend(script.create_date.iter().map(|date| format!("Create Date: {date}")));
    indented(lines.iter().map(String::as_str))
}

fn indented<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let indented: Vec<String> = lines.map(|line| format!("    {line}")).collect();
    // Alembic writes the newline even if there are no lines.
    indented.join("\n") + "\n"
}
