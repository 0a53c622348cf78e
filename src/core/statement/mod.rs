//! Analyses statements: the text of each statement is parsed once, and the result is plain data.
//!
//! Only this module calls the SQL parser. A [`Statement`] contains what the statement does ([`Action`]), how PostgreSQL
//! runs it ([`Transaction`]), and the names that it calls and mentions. Hazard rules, counting, approval, copying and the
//! replay on a scratch database read this data. None of them reads the text again.
//!
//! [`analyse`] analyses one statement. Its input includes the [`ScriptState`] that the earlier statements have left.

pub mod action;
pub mod cast;
mod cluster;
mod command;
mod definition;
mod depth;
mod effect;
mod index;
mod name;
mod parse;
mod question;
mod read;
mod reads;
mod roles;
mod rollback;
mod row_sources;
mod rows;
mod state;
mod subject;
mod trace;
mod transaction;
mod words;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::core::sql::{SourceStatement, SplitError, split};
pub use action::Action;
pub use cluster::roles_created;
pub use command::CommandWords;
pub use definition::find_definition;
pub use effect::{DroppedObject, Effect, NotCopied};
pub use index::{IndexChange, NewIndex};
pub use name::Name;
pub use question::Question;
pub use read::rule_actions;
pub use roles::roles_named;
pub use rollback::permanent_functions_pattern;
pub use row_sources::RowSources;
pub use rows::{RowFilter, RowSelection, table_sql};
pub use state::{Footprint, ScriptState};
pub use subject::Subject;
pub use trace::Trace;
pub use transaction::Transaction;

/// An analysed statement. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement(Arc<Facts>);

/// The facts about a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub source: SourceStatement,
    /// The words that it starts with.
    pub command: CommandWords,
    /// Whether PostgreSQL runs it inside a transaction block.
    pub transaction: Transaction,
    /// What it does, in the order of its text.
    pub actions: Vec<Action>,
    /// The functions that it calls.
    pub calls: Vec<Name>,
    /// The trace that it leaves in the catalog, which shows after a crash whether it took effect.
    pub trace: Trace,
    /// What it does to indexes that may be invalid, or may exist already.
    pub index_change: Option<IndexChange>,
    /// The change that it makes outside its database, e.g. `creates a role`.
    pub cluster_effect: Option<&'static str>,
    /// If the parser does not understand it completely: the word at which the parser stopped.
    pub not_parsed_at: Option<String>,
    has_own_action: bool,
    words: OnceLock<BTreeSet<String>>,
}

impl std::ops::Deref for Statement {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Facts {
    /// The statement as SQL.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.source.text
    }

    /// The action of the statement itself, not of one of its parts. `None` if there is no [`Action`] for it.
    #[must_use]
    pub fn own_action(&self) -> Option<&Action> {
        self.actions.first().filter(|_| self.has_own_action)
    }

    /// Whether dependent objects may also be dropped or emptied.
    #[must_use]
    pub fn cascades(&self) -> bool {
        self.actions.iter().any(Action::cascades)
    }

    /// Whether the server reports a row count for it.
    #[must_use]
    pub fn counts_rows(&self) -> bool {
        self.command.counts_rows()
    }

    /// Whether it waits for all older transactions, which may take long, and blocks no other session meanwhile.
    #[must_use]
    pub fn waits_by_design(&self) -> bool {
        let rebuilds = |change: &IndexChange| matches!(change, IndexChange::Rebuild(reindex) if reindex.concurrently);
        matches!(self.transaction, Transaction::Forbidden(name) if name.ends_with(" CONCURRENTLY"))
            || self.index_change.as_ref().is_some_and(rebuilds)
    }

    /// Whether it changes rows itself.
    #[must_use]
    pub fn changes_rows(&self) -> bool {
        let is_change = |action: &Action| {
            matches!(
                action,
                Action::AddRows { .. } | Action::Update(_) | Action::Delete { .. } | Action::Truncate { .. }
            )
        };
        self.actions.iter().any(is_change)
    }

    /// Whether it may write values into an existing column.
    #[must_use]
    pub fn may_write_values(&self) -> bool {
        self.is_select_with_effects()
            || self.command.is_one_of(&["update", "insert", "with", "merge", "do", "call", "execute", "copy", "alter"])
    }

