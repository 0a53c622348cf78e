//! Renames: suggestions, requests by the user, and their statements. limbeck never assumes a rename.

mod candidate;
mod named;
mod request;
mod similarity;
mod statement;
mod typed_name;

use crate::core::schema::{Constraint, Kind, ObjectId, Table};

pub use candidate::{Candidate, candidates};
pub use request::{RenameError, parse, parse_all};
pub use statement::rename_statements;

/// The object or enum value that is renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Both have the same kind. If the schemas differ, the object is moved.
    Object { old: ObjectId, new: ObjectId },
    /// A value of the enum `of`.
    Label { of: ObjectId, old: String, new: String },
}

/// A requested rename. Both schemas have the respective name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub subject: Subject,
    /// The kind of the object to which a column or constraint belongs; the statement needs it.
    pub holder: Option<Kind>,
}

/// Returns constraints that differ only in their name, as (old name, new name). Ambiguous pairs are left out.
#[must_use]
pub fn identical_constraints(old: &Table, new: &Table) -> Vec<(String, String)> {
    let dropped = own_constraints(old, new);
    let added = own_constraints(new, old);
    let mut pairs = Vec::new();
    for constraint in &dropped {
        let is_pair = |other: &&&Constraint| differs_only_in_name(constraint, other);
        let mut matches = added.iter().filter(is_pair);
        if let (Some(matching), None) = (matches.next(), matches.next())
            && dropped.iter().filter(|other| differs_only_in_name(constraint, other)).count() == 1
        {
            pairs.push((constraint.name.clone(), matching.name.clone()));
        }
    }
    pairs
}

/// The constraints that the table itself declares with names that the other table does not have. A constraint that a
/// parent also declares cannot be renamed separately.
fn own_constraints<'a>(table: &'a Table, other: &Table) -> Vec<&'a Constraint> {
    let is_shared = |name: &str| other.constraints.iter().any(|constraint| constraint.name == name);
    let own = |constraint: &&Constraint| constraint.local && !constraint.inherited && !is_shared(&constraint.name);
    table.constraints.iter().filter(own).collect()
}

/// Whether only the names differ.
fn differs_only_in_name(one: &Constraint, other: &Constraint) -> bool {
    *one == Constraint { name: one.name.clone(), ..other.clone() }
}

#[cfg(test)]
mod tests;
