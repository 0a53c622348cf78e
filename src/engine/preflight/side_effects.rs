//! Finds the side effects of a statement on the target: functions that it calls, triggers that it fires, and rewrite rules
//! of the tables and views that it changes. Their bodies are analysed like statements of the script.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error};

use crate::core::hazard::{self, Class, Hazard};
use crate::core::sql::qualify_names;
use crate::core::statement::{
    Action, ScriptState, Statement, analyse_one, analyse_text, analyse_with, names_in, rule_actions,
};

/// The definitions of volatile functions with these names, except those of extensions.
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
/// Commands that do not write rows.
const DEFINES: [&str; 6] = ["create", "alter", "drop", "comment", "grant", "revoke"];
/// Calls are followed to this depth.
const MAX_DEPTH: usize = 8;

/// The names of volatile functions, and of tables with triggers or rules.
const NAMES: &str = "SELECT p.proname::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    UNION SELECT c.relname::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The names of the target's functions and tables that may have side effects. A statement that mentions none of them has no
/// side effects.
#[derive(Debug, Default)]
pub(super) struct SideEffectNames(BTreeSet<String>);

impl SideEffectNames {
    /// Reads the names from the target.
    ///
    /// # Errors
    /// If the server rejects the query.
    pub async fn read(client: &Client) -> Result<Self, Error> {
        Ok(Self(client.query(&qualify_names(NAMES), &[]).await?.iter().map(|row| row.get(0)).collect()))
    }

    /// The names.
    pub fn into_set(self) -> BTreeSet<String> {
        self.0
    }

    /// The names.
    pub const fn as_set(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// The side effects of a statement, as found in the target.
#[derive(Default)]
struct SideEffects {
    /// Definitions of functions.
    functions: Vec<String>,
    /// Calls of trigger functions, and actions of rewrite rules, as SQL.
    fired: BTreeSet<String>,
    /// Whether a rewrite rule cannot be parsed.
    is_unreadable: bool,
}

/// Finds the data that the side effects of a statement destroy. Returns only hazards that `hazards` does not contain.
///
/// # Errors
/// If the server rejects a query.
pub(super) async fn find(client: &Client, statement: &Statement, hazards: &[Hazard]) -> Result<Vec<Hazard>, Error> {
    let caused = follow_names(client, statement).await?;
    if caused.is_unreadable {
        return Ok(vec![hazard::unreadable(String::from("in a rewrite rule"))]);
    }
    if caused.functions.is_empty() && caused.fired.is_empty() {
        return Ok(Vec::new());
    }
    Ok(losses(&caused, statement, hazards))
}

/// Reads the functions, triggers and rules that a statement mentions, and those that their bodies mention, until there are
/// no new names.
async fn follow_names(client: &Client, statement: &Statement) -> Result<SideEffects, Error> {
    let mut names = statement.words().clone();
    let mut caused = SideEffects::default();
    for _ in 0..MAX_DEPTH {
        let known = names.len();
        let list: Vec<&str> = names.iter().map(String::as_str).collect();
        caused.functions =
            client.query(&qualify_names(FUNCTIONS), &[&list]).await?.iter().map(|row| row.get(0)).collect();
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

/// Adds the triggers and rules of the mentioned tables, and the names in them to `found`.
async fn add_fired(
    client: &Client,
    names: &BTreeSet<String>,
    found: &mut BTreeSet<String>,
    caused: &mut SideEffects,
) -> Result<(), Error> {
    let all: Vec<String> = names.iter().chain(found.iter()).cloned().collect();
    let triggers = client.query(&qualify_names(TRIGGERS), &[&all]).await?;
    let rules = client.query(&qualify_names(REWRITES), &[&all]).await?;
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

/// The hazards of side effects, without those in `hazards`.
fn losses(caused: &SideEffects, statement: &Statement, hazards: &[Hazard]) -> Vec<Hazard> {
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

/// Analyses a fired statement. Its condition may refer to the rows of another statement (`OLD`, `NEW`), so it cannot
/// be evaluated separately.
fn analyse_fired(text: &str, state: &ScriptState) -> Vec<Action> {
    let mut actions = analyse_text(text, state).actions.clone();
    actions.iter_mut().for_each(Action::forget_condition);
    actions
}
