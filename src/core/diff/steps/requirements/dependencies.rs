//! Requirements from dependencies that PostgreSQL records, and from names in the text of functions.

use super::Declaration;
use crate::core::diff::operation::Action;
use crate::core::diff::ownership::{self, ObjectChange};
use crate::core::diff::steps::step::Condition;
use crate::core::schema::{Kind, ObjectId};

impl Declaration<'_, '_> {
    pub(super) fn declare_dependencies(&mut self) {
        let (context, changes) = (self.context, self.changes);
        for (id, dependencies) in context.new.depends.iter().filter(|(id, _)| !ownership::is_derived(changes, id)) {
            let step = self.ready_step(id);
            for on in dependencies.iter().flat_map(|on| ownership::definition_sources(context.new, on)) {
                self.require_ready(step, &on);
            }
        }
        for (id, dependencies) in &context.old.depends {
            let is_derived = ownership::is_derived(changes, id);
            let ids = if is_derived { ownership::derived_from(context.old, changes, id) } else { vec![id.clone()] };
            for (id, on) in ids.iter().flat_map(|id| dependencies.iter().map(move |on| (id, on))) {
                for on in ownership::definition_sources(context.old, on) {
                    self.declare_old_dependency(id, &on);
                }
            }
        }
    }

    /// In the old schema, `id` depends on `on`: its use of `on` ends before `on` is altered or dropped.
    fn declare_old_dependency(&mut self, id: &ObjectId, on: &ObjectId) {
        let (context, changes) = (self.context, self.changes);
        let Some(dependency) = ownership::planned_object(context.old, changes, on) else { return };
        let Some(id) = ownership::planned_object(context.old, changes, id) else { return };
        let (dropped, released) = (self.drop_step(&id), self.find(&id, Action::Release));
        let dependency_dropped = self.drop_step(on);
        let unused = Condition::Unused(on.clone());
        self.require(dependency_dropped, unused.clone());
        self.require(self.alter_step(&dependency), unused.clone());
        self.release(dropped, unused.clone());
        self.release(released, unused);
        // DROP FUNCTION names the types of the arguments. At that point a recreated type has its temporary name.
        if ownership::is_routine(&id) {
            self.order(self.find(&dependency, Action::RenameOld), dropped);
        }
        let is_renamed = context.decisions.temporary_names.contains_key(&dependency);
        let is_dropped = changes.get(&dependency) == Some(&ObjectChange::Drop);
        // A column that releases its sequence or function does not use it any more. It may even take over the sequence's
        // name, or wait for a function that takes the place of the old one.
        let is_released =
            (dependency.kind == Kind::Sequence || ownership::is_routine(&dependency)) && released.is_some();
        if (is_dropped || is_renamed) && !is_released {
            self.order(self.find(&id, Action::Alter), dependency_dropped);
        }
    }

    /// A function should be created after the objects that its text mentions. PostgreSQL does not always check the text,
    /// so that this is a preference and no requirement.
    pub(super) fn declare_mentions(&mut self) {
        for (function, mentioned) in ownership::find_mentions(self.context, self.changes) {
            if let (Some(first), Some(then)) = (self.ready_step(&mentioned), self.ready_step(&function))
                && first != then
            {
                self.steps[first].produces.insert(Condition::Ready(mentioned.clone()));
                self.steps[then].prefers.insert(Condition::Ready(mentioned));
            }
        }
    }
}
