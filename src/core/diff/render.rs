//! The text of a script's section: statements in their groups, with what a reader has to know above them.

use super::operation::{Action, Changes, Operation};
use crate::core::schema::{Kind, ObjectId, Schema};

/// More groups than this get a line each that names them.
const FEW: usize = 3;

/// How statements are written.
#[derive(Clone, Copy, Default)]
pub struct Style<'a> {
    /// What a statement reads like, e.g. with short names; `None`: as it is.
    pub statement: Option<&'a dyn Fn(&str) -> String>,
    /// The schema that needs no mention in headers.
    pub home: Option<&'a str>,
    /// Of a downgrade: the schema that is given back, of whose tables and columns the rows and values are lost.
    pub given_back: Option<&'a Schema>,
}

/// The section, without a newline at its end; empty for no changes.
#[must_use]
pub fn render(changes: &Changes, style: Style<'_>) -> String {
    let groups: Vec<&[Operation]> = changes.operations.chunk_by(|one, next| one.group == next.group).collect();
    let mut blocks: Vec<String> = Vec::new();
    if let Some(why) = &changes.outside_transaction {
        blocks.push(comment(&format!("Outside a transaction: {why}")));
    }
    for group in &groups {
        let mut text = String::new();
        if groups.len() > FEW
            && let Some(first) = group.first()
        {
            text.push_str(&comment(&heading(&first.group, style.home)));
            text.push('\n');
        }
        text.push_str(&statements(group, style));
        blocks.push(text);
    }
    blocks.join("\n\n")
}

/// The statements of a group; a long one stands apart.
fn statements(group: &[Operation], style: Style<'_>) -> String {
    let mut text = String::new();
    let mut long_before = false;
    for (number, operation) in group.iter().enumerate() {
        let statement = statement(operation, style);
        let long = statement.contains('\n');
        if number > 0 {
            text.push_str(if long || long_before { "\n\n" } else { "\n" });
        }
        text.push_str(&statement);
        long_before = long;
    }
    text
}

fn statement(operation: &Operation, style: Style<'_>) -> String {
    let notes =
        operation.note.clone().into_iter().chain(style.given_back.and_then(|old| lost(operation, old, style.home)));
    let mut text: String = notes.map(|note| comment(&note) + "\n").collect();
    match style.statement {
        Some(shorten) => text.push_str(&shorten(&operation.sql)),
        None => text.push_str(&operation.sql),
    }
    // A comment at the end would swallow the semicolon.
    let last = text.lines().next_back().unwrap_or_default();
    text.push_str(if last.contains("--") { "\n;" } else { ";" });
    text
}

/// What a downgrade cannot bring back with the object that it makes again.
fn lost(operation: &Operation, old: &Schema, home: Option<&str>) -> Option<String> {
    let id = &operation.object;
    if operation.action != Action::Create {
        return None;
    }
    match id.kind {
        Kind::Table => {
            let table = old.table(&id.schema, &id.name)?;
            let holds_rows = table.partition_by.is_none() && table.foreign.is_none();
            let makes_it = operation.sql.starts_with("CREATE");
            (holds_rows && makes_it).then(|| format!("The rows of {} come back only from a kept copy.", name(id, home)))
        }
        Kind::Column => {
            let column = old.column(id)?;
            let makes_it = operation.sql.contains("ADD COLUMN");
            let holds_values = column.generated.is_none();
            (holds_values && makes_it)
                .then(|| format!("The values of {} come back only from a kept copy.", name(id, home)))
        }
        _ => None,
    }
}

/// Lines of a comment.
fn comment(text: &str) -> String {
    text.lines().map(|line| format!("-- {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// `Table users`
fn heading(id: &ObjectId, home: Option<&str>) -> String {
    let words = short(id, home).to_string();
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The name of a table or column, without its kind.
fn name(id: &ObjectId, home: Option<&str>) -> String {
    let id = short(id, home);
    let parts = [&id.schema, &id.of, &id.name];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(".")
}

fn short(id: &ObjectId, home: Option<&str>) -> ObjectId {
    let mut id = id.clone();
    if home == Some(id.schema.as_str()) {
        id.schema.clear();
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(table: &str, sql: &str) -> Operation {
        let id = ObjectId::new(Kind::Table, "public", table);
        Operation { object: id.clone(), group: id, action: Action::Alter, sql: sql.into(), note: None }
    }

    fn changes(operations: Vec<Operation>) -> Changes {
        Changes { operations, outside_transaction: None }
    }

    #[test]
    fn groups_stand_apart_and_get_headers_only_where_they_are_many() {
        assert_eq!(render(&Changes::default(), Style::default()), "");
        let few =
            changes(vec![operation("a", "A1"), operation("a", "A2"), operation("a", "A\n3"), operation("b", "B")]);
        assert_eq!(render(&few, Style::default()), "A1;\nA2;\n\nA\n3;\n\nB;");
        let many = changes(["a", "b", "c", "d"].map(|table| operation(table, "X")).into());
        let text = render(&many, Style { home: Some("public"), ..Style::default() });
        assert!(text.starts_with("-- Table a\nX;\n\n-- Table b\nX;"), "{text}");
        assert!(render(&many, Style::default()).starts_with("-- Table public.a\nX;"));
    }

    #[test]
    fn notes_and_reasons_are_comments() {
        let mut noted = operation("a", "A -- why");
        noted.note = Some("one\n\ntwo".into());
        let all = Changes { operations: vec![noted], outside_transaction: Some("so it is".into()) };
        let upper = |sql: &str| sql.to_uppercase();
        let style = Style { statement: Some(&upper), ..Style::default() };
        assert_eq!(render(&all, style), "-- Outside a transaction: so it is\n\n-- one\n--\n-- two\nA -- WHY\n;");
    }
}