    /// Whether it may insert rows, also by a trigger or by a function that it calls.
    #[must_use]
    pub fn may_insert_rows(&self) -> bool {
        let words = ["insert", "update", "delete", "with", "merge", "copy", "do", "call", "execute"];
        let has_rows = |action: &Action| matches!(action, Action::CreateTable(create) if create.has_rows);
        let is_understood = self.not_parsed_at.is_none();
        // TEMP and UNLOGGED stand before TABLE.
        if self.command.first() == "create" {
            return !is_understood || self.actions.iter().any(has_rows);
        }
        self.is_select_with_effects() || self.command.is_one_of(&words)
    }

    /// Whether it is a SELECT that may change data: it calls functions, or has a part that changes rows.
    fn is_select_with_effects(&self) -> bool {
        self.command.first() == "select"
            && (self.not_parsed_at.is_some() || !self.calls.is_empty() || !self.actions.is_empty())
    }

    /// Whether it can run in a transaction of its own with the same effect as outside a transaction. Not true for calls,
    /// which may commit.
    #[must_use]
    pub fn may_run_in_own_transaction(&self) -> bool {
        let may_commit =
            || ["commit", "rollback", "call", "execute", "language"].iter().any(|word| self.words().contains(*word));
        self.transaction == Transaction::Allowed
            && match self.command.first() {
                "do" => !may_commit(),
                _ => self
                    .command
                    .is_one_of(&["update", "delete", "insert", "merge", "with", "truncate", "drop", "alter"]),
            }
    }

    /// Whether it is `SET CONSTRAINTS`.
    #[must_use]
    pub fn sets_constraints(&self) -> bool {
        self.command.starts_with(&["set", "constraints"])
    }

    /// All its words that may be names, as written and in lower case.
    #[must_use]
    pub fn words(&self) -> &BTreeSet<String> {
        self.words.get_or_init(|| words::all(self.sql()))
    }

    /// Whether it mentions one of the names.
    #[must_use]
    pub fn mentions_any(&self, names: &BTreeSet<String>) -> bool {
        !names.is_empty() && !names.is_disjoint(self.words())
    }

    /// Whether it contains names with Unicode escapes (`U&"…"`), which [`Self::words`] does not decode.
    #[must_use]
    pub fn has_unicode_names(&self) -> bool {
        let sql = self.sql();
        sql.contains("U&") || sql.contains("u&")
    }

    /// The name of an effect that a rollback does not undo, e.g. `setval`; `None` if its text shows no such effect.
    /// `functions` are the names of functions of the database, and of tables with triggers, that have such effects.
    #[must_use]
    pub fn permanent_effect(&self, functions: &[String]) -> Option<String> {
        rollback::permanent_effect(self, functions)
    }
}

/// Analyses one statement; `state` is the state that earlier statements of the script have left. The caller then applies
/// the statement to the state with [`ScriptState::apply`].
#[must_use]
pub fn analyse(source: SourceStatement, state: &ScriptState) -> Statement {
    let command = CommandWords::of(&source.text);
    let mut facts = Facts {
        command,
        transaction: Transaction::Allowed,
        actions: Vec::new(),
        calls: Vec::new(),
        trace: Trace::None,
        index_change: None,
        cluster_effect: None,
        not_parsed_at: None,
        has_own_action: false,
        words: OnceLock::new(),
        source,
    };
    if let Some(insert) = read::plain_insert(facts.sql(), state) {
        facts.actions.extend(insert.table.map(|table| Action::AddRows { table }));
        return Statement(Arc::new(facts));
    }
    let tree = parse::parse(facts.sql());
    let read = read::read(facts.sql(), tree.as_ref(), state);
    (facts.actions, facts.calls, facts.has_own_action) = (read.actions, read.calls, read.has_own_action);
    facts.transaction = transaction::of(tree.as_ref(), &facts.command);
    facts.trace = tree.as_ref().map_or(Trace::None, |tree| trace::of(&tree.statement));
    let own = facts.actions.first().filter(|_| facts.has_own_action);
    facts.index_change = tree.as_ref().and_then(|tree| index::of(facts.sql(), tree, own));
    facts.cluster_effect = cluster::effect(facts.sql(), tree.as_ref());
    facts.not_parsed_at = not_parsed_at(facts.sql(), tree.as_ref());
    Statement(Arc::new(facts))
}

