//! Requirements of tables that are recreated with their rows: rename, create, copy, drop.

use super::Declaration;
use crate::core::diff::operation::Action;
use crate::core::diff::ownership;
use crate::core::schema::{Kind, ObjectId, Schema};

impl Declaration<'_, '_> {
    pub(super) fn declare_recreated_tables(&mut self) {
        let context = self.context;
        let renamed: Vec<&ObjectId> =
            context.decisions.temporary_names.keys().filter(|id| id.kind == Kind::Table).collect();
        for table in renamed {
            let (create, copy) = (self.find(table, Action::Create), self.find(table, Action::Copy));
            self.order(create, copy);
            self.order(copy, self.find(table, Action::Drop));
            self.declare_parts(table);
            self.declare_children(table);
            self.declare_users_of_rows(table);
        }
        self.declare_key_columns();
    }

    /// What is dropped on its own has the table's old name. What checks or changes rows is created after the copy.
    fn declare_parts(&mut self, table: &ObjectId) {
        let (rename, copy) = (self.find(table, Action::RenameOld), self.find(table, Action::Copy));
        let (create, drop) = (self.find(table, Action::Create), self.find(table, Action::Drop));
        for part in self.changes.keys().filter(|id| (&id.schema, &id.of) == (&table.schema, &table.name)) {
            let dropped = self.drop_step(part).filter(|step| Some(*step) != drop);
            self.order(dropped, rename);
            let ready = self.ready_step(part).filter(|step| Some(*step) != create);
            self.order(copy, ready);
        }
    }

    /// Partitions are detached before, and joined or created before the rows are copied.
    fn declare_children(&mut self, table: &ObjectId) {
        let (rename, copy) = (self.find(table, Action::RenameOld), self.find(table, Action::Copy));
        let is_child = |schema: &Schema, id: &ObjectId| {
            let child = schema.table(&id.schema, &id.name).filter(|_| id.kind == Kind::Table);
            let parents = child
                .into_iter()
                .flat_map(|child| child.partition_of.iter().map(|place| &place.parent).chain(&child.inherits));
            let mut parents = parents.into_iter();
            parents.any(|parent| (&parent.schema, &parent.name) == (&table.schema, &table.name))
        };
        for (child, change) in self.changes {
            if is_child(self.context.old, child) {
                self.order(self.find(child, Action::Release), rename);
                self.order(self.find(child, Action::RenameOld), rename);
                let dropped = self.drop_step(child).filter(|_| change.drops());
                self.order(copy, dropped);
            }
            if is_child(self.context.new, child) {
                self.order(self.ready_step(child), copy);
            }
        }
    }

    fn declare_users_of_rows(&mut self, table: &ObjectId) {
        use Kind::{Constraint, Index, MaterializedView, Policy, Rule, Statistics, Trigger, View};
        const USERS: [Kind; 8] = [Constraint, Index, MaterializedView, Policy, Rule, Statistics, Trigger, View];
        let (create, copy) = (self.find(table, Action::Create), self.find(table, Action::Copy));
        let rename = self.find(table, Action::RenameOld);
        for (key, _) in self.changes.iter().filter(|(id, change)| id.kind == Constraint && change.drops()) {
            let references = self.context.old.constraint(key).and_then(|constraint| constraint.references.as_ref());
            let refers = references.is_some_and(|to| (&to.schema, &to.name) == (&table.schema, &table.name));
            let dropped = self.drop_step(key).filter(|step| refers && Some(*step) != self.find(table, Action::Drop));
            self.order(dropped, rename);
        }
        let is_on = |on: &ObjectId| on == table || (&on.schema, &on.of) == (&table.schema, &table.name);
        let users = self.context.new.depends.iter().filter(|(id, _)| USERS.contains(&id.kind));
        for (id, on) in users.filter(|(id, _)| !ownership::is_derived(self.changes, id)) {
            if on.iter().any(is_on) {
                let ready = self.ready_step(id).filter(|step| Some(*step) != create);
                self.order(copy, ready);
            }
        }
    }

    /// The type of a column cannot change while a partition uses the column in its own partition key.
    fn declare_key_columns(&mut self) {
        let recreated =
            self.changes.iter().filter(|(id, change)| id.kind == Kind::Table && change.creates() && change.drops());
        for (id, _) in recreated {
            let Some(table) = self.context.old.table(&id.schema, &id.name) else { continue };
            for column in table.columns.iter().filter(|column| column.inherited) {
                let own = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
                let parent = ownership::parent_column(self.context.old, &own);
                let altered = parent.and_then(|parent| self.find(&parent, Action::Alter));
                let leaves = self.find(id, Action::RenameOld).or_else(|| self.find(id, Action::Drop));
                self.order(leaves, altered);
                self.order(altered, self.find(id, Action::Create));
            }
        }
    }
}
