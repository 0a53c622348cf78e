//! Renames: the pairs that look like one, what a person types to ask for one, and its statements. None is ever guessed.

mod candidate;
mod likeness;
mod named;
mod path;
mod request;
mod statement;

use crate::core::schema::{Constraint, Kind, ObjectId, Table};

pub use candidate::{Candidate, candidates};
pub use request::{RenameError, parse, parse_all};
pub use statement::statement;

/// What is renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Both of the same kind. A schema that differs means that it moves there.
    Object { old: ObjectId, new: ObjectId },
    /// A value of the enum `of`.
    Label { of: ObjectId, old: String, new: String },
}

/// A rename that was asked for, between names that both schemas have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub subject: Subject,
    /// What a column or constraint belongs to, which its statement names.
    pub holder: Option<Kind>,
}

/// Constraints that differ in nothing but their name: (old name, new name). Where several are alike, none is given.
#[must_use]
pub fn identical_constraints(old: &Table, new: &Table) -> Vec<(String, String)> {
    let gone = own_constraints(old, new);
    let come = own_constraints(new, old);
    let mut pairs = Vec::new();
    for constraint in &gone {
        let alike = |other: &&&Constraint| is_alike(constraint, other);
        let mut twins = come.iter().filter(alike);
        if let (Some(twin), None) = (twins.next(), twins.next())
            && gone.iter().filter(|other| is_alike(constraint, other)).count() == 1
        {
            pairs.push((constraint.name.clone(), twin.name.clone()));
        }
    }
    pairs
}

/// The constraints that a table declares itself, under names that the other has not. One that a parent declares too
/// cannot be renamed by itself.
fn own_constraints<'a>(table: &'a Table, other: &Table) -> Vec<&'a Constraint> {
    let is_shared = |name: &str| other.constraints.iter().any(|constraint| constraint.name == name);
    let own = |constraint: &&Constraint| constraint.local && !constraint.inherited && !is_shared(&constraint.name);
    table.constraints.iter().filter(own).collect()
}

/// Whether only the name differs.
fn is_alike(one: &Constraint, other: &Constraint) -> bool {
    *one == Constraint { name: one.name.clone(), ..other.clone() }
}

#[cfg(test)]
mod tests;
