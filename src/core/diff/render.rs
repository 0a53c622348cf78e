//! Renders the statements of a script's section, in groups and with notes.

use super::operation::{Action, Changes, Operation};
use crate::core::escape::escape_line;
use crate::core::schema::{Kind, ObjectId, Schema};

/// With more groups than this, each group gets a line with its name.
const GROUPS_WITHOUT_HEADING: usize = 3;

/// How statements are rendered.
#[derive(Clone, Copy, Default)]
pub struct Style<'a> {
    /// Changes the text of a statement, e.g. to use short names. `None`: no change.
    pub statement: Option<&'a dyn Fn(&str) -> String>,
    /// The schema that is omitted in headings.
    pub home: Option<&'a str>,
    /// For a downgrade: the schema that is restored. A note says which rows and values are lost.
    pub restored: Option<&'a Schema>,
}

/// Returns the text of the statements that must be committed first, and the text of the others, each without a newline at
/// the end. A text is empty if there are no statements.
#[must_use]
pub fn render(changes: &Changes, style: Style<'_>) -> (String, String) {
    let (first, rest) = changes.split();
    let reason = changes.outside_transaction.as_ref().filter(|_| !first.is_empty());
    let reason = reason.map(|why| comment(&format!("Outside a transaction: {why}")) + "\n");
    (reason.unwrap_or_default() + &render_operations(first, style), render_operations(rest, style))
}

fn render_operations(operations: &[Operation], style: Style<'_>) -> String {
    let groups: Vec<&[Operation]> = operations.chunk_by(|one, next| one.group == next.group).collect();
    let mut blocks: Vec<String> = Vec::new();
    for group in &groups {
        let mut text = String::new();
        if groups.len() > GROUPS_WITHOUT_HEADING
            && let Some(first) = group.first()
        {
            text.push_str(&comment(&heading(&first.group, style.home)));
            text.push('\n');
        }
        text.push_str(&statements(group, style, operations));
        blocks.push(text);
    }
    blocks.join("\n\n")
}

/// The statements of a group. A statement of several lines has blank lines around it.
fn statements(group: &[Operation], style: Style<'_>, all: &[Operation]) -> String {
    let mut text = String::new();
    let mut long_before = false;
    for (number, operation) in group.iter().enumerate() {
        let copied = all.iter().filter(|one| one.action == Action::Copy);
        let is_copied =
            style.restored.is_some_and(|old| copied.into_iter().any(|one| holds(old, &one.object, operation)));
        let style = Style { restored: style.restored.filter(|_| !is_copied), ..style };
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

/// Whether the rows of an operation's table are among the rows of another table: the table itself, or one of its
/// partitions.
fn holds(schema: &Schema, table: &ObjectId, operation: &Operation) -> bool {
    let id = &operation.object;
    let place = schema.table(&id.schema, &id.name).and_then(|table| table.partition_of.as_ref());
    let is_part = place.is_some_and(|at| (&at.parent.schema, &at.parent.name) == (&table.schema, &table.name));
    id == table || is_part
}

fn statement(operation: &Operation, style: Style<'_>) -> String {
    let notes =
        operation.note.clone().into_iter().chain(style.restored.and_then(|old| loss_note(operation, old, style.home)));
    let mut text: String = notes.map(|note| comment(&note) + "\n").collect();
    match style.statement {
        Some(shorten) => text.push_str(&shorten(&operation.sql)),
        None => text.push_str(&operation.sql),
    }
    // A comment at the end of the statement would hide the semicolon.
    let last = text.lines().next_back().unwrap_or_default();
    text.push_str(if last.contains("--") { "\n;" } else { ";" });
    text
}

/// A note on the rows or values that the downgrade cannot restore by recreating an object.
fn loss_note(operation: &Operation, old: &Schema, home: Option<&str>) -> Option<String> {
    let id = &operation.object;
    if operation.action != Action::Create {
        return None;
    }
    match id.kind {
        Kind::Table => {
            let table = old.table(&id.schema, &id.name)?;
            let holds_rows = table.partition_by.is_none() && table.foreign.is_none();
            let creates_it = operation.sql.starts_with("CREATE");
            (holds_rows && creates_it)
                .then(|| format!("The rows of {} are restored only from a kept copy.", name(id, home)))
        }
        Kind::Column => {
            let column = old.column(id)?;
            let creates_it = operation.sql.contains("ADD COLUMN");
            let holds_values = column.generated.is_none();
            (holds_values && creates_it)
                .then(|| format!("The values of {} are restored only from a kept copy.", name(id, home)))
        }
        _ => None,
    }
}

/// The text as comment lines. Control characters of names are escaped: a carriage return would end the comment.
fn comment(text: &str) -> String {
    let lines = text.lines().map(|line| format!("-- {}", escape_line(line)).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// `Table users`
fn heading(id: &ObjectId, home: Option<&str>) -> String {
    let words = omit_home(id, home).to_string();
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The name of a table or column, without its kind.
fn name(id: &ObjectId, home: Option<&str>) -> String {
    let id = omit_home(id, home);
    let parts = [&id.schema, &id.of, &id.name];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(".")
}

fn omit_home(id: &ObjectId, home: Option<&str>) -> ObjectId {
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
    fn groups_are_separated_and_have_headings_if_there_are_many() {
        let render = |changes: &Changes, style: Style<'_>| render(changes, style).1;
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
        let mut value = operation("mood", "ADD VALUE");
        value.object.kind = Kind::Enum;
        let all = Changes { operations: vec![value, noted], outside_transaction: Some("the reason".into()) };
        let upper = |sql: &str| sql.to_uppercase();
        let style = Style { statement: Some(&upper), ..Style::default() };
        assert_eq!(comment("Table a\rDROP TABLE b;"), "-- Table a\\rDROP TABLE b;");
        let (first, rest) = render(&all, style);
        assert_eq!(first, "-- Outside a transaction: the reason\nADD VALUE;");
        assert_eq!(rest, "-- one\n--\n-- two\nA -- WHY\n;");
    }
}
