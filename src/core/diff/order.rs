//! Sorts the steps by dependency, and by what reads well.

use std::collections::{BTreeSet, HashMap};

use super::context::{Context, Written};
use super::state::{State, States};
use super::step::{self, Step};
use super::{Action, Changes, Operation, carry, commit, mention, sort};
use crate::core::schema::{ConstraintKind, Kind, Object, ObjectId, QualifiedName, Schema};

/// The steps as statements, in an order that holds.
pub(super) fn operations(context: &Context, states: &States) -> Changes {
    let steps = step::steps(context, states);
    if steps.is_empty() {
        return Changes::default();
    }
    let mut order = Order::new(context, states, steps);
    order.by_dependency();
    let mut operations = Vec::new();
    for index in sort::sorted(&order.steps, &order.after, &order.gladly) {
        let step = &order.steps[index];
        let group = step.place.group.clone();
        operations.extend(step.written.iter().map(|Written { sql, note }| Operation {
            object: step.id.clone(),
            group: group.clone(),
            action: step.action,
            sql: sql.clone(),
            note: note.clone(),
        }));
    }
    let outside_transaction = commit::used_at_once(context, &operations);
    Changes { operations, outside_transaction }
}

/// Steps, and which has to come before which.
struct Order<'a, 'b> {
    context: &'a Context<'b>,
    states: &'a States,
    steps: Vec<Step>,
    at: HashMap<(ObjectId, Action), usize>,
    after: Vec<BTreeSet<usize>>,
    /// Only to be kept where nothing speaks against it.
    gladly: Vec<BTreeSet<usize>>,
}

impl<'a, 'b> Order<'a, 'b> {
    fn new(context: &'a Context<'b>, states: &'a States, steps: Vec<Step>) -> Self {
        let at = steps.iter().enumerate().map(|(index, step)| ((step.id.clone(), step.action), index)).collect();
        let none = vec![BTreeSet::new(); steps.len()];
        Self { context, states, steps, at, after: none.clone(), gladly: none }
    }

    fn find(&self, id: &ObjectId, action: Action) -> Option<usize> {
        self.at.get(&(id.clone(), action)).copied()
    }

    fn before(&mut self, first: Option<usize>, then: Option<usize>) {
        if let (Some(first), Some(then)) = (first, then)
            && first != then
        {
            self.after[first].insert(then);
        }
    }

    /// The step after which the new schema's object is there as it should be.
    fn made(&self, id: &ObjectId) -> Option<usize> {
        let id = carry::maker(self.context, self.states, id)?;
        self.find(&id, Action::Create).or_else(|| self.altered(&id))
    }

    /// The step that changes an object; an inherited column may be changed by its parent's.
    fn altered(&self, id: &ObjectId) -> Option<usize> {
        let parent = || carry::parent_column(self.context.old, id).filter(|_| id.kind == Kind::Column);
        self.find(id, Action::Alter).or_else(|| parent().and_then(|parent| self.altered(&parent)))
    }

    /// The step that takes the old schema's object away.
    fn gone(&self, id: &ObjectId) -> Option<usize> {
        let id = carry::taker(self.context, self.states, id)?;
        self.find(&id, Action::Drop)
    }

    fn by_dependency(&mut self) {
        let (context, states) = (self.context, self.states);
        for (id, on) in context.new.depends.iter().filter(|(id, _)| !carry::is_derived(states, id)) {
            let made = self.made(id);
            for on in on.iter().flat_map(|on| carry::with_sources(context.new, on)) {
                self.before(self.made(&on), made);
            }
        }
        for (id, on) in &context.old.depends {
            let derived = carry::is_derived(states, id);
            let sources = if derived { carry::sources(context.old, states, id) } else { vec![id.clone()] };
            for (id, on) in sources.iter().flat_map(|id| on.iter().map(move |on| (id, on))) {
                for on in carry::with_sources(context.old, on) {
                    self.leave(id, &on);
                }
            }
        }
        for id in states.keys() {
            self.within(id);
        }
        self.by_name();
        self.by_bounds();
        self.by_key();
        for (function, named) in mention::mentions(context, states) {
            if let (Some(first), Some(then)) = (self.made(&named), self.made(&function))
                && first != then
            {
                self.gladly[first].insert(then);
            }
        }
    }

    /// In the old schema `id` stood on `on`: it is out of the way before anything happens to that.
    fn leave(&mut self, id: &ObjectId, on: &ObjectId) {
        let (context, states) = (self.context, self.states);
        let Some(ground) = carry::unit(context.old, states, on) else { return };
        let Some(id) = carry::unit(context.old, states, id) else { return };
        let (dropped, altered) = (self.gone(on), self.altered(&ground));
        let released = self.find(&id, Action::Release);
        let gone = self.gone(&id);
        for end in [dropped, altered] {
            self.before(gone, end);
            self.before(released, end);
        }
        // It names its arguments' types as they are called meanwhile.
        if matches!(id.kind, Kind::Function | Kind::Procedure | Kind::Aggregate) {
            self.before(self.find(&ground, Action::Aside), gone);
        }
        let stays_on_old = context.decisions.aside.contains_key(&ground);
        // A column that is numbered otherwise has let go of its sequence before, and may take the name over.
        let has_let_go = ground.kind == Kind::Sequence && released.is_some();
        if (states.get(&ground) == Some(&State::Drop) || stays_on_old) && !has_let_go {
            self.before(self.find(&id, Action::Alter), dropped);
        }
    }

