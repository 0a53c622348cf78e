//! Columns that the script adds to existing tables. Whatever is in them comes from the script itself.

use super::ScriptState;
use crate::core::statement::action::{Action, AlterTable, ColumnChange, TableChange, Update};
use crate::core::statement::{Name, Statement};

/// A column that was added, with the table's name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AddedColumn {
    table: Name,
    column: String,
    /// Whether it is NULL in every row that existed before.
    is_null: bool,
}

impl ScriptState {
    /// Whether the script added the column.
    #[must_use]
    pub fn is_added(&self, table: &Name, column: &str) -> bool {
        self.added.iter().any(|added| added.table == *table && added.column == column)
    }

    /// Whether the script added the column and put no value into it, so that it is NULL in every row.
    #[must_use]
    pub fn is_all_null(&self, table: &Name, column: &str) -> bool {
        self.added.iter().any(|added| added.table == *table && added.column == column && added.is_null)
    }

    /// Takes over what a statement adds and fills.
    pub(super) fn apply_to_added(&mut self, statement: &Statement) {
        let own = statement.own_action();
        // What a DO block does to tables is not followed.
        let is_opaque = |action: &Action| {
            matches!(action, Action::Unreadable { .. })
                || (matches!(action, Action::AlterTable(_)) && !own.is_some_and(|own| std::ptr::eq(own, action)))
        };
        if statement.actions.iter().any(is_opaque) {
            self.added.clear();
        }
        for action in &statement.actions {
            if let Action::Update(update) = action {
                self.fill_updated(update);
            }
        }
        if let Some(Action::AlterTable(alter)) = own {
            alter.changes.iter().for_each(|change| self.change_added(alter, change));
        }
    }

    fn change_added(&mut self, alter: &AlterTable, change: &TableChange) {
        match change {
            TableChange::AddColumn(add) if !add.if_not_exists => {
                let (table, column) = (alter.table.clone(), add.name.name.clone());
                self.added.push(AddedColumn { table, column, is_null: add.starts_null() });
            }
            TableChange::AlterColumn { column, change: ColumnChange::SetType(_) } => self.fill_column(&column.name),
            TableChange::DropColumn { .. }
            | TableChange::RenameColumn
            | TableChange::RenameTo { .. }
            | TableChange::SetSchema { .. }
            | TableChange::Inherit
            | TableChange::AttachPartition { .. } => self.added.clear(),
            _ => {}
        }
    }

    /// An UPDATE may refer to the table by another name, so that only the column's name counts.
    fn fill_updated(&mut self, update: &Update) {
        for column in update.columns.iter().filter(|column| !column.to_null) {
            self.fill_column(&column.name.name);
        }
    }

    fn fill_column(&mut self, column: &str) {
        self.added.iter_mut().filter(|added| added.column == column).for_each(|added| added.is_null = false);
    }
}
