//! Applies a statement to the state.

use super::{NotNullCheck, QualifiedName, ScriptState, TEMPORARY};
use crate::core::statement::action::{
    Action, AlterTable, AlterType, ColumnChange, Constraint, ConstraintKind, CreateRelation, CreateTable, Drop,
    ObjectKind, TableChange, TypeChange,
};
use crate::core::statement::{Name, Statement};

impl ScriptState {
    /// Applies a statement that has run: records the objects that it created, renamed, filled or dropped.
    pub fn apply(&mut self, statement: &Statement) {
        statement.actions.iter().for_each(|action| self.apply_rows(action));
        self.apply_to_added(statement);
        let own = statement.own_action();
        let is_own = |action: &Action| own.is_some_and(|own| std::ptr::eq(own, action));
        // A search path that is set inside a function or a block is not tracked.
        let moves_path = |action: &Action| matches!(action, Action::SetParameter { name, .. } if name == SEARCH_PATH || name.is_empty());
        if statement.actions.iter().any(|action| moves_path(action) && !is_own(action)) {
            self.forget_relations();
        }
        if let Some(own) = own {
            self.apply_own(own);
        }
    }

    /// Records the tables that a later statement drops.
    pub fn expect_drops(&mut self, later: &Statement) {
        if let Some(Action::Drop(drop)) = later.own_action()
            && drop.kind == ObjectKind::Table
        {
            let keys: Vec<QualifiedName> = drop.names.iter().map(|name| self.key(name)).collect();
            self.dropped_later.extend(keys);
        }
    }

    fn apply_own(&mut self, action: &Action) {
        match action {
            Action::CreateTable(create) => self.create_table(create),
            Action::CreateRelation(create) => self.create_relation(create),
            Action::CreateType(create) => {
                let key = self.key(&create.name);
                self.types.insert(key);
            }
            Action::CreateRoutine(create) => self.add_routine(&create.name, create.body.clone()),
            Action::AlterTable(alter) => self.alter_table(alter),
            Action::AlterType(alter) => self.alter_type(alter),
            Action::Drop(drop) => self.drop_objects(drop),
            // Objects that were created since the savepoint may no longer exist.
            Action::Rollback => {
                let dropped_later = std::mem::take(&mut self.dropped_later);
                *self = Self { dropped_later, ..Self::new(self.transactional) };
            }
            Action::SetParameter { name, values } if name == SEARCH_PATH => {
                self.path = values.iter().find(|value| *value != "$user").cloned();
            }
            Action::ResetSession => self.forget_relations(),
            _ => {}
        }
    }

    fn apply_rows(&mut self, action: &Action) {
        match action {
            Action::AddRows { table } => self.fill(table),
            Action::Unreadable { .. } => self.relations.values_mut().for_each(|is_empty| *is_empty = false),
            _ => {}
        }
    }

    /// Removes everything that depends on names, because names may now refer to other objects.
    fn forget_relations(&mut self) {
        self.relations.clear();
        self.written.clear();
        self.columns.clear();
        self.checks.clear();
        self.added.clear();
        self.path = None;
    }

    fn fill(&mut self, name: &Name) {
        let key = self.key(name);
        if let Some(is_empty) = self.relations.get_mut(&key) {
            *is_empty = false;
        }
    }

    /// Records a new table. With `IF NOT EXISTS` it is not recorded, because it may have existed before.
    fn create_table(&mut self, create: &CreateTable) {
        let name = &create.name;
        if !create.if_not_exists {
            let schema = create.temporary.then(|| TEMPORARY.to_owned());
            self.written.insert((name.schema.clone(), name.name.clone()));
            let key = self.key(&name.with(schema, name.name.clone()));
            self.relations.insert(key, !create.has_rows);
        }
        let key = self.key(name);
        if self.relations.contains_key(&key) {
            for (column, ty) in &create.columns {
                self.columns.insert((key.clone(), column.clone()), ty.clone());
            }
        }
    }

