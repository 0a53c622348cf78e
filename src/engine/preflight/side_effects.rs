//! Finds what a statement causes in the target: the functions that it calls, the triggers that it fires, and the rewrite
//! rules of what it changes. Their bodies are analysed like statements of the script.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error};

use crate::core::hazard::{self, Class, Hazard};
use crate::core::statement::{
    Action, ScriptState, Statement, analyse_one, analyse_text, analyse_with, names_in, rule_actions,
};

/// The definitions of functions with these names that may change something, except those of extensions.
const FUNCTIONS: &str = "SELECT pg_get_functiondef(p.oid) FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.proname = ANY ($1) AND p.prokind IN ('f', 'p') AND p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend e
                      WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
    ORDER BY p.oid";

/// The trigger functions of tables with these names.
const TRIGGERS: &str = "SELECT DISTINCT p.proname::text, format('SELECT %I.%I()', n.nspname, p.proname) FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relname = ANY ($1) ORDER BY 1, 2";

/// The rewrite rules of tables and views with these names, each with the command that it applies to.
const REWRITES: &str = "SELECT pg_get_ruledef(r.oid), (ARRAY['update', 'insert', 'delete'])[r.ev_type::text::int - 1]
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname = ANY ($1) ORDER BY r.oid";

/// No trigger fires without one of these words.
const WRITES: [&str; 6] = ["insert", "update", "delete", "truncate", "merge", "copy"];
/// Commands that do not write rows themselves.
const DEFINES: [&str; 6] = ["create", "alter", "drop", "comment", "grant", "revoke"];
/// Calls are followed to this depth.
const MAX_DEPTH: usize = 8;

/// The names in the target that cause something: functions that may change data, and tables with triggers or rules.
const NAMES: &str = "SELECT p.proname::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    UNION SELECT c.relname::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Names of the target that cause something. A statement that mentions none of them has no side effects.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Reads them.
    ///
    /// # Errors
    /// If the server rejects the query.
    pub async fn read(client: &Client) -> Result<Self, Error> {
        Ok(Self(client.query(NAMES, &[]).await?.iter().map(|row| row.get(0)).collect()))
    }

    /// The names.
    pub const fn as_set(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// What was found in the target.
#[derive(Default)]
struct Caused {
    /// Definitions of functions.
    functions: Vec<String>,
    /// Calls of trigger functions, and actions of rules, as SQL.
    fired: BTreeSet<String>,
    /// A rule that cannot be read.
    is_unreadable: bool,
}

/// The data that the side effects of a statement lose, and that none of its own hazards is about.
///
/// # Errors
/// If the server rejects a query.
pub(super) async fn find(client: &Client, statement: &Statement, hazards: &[Hazard]) -> Result<Vec<Hazard>, Error> {
    let caused = follow(client, statement).await?;
    if caused.is_unreadable {
        return Ok(vec![hazard::unreadable(String::from("a rule of a table that it changes"))]);
    }
    if caused.functions.is_empty() && caused.fired.is_empty() {
        return Ok(Vec::new());
    }
    Ok(losses(&caused, statement, hazards))
}

/// Follows names until no new ones are found.
async fn follow(client: &Client, statement: &Statement) -> Result<Caused, Error> {
    let mut names = statement.words().clone();
    let mut caused = Caused::default();
    for _ in 0..MAX_DEPTH {
        let known = names.len();
        let list: Vec<&str> = names.iter().map(String::as_str).collect();
        caused.functions = client.query(FUNCTIONS, &[&list]).await?.iter().map(|row| row.get(0)).collect();
        let mut found: BTreeSet<String> = caused.functions.iter().flat_map(|body| names_in(body)).collect();
        let only_defines = caused.functions.is_empty() && statement.command.is_one_of(&DEFINES);
        if !only_defines && WRITES.iter().any(|word| names.contains(*word) || found.contains(*word)) {
            add_fired(client, &names, &mut found, &mut caused).await?;
        }
        names.append(&mut found);
        if names.len() == known || caused.is_unreadable {
            break;
        }
    }
    Ok(caused)
}

/// Adds triggers and rules of the tables that are mentioned.
async fn add_fired(
    client: &Client,
    names: &BTreeSet<String>,
    found: &mut BTreeSet<String>,
    caused: &mut Caused,
) -> Result<(), Error> {
    let all: Vec<String> = names.iter().chain(found.iter()).cloned().collect();
    let triggers = client.query(TRIGGERS, &[&all]).await?;
    let rules = client.query(REWRITES, &[&all]).await?;
    for row in triggers {
        found.insert(row.get(0));
        caused.fired.insert(row.get(1));
    }
    for row in rules {
        let (definition, command): (&str, &str) = (row.get(0), row.get(1));
        if !names.contains(command) && !found.contains(command) {
            continue;
        }
        let Some(actions) = rule_actions(definition) else {
            caused.is_unreadable = true;
            return Ok(());
        };
        found.extend(actions.iter().flat_map(|action| names_in(action)));
        caused.fired.extend(actions);
    }
    Ok(())
}

/// The same, once everything has been read.
fn losses(caused: &Caused, statement: &Statement, hazards: &[Hazard]) -> Vec<Hazard> {
    let mut state = ScriptState::new(true);
    for definition in &caused.functions {
        state.apply(&analyse_one(definition));
    }
    let statement = analyse_with(statement, &state);
    let called = statement.calls.iter().flat_map(|name| state.actions_of_call(name));
    let fired = caused.fired.iter().flat_map(|text| analyse_fired(text, &state));
    let actions: Vec<Action> = called.chain(fired).collect();
    let mut lost: Vec<Hazard> = Vec::new();
    for found in hazard::examine_actions(&actions, &state) {
        let is_same = |known: &Hazard| (known.code, &known.object) == (found.code, &found.object);
        if found.class == Class::DataLoss && !hazards.iter().chain(&lost).any(is_same) {
            lost.push(found);
        }
    }
    lost
}

/// The condition of a rule's action refers to the rows of another statement, so that it cannot be evaluated.
fn analyse_fired(text: &str, state: &ScriptState) -> Vec<Action> {
    let mut actions = analyse_text(text, state).actions.clone();
    actions.iter_mut().for_each(Action::forget_condition);
    actions
}
