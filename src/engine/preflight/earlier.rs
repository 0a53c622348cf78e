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

    /// Whether a name may be that of another object when its statement comes than it is before the plan.
    pub fn leads_elsewhere(&self, subject: &Subject) -> bool {
        let Some((_, table)) = subject.table() else { return false };
        let table = table.to_lowercase();
        let column = if let Subject::Column { column, .. } = subject { column.to_lowercase() } else { String::new() };
        self.0.iter().any(|text| {
            let names_column = !column.is_empty() && mentions(text, &column);
            is_opaque(text)
                || moves_names(text, &table, names_column)
                || (mentions(text, &table) && makes_or_drops(text))
        })
    }

    /// Whether a statement above may have made something that goes along with what another names.
    pub fn adds_to(&self, sql: &str) -> bool {
        let sql = sql.to_lowercase();
        let words: Vec<&str> = names(&sql).filter(|word| !PLAIN.contains(word)).collect();
        self.0
            .iter()
            .any(|text| is_opaque(text) || text.contains("rename") || names(text).any(|word| words.contains(&word)))
    }

    /// Whether a question about rows or values would get another answer when its statement comes.
    pub fn disturbs(&self, subject: &Subject) -> bool {
        let Subject::Rows { table, question, .. } = subject else { return false };
        if let Question::Taken { rows, .. } = question {
            let condition = rows.filter().to_lowercase();
            return self.0.iter().any(|text| bears_on(text, &table.to_lowercase(), &condition));
        }
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

/// Words of a DROP that name nothing.
const PLAIN: [&str; 22] = [
    "drop",
    "table",
    "view",
    "type",
    "schema",
    "domain",
    "function",
    "sequence",
    "cascade",
    "if",
    "exists",
    "only",
    "alter",
    "column",
    "constraint",
    "truncate",
    "materialized",
    "extension",
    "index",
    "restart",
    "identity",
    "public",
];

/// Whether a statement may change which rows of a table a condition takes, which hangs on all that it names.
fn bears_on(text: &str, table: &str, condition: &str) -> bool {
    const NOTHING: [&str; 8] =
        ["comment", "grant", "revoke", "analyze", "vacuum", "create index", "create unique index", "drop index"];
    if is_opaque(text) {
        return true;
    }
    if NOTHING.iter().any(|start| text.starts_with(start)) {
        return false;
    }
    // What happens to one column of a table says nothing of the others.
    let moves = ["rename to", "set schema", "attach", "inherit"].iter().any(|part| text.contains(part));
    let in_table = text.starts_with("alter table") && !moves;
    let named = |word: &str| (!in_table && word == table) || names(condition).any(|name| name == word);
    names(text).filter(|word| of_ours(word) && !(in_table && *word == table)).any(named)
}

/// Whether a word of a statement may be a name.
fn of_ours(word: &str) -> bool {
    const CLAUSES: [&str; 18] = [
        "and", "or", "not", "null", "is", "in", "where", "select", "from", "true", "false", "exists", "now",
        "interval", "like", "any", "between", "on",
    ];
    !CLAUSES.contains(&word) && !PLAIN.contains(&word) && !word.starts_with(|first: char| first.is_ascii_digit())
}

/// The words of a text, with those in quotes.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
        .filter(|word| !word.is_empty())
}

fn makes_or_drops(text: &str) -> bool {
    ["create", "drop", "add", "select into"].iter().any(|word| text.contains(word))
}

/// Calls that change no object, as scripts have them to set numbers going.
const HARMLESS: [&str; 12] = [
    "setval",
    "pg_get_serial_sequence",
    "coalesce",
    "max",
    "min",
    "count",
    "greatest",
    "least",
    "from",
    "select",
    "values",
    "nextval",
];

/// Whether a query only calls functions that change no object.
fn is_harmless(text: &str) -> bool {
    let calls = text.match_indices('(').filter_map(|(at, _)| {
        let before = text.get(..at)?.trim_end();
        before.rsplit(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
    });
    text.starts_with("select")
        && calls.into_iter().all(|word| word.is_empty() || HARMLESS.contains(&word))
        && !text.contains("into")
}

/// Whether a statement may run what it does not show, or lead names elsewhere.
fn is_opaque(text: &str) -> bool {
    if is_harmless(text) {
        return false;
    }
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

/// Whether one of the names may stand in a statement.
pub(super) fn mentions_any(sql: &str, names: &[String]) -> bool {
    let text = sql.to_lowercase();
    names.iter().any(|name| mentions(&text, &name.to_lowercase()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn after(statements: &[&str]) -> Earlier {
        let mut earlier = Earlier::default();
        for statement in statements {
            earlier.add(statement);
        }
        earlier
    }

    fn column(table: &str, column: &str) -> Subject {
        Subject::Column { schema: None, table: table.into(), column: column.into() }
    }

    #[test]
    fn only_what_may_lead_a_name_elsewhere_is_followed() {
        for (statement, elsewhere) in [
            ("ALTER TABLE t RENAME TO u", true),
            ("ALTER TABLE x RENAME a TO b", true),
            ("CREATE TABLE \"T\" (i int)", true),
            ("DO $$ BEGIN NULL; END $$", true),
            ("SELECT f()", true),
            ("SET search_path = s", true),
            ("INSERT INTO t VALUES (1)", false),
            ("CREATE TABLE t2 (i int)", false),
            ("SELECT setval('s', 1)", false),
            ("select setval(pg_get_serial_sequence('t', 'a'), coalesce(max(a), 1)) from t", false),
            ("CREATE INDEX ON x (i)", false),
        ] {
            assert_eq!(after(&[statement]).leads_elsewhere(&column("t", "a")), elsewhere, "{statement}");
        }
    }

    #[test]
    fn a_cascade_is_followed_where_something_earlier_names_what_it_names() {
        let earlier = after(&["ALTER TABLE full_one INHERIT empty", "CREATE TABLE x (i int)"]);
        assert!(earlier.adds_to("DROP TABLE empty CASCADE"));
        assert!(!earlier.adds_to("DROP TABLE other CASCADE"));
        assert!(!after(&["SELECT 1"]).adds_to("DROP TABLE other CASCADE"));
    }

    #[test]
    fn a_condition_is_asked_only_where_nothing_earlier_bears_on_it() {
        let rows = crate::core::hazard::narrow("DELETE FROM t WHERE i IN (SELECT i FROM doomed)", None, "t").unwrap();
        let question = Question::Taken { column: None, rows };
        let subject = Subject::Rows { schema: None, table: "t".into(), question };
        for (statement, disturbed) in [
            ("INSERT INTO doomed VALUES (1)", true),
            ("UPDATE t SET a = 1", true),
            ("DO $$ BEGIN NULL; END $$", true),
            ("INSERT INTO other SELECT a FROM b WHERE c IN (1)", false),
            ("DROP TABLE other", false),
            ("ALTER TABLE t RENAME COLUMN a TO b", false),
            ("ALTER TABLE t RENAME a TO i", true),
            ("ALTER TABLE t ALTER i TYPE text", true),
            ("ALTER TABLE t RENAME TO u", true),
            ("CREATE INDEX ON t (i)", false),
            ("TRUNCATE t", true),
        ] {
            assert_eq!(after(&[statement]).disturbs(&subject), disturbed, "{statement}");
        }
    }
}