    /// What holds between the steps of one object, and between it and what holds it.
    fn within(&mut self, id: &ObjectId) {
        use Action::{Alter, Aside, Comment, Create, Drop, Grant, Own, Release};
        let find = |action| self.find(id, action);
        let [aside, drop, create, alter, release] = [Aside, Drop, Create, Alter, Release].map(find);
        let (own, comment, grant) = (find(Own), find(Comment), find(Grant));
        if aside.is_some() {
            self.before(aside, create);
            self.before(create, drop);
        } else {
            self.before(drop, create);
        }
        self.before(release, alter);
        let made = self.made(id);
        for then in [own, comment, grant] {
            self.before(made, then);
            self.before(alter, then);
        }
        if let Some(holder) = self.context.new.holder(id).cloned() {
            let holder_made = self.made(&holder).filter(|_| self.find(&holder, Create).is_some());
            self.before(holder_made, made);
            self.before(made, self.find(&holder, Alter));
            self.before(self.find(&holder, Release), made);
        }
        if let Some(holder) = self.context.old.holder(id).cloned() {
            self.before(self.gone(id), self.find(&holder, Drop));
            self.before(self.find(&holder, Release), self.gone(id));
            self.before(release, self.gone(&holder));
        }
        match id.kind {
            Kind::Sequence => self.around_owner(id),
            Kind::Table if release.is_some() || alter.is_some() => self.around_parents(id),
            Kind::Column => {
                let parent = carry::parent_column(self.context.new, id);
                let changed = parent.and_then(|parent| self.find(&parent, Alter));
                self.before(changed, alter);
                self.before(release, changed);
            }
            _ => {}
        }
        if !id.schema.is_empty() && id.kind != Kind::Schema {
            let schema = ObjectId::new(Kind::Schema, "", &id.schema);
            self.before(self.find(&schema, Create), made);
            self.before(self.gone(id), self.find(&schema, Drop));
        }
    }

    /// A sequence is taken from a column before that goes, and given to one after that has come.
    fn around_owner(&mut self, id: &ObjectId) {
        let own = self.find(id, Action::Own);
        if let Some(column) = carry::owner(self.context.new, id) {
            self.before(self.made(&column), own);
        }
        if let Some(column) = carry::owner(self.context.old, id) {
            self.before(own, self.gone(&column));
            let release = self.find(&column, Action::Release);
            self.before(release.or_else(|| self.find(&column, Action::Alter)), self.gone(id));
        }
    }

    /// A table leaves its parents before they change, and joins others after they have.
    fn around_parents(&mut self, id: &ObjectId) {
        if carry::stays_child(self.context, id) {
            return;
        }
        let parents = |schema: &Schema| {
            let table = schema.table(&id.schema, &id.name);
            let parents = table.map(|table| table.partition_of.iter().map(|one| &one.parent).chain(&table.inherits));
            parents.into_iter().flatten().cloned().collect::<Vec<_>>()
        };
        let (release, alter) = (self.find(id, Action::Release), self.find(id, Action::Alter));
        let own = QualifiedName { schema: id.schema.clone(), name: id.name.clone() };
        self.steps_on(&own).into_iter().for_each(|step| self.before(Some(step), alter));
        for parent in parents(self.context.old) {
            for step in self.steps_on(&parent) {
                // What a partition has of a constraint or index goes with its table's, while it still belongs to that.
                let goes_along = self.steps[step].action == Action::Drop && self.steps[step].id.kind != Kind::Column;
                let (first, then) = if goes_along { (Some(step), release) } else { (release, Some(step)) };
                self.before(first, then);
            }
        }
        for parent in parents(self.context.new) {
            for step in self.steps_on(&parent) {
                // A check comes down to those that have joined; one that joins later would need it before.
                let comes_down = self.steps[step].action == Action::Create && self.is_check(&self.steps[step].id);
                let (first, then) = if comes_down { (alter, Some(step)) } else { (Some(step), alter) };
                self.before(first, then);
            }
        }
    }

