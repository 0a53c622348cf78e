//! The names that earlier statements of a plan mention, and what these statements may change.
//!
//! A count is made before the plan runs. It is valid for a statement only if no earlier statement changes the counted
//! rows. If this is not certain, the count is treated as invalid.

use std::collections::HashMap;
use std::ops::BitOr;

use crate::core::statement::action::{Action, ObjectKind, TableChange};
use crate::core::statement::{Question, Statement, Subject};

/// The earlier statements of a plan, indexed by the names that they mention.
#[derive(Debug, Default)]
pub struct Footprint {
    /// For each name, the numbers of the statements that mention it, in order, and what they may do to it.
    names: HashMap<String, Vec<(u32, EffectFlags)>>,
    count: u32,
    /// Whether a statement is opaque, see [`is_opaque`].
    has_opaque: bool,
    has_rename: bool,
}

/// The possible effects of a statement on the objects that it mentions, as a bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct EffectFlags(u8);

impl EffectFlags {
    /// Renames an object, moves it to another schema, attaches a partition or changes inheritance.
    const MOVES: Self = Self(1);
    /// Creates, adds or drops an object.
    const CREATES: Self = Self(2);
    /// Adds rows.
    const FILLS: Self = Self(4);
    /// Adds, changes or removes rows, or creates or drops a table.
    const CHANGES_ROWS: Self = Self(8);
    /// May change the type of a column.
    const RETYPES: Self = Self(16);
    /// Changes more than the columns of one table.
    const CHANGES: Self = Self(32);
    /// Changes only columns of one table.
    const CHANGES_COLUMNS: Self = Self(64);
    /// Renames an object.
    const RENAMES: Self = Self(128);

    const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self(0) }
    }
}

impl BitOr for EffectFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Footprint {
    /// Adds a statement.
    pub fn add(&mut self, statement: &Statement) {
        let effects = effects(statement);
        self.has_opaque |= is_opaque(statement);
        self.has_rename |= effects.has(EffectFlags::RENAMES);
        for word in statement.words() {
            self.names.entry(word.clone()).or_default().push((self.count, effects));
        }
        self.count += 1;
    }

    /// Whether an earlier statement may add rows to the table.
    #[must_use]
    pub fn fills(&self, subject: &Subject) -> bool {
        let (Subject::Table { name: table, .. } | Subject::Rows { table, .. }) = subject else { return false };
        self.has_opaque || self.any(table, EffectFlags::FILLS | EffectFlags::RENAMES)
    }

    /// Whether the name of a subject may refer to another object than before the plan.
    #[must_use]
    pub fn redirects(&self, subject: &Subject) -> bool {
        let Some((_, table)) = subject.table_name() else { return false };
        let column = if let Subject::Column { column, .. } = subject { column.as_str() } else { "" };
        self.has_opaque
            || self.any(table, EffectFlags::MOVES | EffectFlags::CREATES)
            || self.any(column, EffectFlags::MOVES | EffectFlags::RETYPES)
    }

    /// Whether an earlier statement may have created an object that `CASCADE` of this statement also drops.
    #[must_use]
    pub fn adds_dependents(&self, statement: &Statement) -> bool {
        let mut names = statement.words().iter().filter(|word| !is_listed(&DROP_KEYWORDS, word));
        self.has_opaque || self.has_rename || names.any(|word| self.names.contains_key(word))
    }

    /// Whether the answer to a question about rows may change before its statement runs.
    #[must_use]
    pub fn invalidates(&self, subject: &Subject) -> bool {
        let Subject::Rows { table, question, .. } = subject else { return false };
        if self.has_opaque {
            return true;
        }
        if let Question::Affected { rows, .. } = question {
            return self.changes_condition(table, &rows.sql());
        }
        let columns = question.columns();
        let moved = self.any(table, EffectFlags::MOVES)
            || columns.iter().any(|column| self.any(column, EffectFlags::MOVES | EffectFlags::RETYPES));
        // The question `AllNull` already takes earlier statements into account.
        let depends_on_rows = !matches!(question, Question::AllNull { .. });
        let changed = depends_on_rows
            && (self.any(table, EffectFlags::CHANGES_ROWS)
                || (columns.is_empty() && self.mentions(table))
                || columns.iter().any(|column| self.mentions_both(table, column)));
        let changes_referenced = match question {
            Question::Orphans { referenced_table, .. } => self.mentions(referenced_table),
            _ => false,
        };
        moved || changed || changes_referenced
    }

