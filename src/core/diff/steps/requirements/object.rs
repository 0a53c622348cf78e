//! Requirements between the steps of one object, and between its steps and those of its table, schema or column.

use super::Declaration;
use crate::core::diff::operation::Action;
use crate::core::diff::ownership;
use crate::core::diff::steps::Step;
use crate::core::diff::steps::step::identity_column;
use crate::core::schema::{Kind, ObjectId};

impl Declaration<'_, '_> {
    pub(super) fn declare_object(&mut self, id: &ObjectId) {
        use Action::{Alter, Create, Drop, Release, RenameOld};
        let find = |action| self.find(id, action);
        let [rename, drop, create, alter, release] = [RenameOld, Drop, Create, Alter, Release].map(find);
        let ready = self.ready_step(id);
        if rename.is_some() {
            self.order(rename, create);
            self.order(create, drop);
        } else {
            self.order(drop, create);
        }
        self.order(release, alter);
        self.declare_holder(id);
        match id.kind {
            Kind::Sequence => self.declare_owning_column(id),
            Kind::Table if release.is_some() || alter.is_some() => self.declare_parents(id),
            Kind::Column => {
                let parent = ownership::parent_column(self.context.new, id);
                let parent_altered = parent.and_then(|parent| self.find(&parent, Alter));
                self.order(parent_altered, alter);
                self.order(release, parent_altered);
            }
            _ => {}
        }
        if !id.schema.is_empty() && id.kind != Kind::Schema {
            let schema = ObjectId::new(Kind::Schema, "", &id.schema);
            self.order(self.find(&schema, Create), ready);
            self.order(self.drop_step(id), self.find(&schema, Drop));
        }
    }

    /// Comments, grants and owners follow their object, also that of a view's column or of a constraint's index, which
    /// have no steps of their own.
    pub(super) fn declare_followers(&mut self) {
        for number in 0..self.steps.len() {
            let Step { id, action, .. } = &self.steps[number];
            if !matches!(action, Action::Own | Action::Comment | Action::Grant) {
                continue;
            }
            let constraint = ObjectId::on(Kind::Constraint, &id.schema, &id.of, &id.name);
            let is_of_constraint = id.kind == Kind::Index && self.context.new.constraint(&constraint).is_some();
            let is_of_identity = id.kind == Kind::Sequence && !self.changes.contains_key(id);
            let id = match identity_column(self.context.new, id).filter(|_| is_of_identity) {
                Some(column) => column,
                None if is_of_constraint => constraint,
                None => id.clone(),
            };
            self.order(self.ready_step(&id), Some(number));
            self.order(self.find(&id, Action::Alter), Some(number));
        }
    }

    /// Default privileges change after all objects are created, because the grants of new objects are computed with the
    /// old ones.
    pub(super) fn declare_default_privileges(&mut self) {
        let is_changed = |step: &Step| step.id.kind == Kind::DefaultPrivileges;
        let changed: Vec<usize> = (0..self.steps.len()).filter(|number| is_changed(&self.steps[*number])).collect();
        for created in 0..self.steps.len() {
            if self.steps[created].action == Action::Create && !changed.contains(&created) {
                for then in &changed {
                    self.order(Some(created), Some(*then));
                }
            }
        }
    }

    /// The table, view or domain of a column, constraint, index or trigger.
    fn declare_holder(&mut self, id: &ObjectId) {
        use Action::{Alter, Create, Drop, Release};
        let (context, ready) = (self.context, self.ready_step(id));
        if let Some(holder) = context.new.holder(id) {
            let holder_ready = self.ready_step(holder).filter(|_| self.find(holder, Create).is_some());
            self.order(holder_ready, ready);
            // The settings of a publication decide which tables it accepts.
            if holder.kind == Kind::Publication {
                self.order(self.find(holder, Alter), ready);
                self.order(self.drop_step(id), self.find(holder, Alter));
            } else {
                self.order(ready, self.find(holder, Alter));
            }
            self.order(self.find(holder, Release), ready);
        }
        if let Some(holder) = context.old.holder(id) {
            let dropped = self.drop_step(id);
            self.order(dropped, self.find(holder, Drop));
            self.order(self.find(holder, Release), dropped);
            self.order(self.find(id, Release), self.drop_step(holder));
        }
    }

    /// A sequence loses its owner before that column is dropped, and gets an owner after that column is created.
    fn declare_owning_column(&mut self, id: &ObjectId) {
        let own = self.find(id, Action::Own);
        if let Some(column) = ownership::owning_column(self.context.new, id) {
            self.order(self.ready_step(&column), own);
        }
        if let Some(column) = ownership::owning_column(self.context.old, id) {
            self.order(own, self.drop_step(&column));
            let released = self.find(&column, Action::Release);
            self.order(released.or_else(|| self.find(&column, Action::Alter)), self.drop_step(id));
        }
    }
}
