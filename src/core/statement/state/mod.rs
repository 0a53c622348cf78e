//! The state of a script between two statements: the objects that earlier statements created, renamed, filled or dropped.
//!
//! A table that the script created contains no earlier data, and no client uses it yet. The state also shows whether a
//! name still refers to the same object as before the script.

mod added;
mod apply;
mod footprint;

use std::collections::{HashMap, HashSet};

use super::Name;
use super::action::{Action, RoutineBody};
use added::AddedColumn;
pub use footprint::Footprint;

/// A schema, and a name in it.
type QualifiedName = (String, String);

/// The name that PostgreSQL uses for the schema of the session's temporary tables.
const TEMPORARY: &str = "pg_temp";

/// The state of a script between two statements.
#[derive(Debug, Clone, Default)]
pub struct ScriptState {
    /// Whether the whole script runs in one transaction.
    pub(super) transactional: bool,
    /// The schema in which unqualified names are looked up first; `None` until the script sets it.
    path: Option<String>,
    /// Relations that the script created, and whether they are still empty.
    relations: HashMap<QualifiedName, bool>,
    /// The names of these relations, as written in the statements that created them.
    written: HashSet<(Option<String>, String)>,
    /// Types and domains that the script created.
    types: HashSet<QualifiedName>,
    /// Former names of types that the script renamed or dropped.
    former_types: HashSet<QualifiedName>,
    /// Functions and procedures that the script created. Overloads have the same name.
    routines: HashMap<QualifiedName, Vec<RoutineBody>>,
    /// Labels that the script added to existing enums.
    labels: Vec<String>,
    /// Check constraints of the form `column IS NOT NULL`.
    checks: Vec<NotNullCheck>,
    /// The types of the columns that the script declares.
    columns: HashMap<(QualifiedName, String), String>,
    /// Constraints that the script added to existing tables.
    constraints: HashSet<(QualifiedName, String)>,
    /// Columns that the script added to existing tables.
    added: Vec<AddedColumn>,
    /// Tables that a later statement drops.
    dropped_later: HashSet<QualifiedName>,
}

/// A check constraint `column IS NOT NULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotNullCheck {
    table: QualifiedName,
    constraint: String,
    column: String,
    is_valid: bool,
}

impl ScriptState {
    /// The state before the first statement.
    #[must_use]
    pub fn new(transactional: bool) -> Self {
        Self { transactional, ..Self::default() }
    }

    /// Whether the script created the relation, so no client uses it yet.
    #[must_use]
    pub fn is_new(&self, relation: &Name) -> bool {
        self.relations.contains_key(&self.key(relation))
    }

    /// Whether the script created the relation and added no rows to it.
    #[must_use]
    pub fn is_empty(&self, relation: &Name) -> bool {
        self.relations.get(&self.key(relation)) == Some(&true)
    }

    /// Whether the script created the relation, and wrote its name exactly like this. A name that is written differently
    /// may refer to another table, because limbeck does not know the search path of the role or database.
    #[must_use]
    pub fn is_surely_new(&self, relation: &Name) -> bool {
        self.is_new(relation) && self.written.contains(&(relation.schema.clone(), relation.name.clone()))
    }

    /// Whether the script created the relation, wrote its name exactly like this, and added no rows to it.
    #[must_use]
    pub fn is_surely_empty(&self, relation: &Name) -> bool {
        self.is_empty(relation) && self.is_surely_new(relation)
    }

    /// Whether the script created the type or domain.
    #[must_use]
    pub fn is_new_type(&self, name: &Name) -> bool {
        self.types.contains(&self.key(name))
    }

    /// Whether the script renamed or dropped a type of this name.
    #[must_use]
    pub fn is_former_type(&self, name: &Name) -> bool {
        self.former_types.contains(&self.key(name))
    }

    /// Whether the script created the function or procedure.
    #[must_use]
    pub fn is_new_routine(&self, name: &Name) -> bool {
        self.routines.contains_key(&self.key(name))
    }

    /// The actions of a call of a function, including those of the functions that it calls, each function once. Only
    /// functions that the script created, or that were added with [`Self::add_routine`], are known.
    #[must_use]
    pub fn actions_of_call(&self, called: &Name) -> Vec<Action> {
        let (mut actions, mut waiting, mut seen) = (Vec::new(), vec![called.clone()], Vec::new());
        while let Some(name) = waiting.pop().filter(|_| !self.routines.is_empty()) {
            if seen.contains(&name) {
                continue;
            }
            for body in self.routines.get(&self.key(&name)).into_iter().flatten() {
                actions.extend(body.actions.iter().cloned());
                waiting.extend(body.calls.iter().cloned());
            }
            seen.push(name);
        }
        actions
    }

    /// Adds a function that exists in the database.
    pub fn add_routine(&mut self, name: &Name, body: RoutineBody) {
        let key = self.key(name);
        self.routines.entry(key).or_default().push(body);
    }

    /// Whether even a plain INSERT must be read completely, because it may call a function of the script or use a new enum
    /// label.
    #[must_use]
    pub fn must_read_inserts(&self) -> bool {
        !self.routines.is_empty() || self.has_new_labels()
    }

    /// Whether the script added labels to enums.
    #[must_use]
    pub const fn has_new_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Whether the script added the label to an enum.
    #[must_use]
    pub fn is_new_label(&self, label: &str) -> bool {
        self.labels.iter().any(|added| added == label)
    }

    /// Whether the script runs in one transaction, in which new labels cannot be used.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// Whether the script added a validated check constraint which ensures that the column is not NULL.
    #[must_use]
    pub fn is_never_null(&self, table: &Name, column: &str) -> bool {
        let table = self.key(table);
        self.checks.iter().any(|check| check.is_valid && check.table == table && check.column == column)
    }

    /// The type of a column, if the script declares it.
    #[must_use]
    pub fn column_type(&self, table: &Name, column: &str) -> Option<&str> {
        self.columns.get(&(self.key(table), column.to_owned())).map(String::as_str)
    }

    /// Whether the script added the constraint.
    #[must_use]
    pub fn is_new_constraint(&self, table: &Name, constraint: &str) -> bool {
        self.constraints.contains(&(self.key(table), constraint.to_owned()))
    }

    /// Whether a later statement of the script drops the table.
    #[must_use]
    pub fn is_dropped_later(&self, table: &Name) -> bool {
        self.dropped_later.contains(&self.key(table))
    }

    /// The name with its schema: the written schema; or that of temporary tables, if there is such a table; or the first
    /// schema of the search path.
    fn key(&self, name: &Name) -> QualifiedName {
        let schema = match &name.schema {
            Some(schema) => schema.clone(),
            None if self.relations.contains_key(&(TEMPORARY.to_owned(), name.name.clone())) => TEMPORARY.to_owned(),
            None => self.path.clone().unwrap_or_else(|| "public".to_owned()),
        };
        (schema, name.name.clone())
    }
}