    fn changes_condition(&self, table: &str, condition: &str) -> bool {
        let table = table.to_lowercase();
        let is_changed = |word: &String| {
            self.any(word, EffectFlags::CHANGES) || (*word != table && self.any(word, EffectFlags::CHANGES_COLUMNS))
        };
        let words = crate::core::statement::words::all(condition);
        self.any(&table, EffectFlags::CHANGES) || words.iter().filter(|word| may_be_name(word)).any(is_changed)
    }

    fn entries(&self, name: &str) -> &[(u32, EffectFlags)] {
        if name.is_empty() {
            return &[];
        }
        self.names.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    fn any(&self, name: &str, effects: EffectFlags) -> bool {
        self.entries(name).iter().any(|(_, done)| done.has(effects))
    }

    fn mentions(&self, name: &str) -> bool {
        !self.entries(name).is_empty()
    }

    /// Whether one statement mentions both names.
    fn mentions_both(&self, one: &str, other: &str) -> bool {
        let (one, other) = (self.entries(one), self.entries(other));
        let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        short.iter().any(|(number, _)| long.binary_search_by_key(number, |(number, _)| *number).is_ok())
    }
}

fn effects(statement: &Statement) -> EffectFlags {
    let has = |word: &str| statement.words().contains(word);
    let command = |words: &[&str]| statement.command.starts_with(words);
    let renames = has("rename");
    let sets_schema = statement.actions.iter().any(|action| matches!(action, Action::MoveToSchema { .. }));
    let creates_table = statement.actions.iter().any(|action| matches!(action, Action::CreateTable(_)));
    let drops_table =
        statement.actions.iter().any(|action| matches!(action, Action::Drop(drop) if drop.kind == ObjectKind::Table));
    let adds_rows = creates_table || ["insert", "merge", "copy"].iter().any(|word| has(word));
    let changes_rows = adds_rows || drops_table || ["update", "delete", "truncate"].iter().any(|word| has(word));
    let changes_nothing = command(&["drop", "index"])
        || command(&["create", "index"])
        || command(&["create", "unique", "index"])
        || ["comment", "grant", "revoke", "analyze", "vacuum"].iter().any(|word| command(&[word]));
    let changes_columns = changes_only_columns(statement);
    EffectFlags::MOVES.when(renames || sets_schema || ["attach", "inherit", "inherits"].iter().any(|word| has(word)))
        | EffectFlags::CREATES.when(creates_table || ["create", "drop", "add"].iter().any(|word| has(word)))
        | EffectFlags::FILLS.when(adds_rows)
        | EffectFlags::CHANGES_ROWS.when(changes_rows)
        | EffectFlags::RETYPES.when(has("type"))
        | EffectFlags::CHANGES.when(!changes_nothing && !changes_columns)
        | EffectFlags::CHANGES_COLUMNS.when(changes_columns)
        | EffectFlags::RENAMES.when(renames)
}

/// Whether a statement is an `ALTER TABLE` that changes neither the name nor the inheritance of the table.
fn changes_only_columns(statement: &Statement) -> bool {
    let Some(Action::AlterTable(alter)) = statement.own_action() else { return false };
    let moves = |change: &TableChange| {
        matches!(
            change,
            TableChange::RenameTo { .. }
                | TableChange::SetSchema { .. }
                | TableChange::AttachPartition { .. }
                | TableChange::Inherit
                | TableChange::NoInherit
        )
    };
    !alter.changes.iter().any(moves)
}

/// Whether a statement may have effects that its text does not show, or change the objects to which names refer.
fn is_opaque(statement: &Statement) -> bool {
    let command = statement.command.first();
    if command == "select" {
        return !is_harmless_query(statement);
    }
    ["do", "call", "with", "explain", "execute"].contains(&command)
        || statement.command.starts_with(&["alter", "schema"])
        || statement.has_unicode_names()
        || statement.actions.iter().any(|action| match action {
            Action::Rollback | Action::ResetSession | Action::Unreadable { .. } => true,
            Action::SetParameter { name, .. } => name == "search_path" || name.is_empty(),
            Action::Drop(drop) => drop.kind == ObjectKind::Schema,
            _ => false,
        })
}

/// Whether a query calls only functions that change no table. Scripts call them to set sequences.
fn is_harmless_query(statement: &Statement) -> bool {
    const HARMLESS: [&str; 9] =
        ["setval", "pg_get_serial_sequence", "coalesce", "max", "min", "count", "greatest", "least", "nextval"];
    let is_harmless = |name: &crate::core::statement::Name| {
        name.schema.as_deref().is_none_or(|schema| schema == "pg_catalog") && HARMLESS.contains(&name.name.as_str())
    };
    statement.actions.is_empty() && statement.calls.iter().all(is_harmless)
}

/// Words of a DROP or TRUNCATE that are not names.
const DROP_KEYWORDS: [&str; 22] = [
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

fn is_listed(words: &[&str], word: &str) -> bool {
    words.iter().any(|listed| listed.eq_ignore_ascii_case(word))
}

/// Whether a word of a condition may be a name.
fn may_be_name(word: &str) -> bool {
    const CLAUSES: [&str; 18] = [
        "and", "or", "not", "null", "is", "in", "where", "select", "from", "true", "false", "exists", "now",
        "interval", "like", "any", "between", "on",
    ];
    !is_listed(&CLAUSES, word)
        && !is_listed(&DROP_KEYWORDS, word)
        && !word.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::{RowSelection, analyse_one};

    fn after(statements: &[&str]) -> Footprint {
        let mut footprint = Footprint::default();
        for statement in statements {
            footprint.add(&analyse_one(statement));
        }
        footprint
    }

    #[test]
    fn a_name_is_redirected_by_renames_new_objects_and_opaque_statements() {
        let column = Subject::Column { schema: None, table: "t".into(), column: "a".into() };
        for (statement, redirects) in [
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
            assert_eq!(after(&[statement]).redirects(&column), redirects, "{statement}");
        }
    }

    #[test]
    fn dependents_are_added_by_statements_that_mention_the_object() {
        let footprint = after(&["ALTER TABLE full_one INHERIT empty", "CREATE TABLE x (i int)"]);
        assert!(footprint.adds_dependents(&analyse_one("DROP TABLE empty CASCADE")));
        assert!(!footprint.adds_dependents(&analyse_one("DROP TABLE other CASCADE")));
        assert!(!after(&["SELECT 1"]).adds_dependents(&analyse_one("DROP TABLE other CASCADE")));
    }

    #[test]
    fn a_condition_is_invalidated_by_statements_that_change_what_it_mentions() {
        let delete = analyse_one("DELETE FROM t WHERE i IN (SELECT i FROM doomed)");
        let Some(Action::Delete { table, rows: rows @ RowSelection::Matching(_) }) = delete.own_action() else {
            panic!("{delete:?}")
        };
        let subject = Subject::affected(table, None, rows);
        for (statement, invalid) in [
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
            assert_eq!(after(&[statement]).invalidates(&subject), invalid, "{statement}");
        }
    }

    #[test]
    fn a_count_of_values_is_invalidated_by_one_statement_that_mentions_table_and_column() {
        let nulls = |column: &str| Question::Nulls { column: column.into() };
        let subject = Subject::Rows { schema: None, table: "t".into(), question: nulls("a") };
        for (statements, invalid) in [
            (&["ALTER TABLE t ALTER a SET DEFAULT 1"][..], true),
            (&["ALTER TABLE t ALTER b SET DEFAULT 1", "ALTER TABLE u ALTER a SET DEFAULT 1"], false),
            (&["UPDATE t SET b = 1"], true),
            (&["CREATE INDEX ON t (b)"], false),
        ] {
            assert_eq!(after(statements).invalidates(&subject), invalid, "{statements:?}");
        }
    }
}
