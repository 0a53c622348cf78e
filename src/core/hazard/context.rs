//! What the statements above did: tables that they made hold nothing that could be lost, locked or broken.

use std::collections::{HashMap, HashSet};

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, Type};

use super::added::Added;
use super::name::Name;

/// A name with the schema that it stands for.
type Key = (String, String);

/// A section while it is read from top to bottom.
#[derive(Debug, Default)]
pub struct Context {
    /// Whether all of it runs in one transaction.
    pub(super) transactional: bool,
    /// Where names without a schema are looked for first; `None` as long as nothing says otherwise.
    pub(super) path: Option<String>,
    /// Relations that were made above, and whether nothing was put into them since.
    pub(super) relations: HashMap<Key, bool>,
    /// Their names as they were written when they were made.
    pub(super) written: HashSet<(Option<String>, String)>,
    pub(super) types: HashSet<Key>,
    /// Names that types had before they were renamed, or that were dropped.
    pub(super) former_types: HashSet<Key>,
    /// Functions and procedures that were made above, with the statements that made them.
    pub(super) routines: HashMap<Key, Vec<SyntaxNode>>,
    /// Labels that were added to enums above.
    pub(super) labels: Vec<String>,
    /// Columns that a check says are never NULL, by table: the constraint, and whether it was validated.
    pub(super) checks: Vec<Check>,
    /// Types of columns, where a statement above tells.
    pub(super) columns: HashMap<(Key, String), String>,
    /// Foreign keys and other constraints that were made above on tables that stand.
    pub(super) constraints: HashSet<(Key, String)>,
    /// Columns that were added above.
    pub(super) added: Vec<Added>,
    /// Tables that statements below drop.
    pub(super) doomed: HashSet<Key>,
}

/// A check `column IS NOT NULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub table: Key,
    pub constraint: String,
    pub column: String,
    pub valid: bool,
}

impl Context {
    /// A section about to be read.
    pub fn new(transactional: bool) -> Self {
        Self { transactional, ..Self::default() }
    }

    /// Whether the relation was made above, so that nobody uses it yet.
    pub fn is_new(&self, relation: &Name) -> bool {
        self.relations.contains_key(&self.key(relation))
    }

    /// Whether the relation was made above and nothing was put into it.
    pub fn is_empty(&self, relation: &Name) -> bool {
        self.relations.get(&self.key(relation)) == Some(&true)
    }

    /// Whether it is new beyond doubt: named the same way as when it was made. A path that was set for the role or the
    /// database may lead a name without a schema elsewhere, which must not hide a loss.
    pub fn is_surely_new(&self, relation: &Name) -> bool {
        self.is_new(relation) && self.written.contains(&(relation.schema.clone(), relation.name.clone()))
    }

    /// The same for a relation that is empty.
    pub fn is_surely_empty(&self, relation: &Name) -> bool {
        self.is_empty(relation) && self.is_surely_new(relation)
    }

    /// Whether the type or domain was made above.
    pub fn is_new_type(&self, name: &Name) -> bool {
        self.types.contains(&self.key(name))
    }

    /// Whether a type of this name was renamed or dropped above.
    pub fn was_type(&self, name: &Name) -> bool {
        self.former_types.contains(&self.key(name))
    }

    /// Whether the function or procedure was made above.
    pub fn is_new_routine(&self, name: &Name) -> bool {
        self.routines.contains_key(&self.key(name))
    }

    /// The statements above that made a function or procedure.
    pub fn routine(&self, name: &Name) -> &[SyntaxNode] {
        if self.routines.is_empty() {
            return &[];
        }
        self.routines.get(&self.key(name)).map_or(&[], Vec::as_slice)
    }

    /// Whether functions were made above, so that calls have to be looked at.
    pub fn has_routines(&self) -> bool {
        !self.routines.is_empty()
    }

    /// Whether even an INSERT has to be read: it may call such a function, or write a label too early.
    pub fn reads_inserts(&self) -> bool {
        self.has_routines() || (self.transactional && !self.labels.is_empty())
    }

    /// Whether a validated check above says that the column is never NULL.
    pub fn is_never_null(&self, table: &Name, column: &str) -> bool {
        let table = self.key(table);
        self.checks.iter().any(|check| check.valid && check.table == table && check.column == column)
    }

    /// The type of a column, where a statement above tells.
    pub fn column_type(&self, table: &Name, column: &str) -> Option<&str> {
        self.columns.get(&(self.key(table), column.to_owned())).map(String::as_str)
    }

    /// Whether the constraint was made above.
    pub fn is_new_constraint(&self, table: &Name, constraint: &str) -> bool {
        self.constraints.contains(&(self.key(table), constraint.to_owned()))
    }

    /// Whether a statement below drops the table.
    pub fn is_doomed(&self, table: &Name) -> bool {
        self.doomed.contains(&self.key(table))
    }

    /// Whether the label was added to an enum above, in the same transaction.
    pub fn is_fresh_label(&self, label: &str) -> bool {
        self.transactional && self.labels.iter().any(|added| added == label)
    }

    /// A name with its schema: the one that is written, else that of a temporary table, else the first of the path.
    pub(super) fn key(&self, name: &Name) -> Key {
        let schema = match &name.schema {
            Some(schema) => schema.clone(),
            None if self.relations.contains_key(&(TEMPORARY.to_owned(), name.name.clone())) => TEMPORARY.to_owned(),
            None => self.path.clone().unwrap_or_else(|| "public".to_owned()),
        };
        (schema, name.name.clone())
    }
}

/// The schema that stands for the session's own.
pub(super) const TEMPORARY: &str = "pg_temp";

/// A type as written, on one line, in lower case where it is not quoted.
pub fn type_text(ty: &Type) -> String {
    let text = ty.syntax().text().to_string();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.contains('"') { line } else { line.to_lowercase() }
}
