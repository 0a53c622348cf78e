//! Tracks the columns that the script adds to existing tables. All their values come from the script itself.

use super::ScriptState;
use crate::core::statement::action::{Action, AlterTable, ColumnChange, TableChange, Update};
use crate::core::statement::{Name, Statement};

/// A column that the script added. The name of its table is as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AddedColumn {
    table: Name,
    column: String,
    /// Whether it is NULL in every row that existed before the script.
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

    /// Records the columns that a statement adds or fills.
    pub(super) fn apply_to_added(&mut self, statement: &Statement) {
        let own = statement.own_action();
        // Changes of tables inside a DO block are not tracked.
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

    /// Records that an UPDATE fills columns. It may write the name of the table differently, so that only the name of the
    /// column is compared.
    fn fill_updated(&mut self, update: &Update) {
        for column in update.columns.iter().filter(|column| !column.to_null) {
            self.fill_column(&column.name.name);
        }
    }

    fn fill_column(&mut self, column: &str) {
        self.added.iter_mut().filter(|added| added.column == column).for_each(|added| added.is_null = false);
    }
}