/// The word at which the parser stopped understanding a statement.
fn not_parsed_at(sql: &str, tree: Option<&parse::Tree>) -> Option<String> {
    let at = match tree {
        Some(tree) if tree.complete => return None,
        Some(tree) => tree.stopped_at.unwrap_or_default(),
        None => 0,
    };
    let rest = sql.get(at..).unwrap_or_default();
    let word = rest.split_whitespace().next().or_else(|| sql.split_whitespace().next_back());
    word.map(|word| word.chars().take(40).collect())
}

/// Analyses a statement again for another state. Only a plain INSERT can differ: if the state contains functions, it may
/// call one of them and must be read completely.
#[must_use]
pub fn analyse_with(statement: &Statement, state: &ScriptState) -> Statement {
    let was_skipped = statement.command.first() == "insert" && statement.calls.is_empty();
    if was_skipped && state.must_read_inserts() {
        return analyse(statement.source.clone(), state);
    }
    statement.clone()
}

/// All words of a text that may be names, as written and in lower case.
#[must_use]
pub fn names_in(text: &str) -> BTreeSet<String> {
    words::all(text)
}

/// Analyses a text that contains one statement; `state` is the state that earlier statements have left.
#[must_use]
pub fn analyse_text(text: &str, state: &ScriptState) -> Statement {
    analyse(SourceStatement { text: text.to_owned(), line: 1, column: 1, ..SourceStatement::default() }, state)
}

/// Analyses a text that contains one statement, which has no earlier statements.
#[must_use]
pub fn analyse_one(text: &str) -> Statement {
    analyse_text(text, &ScriptState::new(true))
}

/// Analyses all statements of a section, in order. Line numbers are relative to the section.
///
/// # Errors
/// As [`split`].
pub fn analyse_section(sql: &str) -> Result<Vec<Statement>, SplitError> {
    let mut state = ScriptState::new(true);
    let analysed = split(sql)?.into_iter().map(|source| {
        let statement = analyse(source, &state);
        state.apply(&statement);
        statement
    });
    Ok(analysed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a statement may do: insert rows, write values, and run in a transaction of its own.
    #[test]
    fn effects_outside_a_transaction_are_known() {
        for (sql, expected) in [
            ("SELECT 1", [false, false, false]),
            ("SELECT a FROM t", [false, false, false]),
            ("SELECT f(1)", [true, true, false]),
            ("SELECT setval('s', 1)", [true, true, false]),
            ("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", [true, true, true]),
            ("INSERT INTO t VALUES (1)", [true, true, true]),
            ("UPDATE t SET a = 1", [true, true, true]),
            ("DELETE FROM t", [true, false, true]),
            ("TRUNCATE t", [false, false, true]),
            ("CREATE TABLE t (a int DEFAULT 1)", [false, false, false]),
            ("CREATE TABLE t AS SELECT 1 AS a", [true, false, false]),
            ("CREATE INDEX i ON t (a)", [false, false, false]),
            ("DROP INDEX i", [false, false, true]),
            ("ALTER TABLE t ADD COLUMN a int", [false, true, true]),
            ("DO $$ BEGIN DELETE FROM t; END $$", [true, true, true]),
            ("DO $$ BEGIN DELETE FROM t; COMMIT; END $$", [true, true, false]),
            ("DO $$ BEGIN CALL p(); END $$", [true, true, false]),
            ("DO LANGUAGE plpython3u $$ plpy.commit() $$", [true, true, false]),
            ("CALL p()", [true, true, false]),
            ("VACUUM t", [false, false, false]),
        ] {
            let statements = analyse_section(sql).unwrap();
            let [statement] = statements.as_slice() else { panic!("{sql}") };
            let may =
                [statement.may_insert_rows(), statement.may_write_values(), statement.may_run_in_own_transaction()];
            assert_eq!(may, expected, "{sql}");
        }
    }
}
