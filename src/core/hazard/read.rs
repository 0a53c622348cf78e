//! A section from top to bottom: the hazards of each statement, seen with what the statements above it did.

use squawk_syntax::ast::{AstNode, Insert, Stmt};

use super::allow::{self, Remark};
use super::context::Context;
use super::name::Name;
use super::part::{only_inserts, parts};
use super::rules::IRREVERSIBLE;
use super::{Hazard, RULES};
use crate::core::graph::Direction;
use crate::core::script::Script;
use crate::core::sql::tree::{self, Tree};
use crate::core::sql::{SplitError, Statement, Transactional, split, transactional};

/// A section with what was found in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    pub statements: Vec<ReadStatement>,
    /// What is wrong with notes in it.
    pub remarks: Vec<Remark>,
}

/// One statement with its hazards, not counted.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadStatement {
    pub statement: Statement,
    pub transactional: Transactional,
    pub hazards: Vec<Hazard>,
}

/// Reads a section of a script. Lines are counted in the section's SQL.
///
/// # Errors
/// As [`split`].
pub fn read_section(script: &Script, direction: Direction) -> Result<Reading, SplitError> {
    let section = script.section(direction);
    let whole = match direction {
        Direction::Upgrade => irreversible(script),
        Direction::Downgrade => None,
    };
    reading(&section.sql, section.transactional, whole)
}

/// Reads SQL that stands for a section; `transactional` as its marker would say.
///
/// # Errors
/// As [`split`].
pub fn read(sql: &str, transactional: bool) -> Result<Reading, SplitError> {
    reading(sql, transactional, None)
}

/// `whole` is a hazard of the section as a whole, told on its first statement.
fn reading(sql: &str, transactional: bool, mut whole: Option<Hazard>) -> Result<Reading, SplitError> {
    let statements = split(sql)?;
    let modes: Vec<Transactional> = statements.iter().map(|statement| self::transactional(&statement.text)).collect();
    let together = transactional && !modes.iter().any(|mode| matches!(mode, Transactional::No(_)));
    let mut context = Context::new(together);
    let trees: Vec<Option<Tree>> = statements.iter().map(|statement| parsed(&statement.text)).collect();
    trees.iter().flatten().for_each(|tree| context.foresee(&tree.statement));
    let mut reading = Reading::default();
    for ((statement, tree), mode) in statements.into_iter().zip(trees).zip(modes) {
        let mut hazards = one(&statement.text, tree, &mut context);
        hazards.extend(whole.take());
        reading.remarks.extend(allow::take(sql, statement.line, &mut hazards));
        reading.statements.push(ReadStatement { statement, transactional: mode, hazards });
    }
    Ok(reading)
}

/// The hazard of a script whose upgrade does something and whose downgrade does nothing. A section that cannot be
/// split is taken to do something.
fn irreversible(script: &Script) -> Option<Hazard> {
    let empty = |sql: &str| split(sql).is_ok_and(|statements| statements.is_empty());
    let one_way = !empty(&script.upgrade.sql) && empty(&script.downgrade.sql);
    one_way.then(|| IRREVERSIBLE.on(script.revision.to_string()))
}

/// The hazards of a statement without others around it.
pub fn alone(statement: &str) -> Vec<Hazard> {
    let mut context = Context::new(true);
    one(statement, parsed(statement), &mut context)
}

/// Long INSERTs are not parsed.
fn parsed(statement: &str) -> Option<Tree> {
    if only_inserts(statement) { None } else { tree::parse(statement) }
}

fn one(statement: &str, tree: Option<Tree>, context: &mut Context) -> Vec<Hazard> {
    if tree.is_none() && only_inserts(statement) && !context.reads_inserts() {
        if let Some(name) = filled(statement) {
            context.learn_insert(&name);
        }
        return Vec::new();
    }
    let tree = tree.or_else(|| tree::parse(statement));
    let parts = parts(statement, tree.as_ref(), context);
    let mut found: Vec<Hazard> = Vec::new();
    for part in &parts {
        for hazard in RULES.iter().flat_map(|rule| rule.hazards(part, context)) {
            if !found.iter().any(|known| known.code == hazard.code && known.object == hazard.object) {
                found.push(hazard);
            }
        }
    }
    context.learn(tree.as_ref().map(|tree| &tree.statement), &parts);
    found
}

/// The table that an INSERT fills, from its beginning alone.
fn filled(statement: &str) -> Option<Name> {
    const BEGINNING: usize = 400;
    let end = statement.char_indices().nth(BEGINNING).map_or(statement.len(), |(end, _)| end);
    let Stmt::Insert(insert) = tree::parse(statement.get(..end)?)?.statement else { return None };
    let name = Insert::cast(insert.syntax().clone())?.relation_name_ref()?;
    Name::of(name.syntax())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_a_way_back_is_told_once_on_its_first_statement() {
        let found = |upgrade: &str, downgrade: &str| {
            let text = format!(
                "-- m\n--\n-- Revision ID: a1\n-- Revises:\n\n-- @upgrade\n{upgrade}\n-- @downgrade\n{downgrade}\n"
            );
            let script = Script::parse(&text).unwrap();
            let of = |direction| read_section(&script, direction).unwrap().statements;
            let both = of(Direction::Upgrade).into_iter().chain(of(Direction::Downgrade));
            both.flat_map(|statement| statement.hazards).map(|hazard| (hazard.code, hazard.allowed)).collect::<Vec<_>>()
        };
        assert_eq!(found("SELECT 1; SELECT 2;", ""), [("IR701", None)]);
        assert_eq!(found("SELECT 1;", "-- nothing to do"), [("IR701", None)]);
        assert_eq!(found("SELECT 1;", "SELECT 1;"), []);
        assert_eq!(found("-- merge", ""), []);
        let because = Some(String::from("labels stay"));
        assert_eq!(found("-- limbeck: allow IR701 because labels stay\nSELECT 1;", ""), [("IR701", because)]);
    }
}
