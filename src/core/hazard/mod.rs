//! Finds the hazards of statements. Rules examine the actions of an analysed statement. The affected rows and values are
//! counted later, on the target (`engine::preflight`).

mod allow;
#[cfg(test)]
pub(in crate::core) mod cases;
mod class;
mod code;
mod evidence;
mod finding;
mod rule;
mod rules;
mod section;

pub use allow::Remark;
pub use class::Class;
pub use code::Code;
pub use evidence::Evidence;
pub use finding::{Hazard, Origin};
pub use rule::Rule;
pub use rules::RULES;
pub use section::{ExaminedSection, ExaminedStatement};

use crate::core::graph::{Direction, RevisionId};
use crate::core::script::SqlCode;
use crate::core::sql::{SplitError, split};
use crate::core::statement::{Action, Effect, ScriptState, Statement, Subject, analyse_one, analyse_section};

/// The hazards of one statement; `state` is the state that earlier statements have left.
#[must_use]
pub fn examine(statement: &Statement, state: &ScriptState) -> Vec<Hazard> {
    rule::examine(RULES, &statement.actions, state)
}

/// The hazards of actions; one hazard for each rule and object.
#[must_use]
pub fn examine_actions(actions: &[Action], state: &ScriptState) -> Vec<Hazard> {
    rule::examine(RULES, actions, state)
}

/// The hazards of a text that contains one statement, which has no earlier statements.
#[must_use]
pub fn examine_one(sql: &str) -> Vec<Hazard> {
    examine(&analyse_one(sql), &ScriptState::new(true))
}

/// Examines a section of a SQL script. Line numbers are relative to the section.
///
/// # Errors
/// As [`split`].
pub fn examine_script(
    revision: &RevisionId,
    code: &SqlCode,
    direction: Direction,
) -> Result<ExaminedSection, SplitError> {
    let section = code.section(direction);
    let whole = match direction {
        Direction::Upgrade => irreversible(revision, code),
        Direction::Downgrade => None,
    };
    Ok(section::examine_section(RULES, analyse_section(&section.sql)?, section.is_transactional(), whole))
}

/// Examines SQL as a section. `transactional`: it runs in a transaction if all its statements allow this.
///
/// # Errors
/// As [`split`].
pub fn examine_sql(sql: &str, transactional: bool) -> Result<ExaminedSection, SplitError> {
    Ok(section::examine_section(RULES, analyse_section(sql)?, transactional, None))
}

/// Examines the statements that a Python script has sent. `one_way`: the revision, if its downgrade does nothing.
#[must_use]
pub fn examine_recorded(
    statements: Vec<Statement>,
    transactional: bool,
    one_way: Option<&RevisionId>,
) -> Vec<ExaminedStatement> {
    let whole = one_way.map(|revision| rules::EMPTY_DOWNGRADE.hazard(revision.to_string(), Effect::Other));
    section::examine_section(RULES, statements, transactional, whole).statements
}

/// The hazard of a script whose upgrade contains statements and whose downgrade contains none. A section that cannot be
/// split counts as containing statements.
fn irreversible(revision: &RevisionId, code: &SqlCode) -> Option<Hazard> {
    let is_empty = |sql: &str| split(sql).is_ok_and(|statements| statements.is_empty());
    let is_one_way = !is_empty(&code.upgrade.sql) && is_empty(&code.downgrade.sql);
    is_one_way.then(|| rules::EMPTY_DOWNGRADE.hazard(revision.to_string(), Effect::Other))
}

/// The hazard on an object that CASCADE drops, or `empties` with TRUNCATE, on a target.
#[must_use]
pub fn cascade(object: String, subject: Subject, empties: bool) -> Hazard {
    let title = if empties { "emptied by CASCADE" } else { rules::CASCADE.title };
    Hazard { title, ..rules::CASCADE.hazard(object, Effect::Cascades(subject)) }
}

/// The hazard on rows that a foreign key deletes, or on a column that it overwrites.
#[must_use]
pub fn foreign_key(object: String, subject: Subject, deletes: bool) -> Hazard {
    let title = if deletes { "deleted by a foreign key" } else { "overwritten by a foreign key" };
    Hazard { title, ..rules::CASCADE.hazard(object, Effect::Cascades(subject)) }
}

/// The hazard on code that cannot be analysed before it runs.
#[must_use]
pub fn unreadable(object: String) -> Hazard {
    rules::UNREADABLE.hazard(object, rules::UNREADABLE_EFFECT)
}

/// The rule with a code, in upper or lower case.
#[must_use]
pub fn find_rule(code: &str) -> Option<&'static Rule> {
    let code = Code::parse(code)?;
    RULES.iter().find(|rule| rule.code == code)
}

/// The rules whose codes are similar to a text: those that start with it, otherwise those that differ in one or two
/// characters.
#[must_use]
pub fn nearest_rules(text: &str) -> Vec<&'static Rule> {
    let typed = text.trim().to_uppercase();
    let begins = |rule: &&Rule| rule.code.as_str().starts_with(&typed) && !typed.is_empty();
    let beginning: Vec<&Rule> = RULES.iter().filter(begins).collect();
    if !beginning.is_empty() {
        return beginning;
    }
    let distance = |rule: &'static Rule| (strsim::levenshtein(rule.code.as_str(), &typed), rule);
    let mut similar: Vec<(usize, &Rule)> = RULES.iter().map(distance).filter(|(distance, _)| *distance <= 2).collect();
    similar.sort_by_key(|(distance, _)| *distance);
    let closest = similar.first().map_or(0, |(distance, _)| *distance);
    similar.into_iter().take_while(|(distance, _)| *distance == closest).map(|(_, rule)| rule).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_a_downgrade_is_found_once_on_its_first_statement() {
        let found = |upgrade: &str, downgrade: &str| {
            let text = format!(
                "-- m\n--\n-- Revision ID: a1\n-- Revises:\n\n-- @upgrade\n{upgrade}\n-- @downgrade\n{downgrade}\n"
            );
            let script = crate::core::script::Script::parse(&text).unwrap();
            let of = |direction| examine_script(&script.revision, script.sql().unwrap(), direction).unwrap().statements;
            let both = of(Direction::Upgrade).into_iter().chain(of(Direction::Downgrade));
            let hazards = both.flat_map(|statement| statement.hazards);
            hazards.map(|hazard| (hazard.code.as_str(), hazard.allowed)).collect::<Vec<_>>()
        };
        assert_eq!(found("SELECT 1; SELECT 2;", ""), [("IR701", None)]);
        assert_eq!(found("SELECT 1;", "-- nothing to do"), [("IR701", None)]);
        assert_eq!(found("SELECT 1;", "SELECT 1;"), []);
        assert_eq!(found("-- merge", ""), []);
        let reason = Some(String::from("labels stay"));
        assert_eq!(found("-- limbeck: allow IR701 because labels stay\nSELECT 1;", ""), [("IR701", reason)]);
    }
}
