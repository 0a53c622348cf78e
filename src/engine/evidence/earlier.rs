//! What earlier statements of a plan may do to what a later one is counted by. Told from words alone, and so in doubt
//! taken to do it: the count then falls back to one that holds whatever they do.

use crate::core::hazard::{Question, Subject};

/// The statements above, in lower case.
#[derive(Debug, Default)]
pub(super) struct Earlier(Vec<String>);

impl Earlier {
    pub fn add(&mut self, statement: &str) {
        self.0.push(statement.to_lowercase());
    }

    /// Whether rows are put into the table.
    pub fn fills(&self, subject: &Subject) -> bool {
        let (Subject::Table { name: table, .. } | Subject::Rows { table, .. }) = subject else { return false };
        let table = table.to_lowercase();
        let fills = |text: &String| ["insert", "merge", "copy", "create table"].iter().any(|word| text.contains(word));
        self.0
            .iter()
            .any(|text| is_opaque(text) || (mentions(text, &table) && (fills(text) || text.contains("rename"))))
    }

    /// Whether a question about rows or values would get another answer when its statement comes.
    pub fn disturbs(&self, subject: &Subject) -> bool {
        let Subject::Rows { table, question, .. } = subject else { return false };
        let (table, other) = (table.to_lowercase(), other_table(question));
        let columns: Vec<String> = question.columns().iter().map(|column| column.to_lowercase()).collect();
        // That a column is all NULL was told with what stands above it in view.
        let follows = !matches!(question, Question::AllNull { .. });
        self.0.iter().any(|text| {
            let names_column = columns.iter().any(|column| mentions(text, column));
            is_opaque(text)
                || moves_names(text, &table, names_column)
                || (follows && mentions(text, &table) && (names_column || columns.is_empty() || fills_or_makes(text)))
                || other.as_ref().is_some_and(|other| mentions(text, other))
        })
    }
}

fn other_table(question: &Question) -> Option<String> {
    if let Question::Orphans { table, .. } = question { Some(table.to_lowercase()) } else { None }
}

/// Whether a statement may run what it does not show, or lead names elsewhere.
fn is_opaque(text: &str) -> bool {
    let first = text.split(|letter: char| !letter.is_alphanumeric()).find(|word| !word.is_empty());
    matches!(first, Some("do" | "call" | "select" | "with" | "explain" | "rollback" | "reset" | "discard"))
        || ["u&", "search_path", "set role", "set session", "alter schema", "drop schema"]
            .iter()
            .any(|part| text.contains(part))
}

/// Whether it renames something of that name, or changes a type that children inherit.
fn moves_names(text: &str, table: &str, names_column: bool) -> bool {
    let moves =
        text.contains("rename") || text.contains("set schema") || text.contains("attach") || text.contains("inherit");
    (moves && (names_column || mentions(text, table))) || (names_column && text.contains("type"))
}

/// Whether a name stands in a text, whole.
fn mentions(text: &str, name: &str) -> bool {
    let name = name.replace('"', "\"\"");
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    text.match_indices(&name).any(|(start, found)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + found.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

fn fills_or_makes(text: &str) -> bool {
    let words =
        ["insert", "update", "delete", "truncate", "merge", "copy", "create table", "drop table", "create temp"];
    words.iter().any(|word| text.contains(word))
}
