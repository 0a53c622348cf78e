//! Declares for each step the conditions that it requires, produces and releases.

mod dependencies;
mod names;
mod object;
mod partitions;
mod recreated_tables;

use std::collections::HashMap;

use super::step::{Condition, Step};
use crate::core::diff::operation::Action;
use crate::core::diff::ownership::{self, DiffContext, ObjectChanges};
use crate::core::schema::{Kind, ObjectId};

/// Adds the conditions to the steps.
pub fn declare_requirements(context: &DiffContext, changes: &ObjectChanges, steps: &mut [Step]) {
    let numbers = steps.iter().enumerate().map(|(number, step)| ((step.id.clone(), step.action), number)).collect();
    let mut declaration = Declaration { context, changes, steps, numbers };
    declaration.declare_dependencies();
    declaration.declare_mentions();
    for id in changes.keys() {
        declaration.declare_object(id);
    }
    declaration.declare_followers();
    declaration.declare_default_privileges();
    declaration.declare_names();
    declaration.declare_bounds();
    declaration.declare_adoption();
    declaration.declare_recreated_tables();
    declaration.declare_keys();
}

/// The steps, and how to find them. A step is known by its number; `None` stands for a step that does not exist, and
/// nothing is declared for it.
struct Declaration<'a, 'b> {
    context: &'a DiffContext<'b>,
    changes: &'a ObjectChanges,
    steps: &'a mut [Step],
    numbers: HashMap<(ObjectId, Action), usize>,
}

impl Declaration<'_, '_> {
    fn find(&self, id: &ObjectId, action: Action) -> Option<usize> {
        self.numbers.get(&(id.clone(), action)).copied()
    }

    /// The step after which an object is as the new schema describes it.
    fn ready_step(&self, id: &ObjectId) -> Option<usize> {
        let id = ownership::created_with(self.context, self.changes, id)?;
        self.find(&id, Action::Create).or_else(|| self.alter_step(&id))
    }

    /// The step that alters an object. The step of a parent's column also alters the inherited columns.
    fn alter_step(&self, id: &ObjectId) -> Option<usize> {
        let parent = || ownership::parent_column(self.context.old, id).filter(|_| id.kind == Kind::Column);
        self.find(id, Action::Alter).or_else(|| parent().and_then(|parent| self.alter_step(&parent)))
    }

    /// The step that drops the old schema's object.
    fn drop_step(&self, id: &ObjectId) -> Option<usize> {
        let id = ownership::dropped_with(self.context, self.changes, id)?;
        self.find(&id, Action::Drop)
    }

    fn step(&mut self, number: Option<usize>) -> Option<&mut Step> {
        self.steps.get_mut(number?)
    }

    fn require(&mut self, step: Option<usize>, condition: Condition) {
        if let Some(step) = self.step(step) {
            step.requires.insert(condition);
        }
    }

    fn release(&mut self, step: Option<usize>, condition: Condition) {
        if let Some(step) = self.step(step) {
            step.releases.insert(condition);
        }
    }

    /// Declares that a step requires an object to be ready, and that another step produces it.
    fn require_ready(&mut self, step: Option<usize>, id: &ObjectId) {
        let producer = self.ready_step(id);
        if let (Some(producer), Some(step)) = (producer, step)
            && producer != step
        {
            self.steps[producer].produces.insert(Condition::Ready(id.clone()));
            self.steps[step].requires.insert(Condition::Ready(id.clone()));
        }
    }

    /// Declares that the step `then` runs after the step `first`.
    fn order(&mut self, first: Option<usize>, then: Option<usize>) {
        if let (Some(first), Some(then)) = (first, then)
            && first != then
        {
            let first = &self.steps[first];
            let done = Condition::Done(first.id.clone(), first.action);
            self.steps[then].requires.insert(done);
        }
    }
}