    /// Records a new relation. With `IF NOT EXISTS` or `OR REPLACE` it is not recorded, because it may have existed before.
    fn create_relation(&mut self, create: &CreateRelation) {
        if !create.if_not_exists && !create.or_replace {
            let key = self.key(&create.name);
            self.relations.insert(key, create.is_sequence);
        }
    }

    fn drop_objects(&mut self, drop: &Drop) {
        for name in &drop.names {
            let key = self.key(name);
            match drop.kind {
                ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence => {
                    self.relations.remove(&key);
                }
                ObjectKind::Type if !self.types.remove(&key) => {
                    self.former_types.insert(key);
                }
                _ => {}
            }
        }
    }

    fn alter_type(&mut self, alter: &AlterType) {
        let key = self.key(&alter.name);
        match &alter.change {
            // The labels of a type that the same transaction created can be used at once.
            TypeChange::AddValue { label } if !self.types.contains(&key) => self.labels.extend(label.clone()),
            TypeChange::RenameTo { name } => {
                if self.types.remove(&key) {
                    self.types.insert((key.0.clone(), name.name.clone()));
                }
                self.former_types.insert(key);
            }
            _ => {}
        }
    }

    fn alter_table(&mut self, alter: &AlterTable) {
        for change in &alter.changes {
            self.change_table(&alter.table, change);
        }
    }

    fn change_table(&mut self, table: &Name, change: &TableChange) {
        let key = self.key(table);
        match change {
            TableChange::RenameTo { name } => {
                self.rename_written(table, (table.schema.clone(), name.name.clone()));
                self.move_relation(&key, (key.0.clone(), name.name.clone()));
            }
            TableChange::SetSchema { schema } => {
                self.rename_written(table, (Some(schema.name.clone()), key.1.clone()));
                self.move_relation(&key, (schema.name.clone(), key.1.clone()));
            }
            TableChange::AttachPartition { .. } | TableChange::Inherit => self.fill(table),
            TableChange::AddConstraint(constraint) => self.add_constraint(&key, constraint),
            TableChange::ValidateConstraint { name } => {
                let of_table = self.checks.iter_mut().filter(|check| check.table == key);
                of_table.filter(|check| check.constraint == name.name).for_each(|check| check.is_valid = true);
            }
            TableChange::DropConstraint { name, .. } => {
                self.checks.retain(|check| check.table != key || check.constraint != name.name);
            }
            TableChange::AddColumn(add) => {
                if let Some(ty) = &add.ty {
                    self.columns.insert((key, add.name.name.clone()), ty.clone());
                }
            }
            TableChange::AlterColumn { column, change: ColumnChange::SetType(new) } => {
                self.columns.insert((key, column.name.clone()), new.ty.clone());
            }
            TableChange::DropColumn { .. } | TableChange::RenameColumn => {
                self.columns.retain(|(table, _), _| *table != key);
                self.checks.retain(|check| check.table != key);
            }
            _ => {}
        }
    }

    fn rename_written(&mut self, from: &Name, to: (Option<String>, String)) {
        if self.written.remove(&(from.schema.clone(), from.name.clone())) {
            self.written.insert(to);
        } else {
            self.written.remove(&to);
        }
    }

    fn move_relation(&mut self, from: &QualifiedName, to: QualifiedName) {
        self.columns.retain(|(table, _), _| table != from);
        self.checks.retain(|check| check.table != *from);
        match self.relations.remove(from) {
            Some(is_empty) => {
                self.relations.insert(to, is_empty);
            }
            None => {
                self.relations.remove(&to);
            }
        }
    }

    fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let Some(name) = &constraint.name else { return };
        self.constraints.insert((table.clone(), name.name.clone()));
        if let ConstraintKind::Check { never_null: Some(column) } = &constraint.kind {
            self.checks.push(NotNullCheck {
                table: table.clone(),
                constraint: name.name.clone(),
                column: column.clone(),
                is_valid: !constraint.skips_rows,
            });
        }
    }
}

const SEARCH_PATH: &str = "search_path";
