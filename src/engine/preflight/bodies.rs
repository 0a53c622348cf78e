//! Reads what a statement sets off in the target: bodies of functions that are there already, called by name or fired
//! as triggers, and what rules run beside it.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use crate::core::hazard::{self, Class, Hazard};
use crate::core::sql::{leading_words, rule_actions};

/// Definitions of functions of these names that may change something, but for those of extensions.
const FUNCTIONS: &str = "SELECT pg_get_functiondef(p.oid) FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.proname = ANY ($1) AND p.prokind IN ('f', 'p') AND p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend e
                      WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
    ORDER BY p.oid";

/// The functions behind the triggers of tables of these names.
const TRIGGERS: &str = "SELECT DISTINCT p.proname::text, format('SELECT %I.%I()', n.nspname, p.proname) FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relname = ANY ($1) ORDER BY 1, 2";

/// The rules of tables and views of these names, each with the word of the statements that it is for.
const REWRITES: &str = "SELECT pg_get_ruledef(r.oid), (ARRAY['update', 'insert', 'delete'])[r.ev_type::text::int - 1]
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname = ANY ($1) ORDER BY r.oid";

/// Words without one of which no trigger fires.
const WRITES: [&str; 6] = ["insert", "update", "delete", "truncate", "merge", "copy"];
/// First words of statements that write no rows themselves.
const DEFINES: [&str; 6] = ["create", "alter", "drop", "comment", "grant", "revoke"];
/// How far functions are followed that call functions.
const DEEPEST: usize = 8;

/// The names in a target that set something off: functions that may change something, and tables with triggers.
const NAMES: &str = "SELECT p.proname::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    UNION SELECT c.relname::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Names without one of which a statement sets nothing off.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Asks the target.
    ///
    /// # Errors
    /// As the server says.
    pub async fn of(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self(client.query(NAMES, &[]).await?.iter().map(|row| row.get(0)).collect()))
    }

    /// Whether a statement has to be looked at.
    pub fn concern(&self, sql: &str) -> bool {
        !self.0.is_empty() && !self.0.is_disjoint(&words(sql))
    }
}

/// What is lost by what the statement sets off and none of its own hazards is about.
///
/// # Errors
/// As the server says.
pub(super) async fn set_off(
    client: &Client,
    sql: &str,
    hazards: &[Hazard],
) -> Result<Vec<Hazard>, tokio_postgres::Error> {
    let mut names = words(sql);
    let (mut bodies, mut fired): (Vec<String>, BTreeSet<String>) = Default::default();
    for _ in 0..DEEPEST {
        let known = names.len();
        let list: Vec<&str> = names.iter().map(String::as_str).collect();
        bodies = client.query(FUNCTIONS, &[&list]).await?.iter().map(|row| row.get(0)).collect();
        let mut found: BTreeSet<String> = bodies.iter().flat_map(|body| words(body)).collect();
        let defines =
            bodies.is_empty() && leading_words(sql).first().is_some_and(|word| DEFINES.contains(&word.as_str()));
        if !defines && WRITES.iter().any(|word| names.contains(*word) || found.contains(*word)) {
            let all: Vec<&str> = names.iter().chain(&found).map(String::as_str).collect();
            let rows = client.query(TRIGGERS, &[&all]).await?;
            let triggers: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            let rules = client.query(REWRITES, &[&all]).await?;
            for (name, call) in triggers {
                found.insert(name);
                fired.insert(call);
            }
            for row in rules {
                let (definition, word): (&str, &str) = (row.get(0), row.get(1));
                if !names.contains(word) && !found.contains(word) {
                    continue;
                }
                let Some(actions) = rule_actions(definition) else {
                    return Ok(vec![hazard::unreadable(String::from("a rule of what it writes to"))]);
                };
                found.extend(actions.iter().flat_map(|action| words(action)));
                fired.extend(actions);
            }
        }
        names.append(&mut found);
        if names.len() == known {
            break;
        }
    }
    if bodies.is_empty() && fired.is_empty() {
        return Ok(Vec::new());
    }
    Ok(read(&bodies, sql, &fired, hazards))
}

/// The same, once the bodies are there.
fn read(bodies: &[String], sql: &str, fired: &BTreeSet<String>, hazards: &[Hazard]) -> Vec<Hazard> {
    let mut lost: Vec<Hazard> = Vec::new();
    let statements = std::iter::once(sql).chain(fired.iter().map(String::as_str));
    for statement in statements {
        let text = bodies.iter().map(String::as_str).chain([statement]).map(|part| format!("{part}\n;\n"));
        let Ok(reading) = hazard::read(&text.collect::<String>(), true) else {
            return vec![hazard::unreadable(String::from("what it calls"))];
        };
        let found = reading.statements.into_iter().next_back().map(|last| last.hazards).unwrap_or_default();
        for hazard in found.into_iter().filter(|hazard| hazard.class == Class::DataLoss) {
            let same = |one: &Hazard| (one.code, &one.object) == (hazard.code, &hazard.object);
            if !hazards.iter().chain(&lost).any(same) {
                lost.push(Hazard { allowed: None, ..hazard });
            }
        }
    }
    lost
}

/// Everything that may be a name, as written and in lower case.
pub(in crate::engine) fn words(text: &str) -> BTreeSet<String> {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let words = text.split(|letter| !inside(letter)).filter(|word| !word.is_empty());
    let quoted = text.split('"').skip(1).step_by(2).flat_map(|name| [name.to_owned(), name.to_lowercase()]);
    words.flat_map(|word| [word.to_owned(), word.to_lowercase()]).chain(quoted).collect()
}