    /// A partition's bounds are free before another one of the same table takes them.
    fn by_bounds(&mut self) {
        let mut leaving: HashMap<&QualifiedName, Vec<usize>> = HashMap::new();
        let context = self.context;
        let parent = |schema: &'a Schema, id: &ObjectId| {
            let partition = schema.table(&id.schema, &id.name)?.partition_of.as_ref();
            partition.filter(|_| id.kind == Kind::Table).map(|partition| &partition.parent)
        };
        for (id, state) in self.states {
            let step = if state.drops() { self.gone(id) } else { self.find(id, Action::Release) };
            if let (Some(parent), Some(step)) = (parent(context.old, id), step) {
                leaving.entry(parent).or_default().push(step);
            }
        }
        for (id, state) in self.states {
            let joins = !state.makes() && !carry::stays_child(context, id);
            let step = match id.kind {
                _ if joins => self.find(id, Action::Alter),
                // It may come with its table.
                Kind::Constraint => self.made(id),
                _ => self.find(id, Action::Create),
            };
            // A foreign key to a table refers to each of its partitions.
            let referred = context.new.constraint(id).and_then(|constraint| constraint.references.as_ref());
            let table = parent(context.new, id).or(referred);
            let others = table.and_then(|table| leaving.get(table)).cloned().unwrap_or_default();
            for other in others {
                self.before(Some(other), step);
            }
        }
    }

    fn is_check(&self, id: &ObjectId) -> bool {
        self.context.new.constraint(id).is_some_and(|constraint| constraint.kind == ConstraintKind::Check)
    }

    /// What happens to a table's columns, constraints and indexes.
    fn steps_on(&self, table: &QualifiedName) -> Vec<usize> {
        const KINDS: [Kind; 3] = [Kind::Column, Kind::Constraint, Kind::Index];
        let is_on = |id: &ObjectId| KINDS.contains(&id.kind) && id.schema == table.schema && id.of == table.name;
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| is_on(&step.id)).map(|(index, _)| index).collect()
    }

    /// A name is free before it is taken anew.
    fn by_name(&mut self) {
        let mut goes: HashMap<(u8, String, String), Vec<usize>> = HashMap::new();
        for (id, state) in self.states {
            let release = || self.find(id, Action::Release).filter(|_| id.kind == Kind::Column);
            let goes_for_good = || self.gone(id).filter(|_| !self.context.decisions.aside.contains_key(id));
            let Some(index) = (if state.drops() { goes_for_good() } else { release() }) else { continue };
            for name in names(self.context.old, id) {
                goes.entry(name).or_default().push(index);
            }
        }
        let comes = |state: State, id: &ObjectId| state.makes() || state == State::Alter && id.kind == Kind::Column;
        for (id, _) in self.states.iter().filter(|(id, state)| comes(**state, id)) {
            let made = self.made(id);
            for name in names(self.context.new, id) {
                for index in goes.get(&name).cloned().unwrap_or_default() {
                    self.before(Some(index), made);
                }
            }
        }
    }

    /// A foreign key takes whatever key it finds: those that go are gone by then.
    fn by_key(&mut self) {
        let mut keys: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (id, _) in self.states.iter().filter(|(_, state)| state.drops()) {
            let is_unique = match self.context.old.objects.get(id) {
                Some(Object::Index(index)) => index.unique,
                _ => names(self.context.old, id).len() > 1,
            };
            if let Some(index) = self.find(id, Action::Drop).filter(|_| is_unique) {
                keys.entry((&id.schema, &id.of)).or_default().push(index);
            }
        }
        let refers = |schema: &'a Schema, id: &ObjectId| schema.constraint(id)?.references.as_ref();
        for (id, _) in self.states.iter().filter(|(id, state)| state.drops() && id.kind == Kind::Constraint) {
            let Some(table) = refers(self.context.old, id) else { continue };
            // Which of the keys it took, the catalog of the models does not tell.
            for key in keys.get(&(table.schema.as_str(), table.name.as_str())).cloned().unwrap_or_default() {
                self.before(self.gone(id), Some(key));
            }
        }
        for (id, _) in self.states.iter().filter(|(id, state)| state.makes() && id.kind == Kind::Constraint) {
            let Some(table) = refers(self.context.new, id) else { continue };
            let gone = keys.get(&(table.schema.as_str(), table.name.as_str())).cloned().unwrap_or_default();
            for gone in gone {
                self.before(Some(gone), self.made(id));
            }
        }
    }
}

/// The names that an object takes: relations, types and the indexes behind constraints share theirs, as do routines;
/// constraints have their table's.
fn names(schema: &Schema, id: &ObjectId) -> Vec<(u8, String, String)> {
    use crate::core::schema::ConstraintKind::{Exclusion, PrimaryKey, Unique};
    let shared = || (0, id.schema.clone(), id.name.clone());
    match id.kind {
        Kind::Function | Kind::Procedure | Kind::Aggregate => vec![(1, id.schema.clone(), id.name.clone())],
        Kind::Constraint => {
            let own = (2, format!("{}.{}", id.schema, id.of), id.name.clone());
            let kind = schema.constraint(id).map(|constraint| constraint.kind);
            let has_index = kind.is_some_and(|kind| matches!(kind, PrimaryKey | Unique | Exclusion));
            if has_index { vec![own, shared()] } else { vec![own] }
        }
        Kind::Column => {
            let identity = schema.column(id).and_then(|column| column.identity.as_ref());
            let sequence = identity.and_then(|identity| identity.sequence.as_ref());
            sequence.map(|own| (0, own.schema.clone(), own.name.clone())).into_iter().collect()
        }
        Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        | Kind::Schema
        | Kind::Extension
        | Kind::EventTrigger
        | Kind::DefaultPrivileges
        | Kind::Collation => Vec::new(),
        _ => vec![shared()],
    }
}
