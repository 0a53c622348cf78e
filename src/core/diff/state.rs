//! Decides what becomes of every object, and of what stands on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::context::{Context, Verdict};
use super::{carry, write};
use crate::core::schema::{ConstraintKind, Kind, Object, ObjectId, Schema};

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Keep,
    Create,
    Drop,
    Alter,
    Replace,
}

impl State {
    /// Whether the new schema's object is made.
    pub fn makes(self) -> bool {
        matches!(self, Self::Create | Self::Replace)
    }

    /// Whether the old schema's object goes.
    pub fn drops(self) -> bool {
        matches!(self, Self::Drop | Self::Replace)
    }
}

pub(super) type States = BTreeMap<ObjectId, State>;

/// Compares every object, then follows what stands on what goes, until nothing more has to be made anew.
pub(super) fn decide(context: &mut Context) -> States {
    let (old, new) = (units(context.old), units(context.new));
    let mut states = States::new();
    let mut causes = Vec::new();
    for id in old.union(&new) {
        let (state, spreads) = match (old.contains(id), new.contains(id)) {
            (true, true) => match write::verdict(context, id) {
                Verdict::Same => (State::Keep, false),
                Verdict::Alter { disturbs } => (State::Alter, disturbs),
                Verdict::Replace => (State::Replace, true),
            },
            (true, false) if carry::goes_with_parent(context, id) => continue,
            (true, false) => (State::Drop, true),
            (false, _) if carry::comes_with_parent(context, id) => continue,
            (false, _) => (State::Create, false),
        };
        if state == State::Alter && makes_room(context, id) {
            context.decisions.released.insert(id.clone());
        }
        states.insert(id.clone(), state);
        if spreads {
            causes.push(id.clone());
        }
    }
    if !causes.is_empty() {
        let standing = standing_on(context.old);
        Spread { context, states: &mut states, causes, standing }.run();
    }
    set_aside(context, &states);
    states
}

/// Whether a column becomes numbered in another way: the sequence that goes may bear the name of the one that comes.
fn makes_room(context: &Context, id: &ObjectId) -> bool {
    let (Some(old), Some(new)) = (context.old.column(id), context.new.column(id)) else { return false };
    let loses_serial = context.old.serial(id).is_some_and(|sequence| !context.new.objects.contains_key(sequence));
    (old.identity.is_some() && new.identity.is_none()) || (loses_serial && new.identity.is_some())
}

/// What has steps of its own. What only follows from a parent (partitions' indexes and triggers, inherited
/// constraints) has none, nor has a NOT NULL constraint, which is its column's.
fn units(schema: &Schema) -> BTreeSet<ObjectId> {
    let mut units = BTreeSet::new();
    for (id, object) in &schema.objects {
        let on = |kind, name: &str| ObjectId::on(kind, &id.schema, &id.name, name);
        match object {
            Object::Trigger(trigger) if trigger.inherited => continue,
            Object::Index(index) if index.part_of.is_some() => continue,
            Object::Table(table) => {
                units.extend(table.columns.iter().map(|column| on(Kind::Column, &column.name)));
                let constraints = table.constraints.iter().filter(|one| one.local);
                let constraints = constraints.filter(|one| one.kind != ConstraintKind::NotNull);
                units.extend(constraints.map(|one| on(Kind::Constraint, &one.name)));
            }
            Object::Domain(domain) => {
                let constraints = domain.constraints.iter().filter(|one| one.kind != ConstraintKind::NotNull);
                units.extend(constraints.map(|one| on(Kind::Constraint, &one.name)));
            }
            _ => {}
        }
        units.insert(id.clone());
    }
    units
}

/// What stands directly on each object; what belongs to a relation stands on it.
fn standing_on(schema: &Schema) -> HashMap<ObjectId, Vec<&ObjectId>> {
    let mut standing: HashMap<ObjectId, Vec<&ObjectId>> = HashMap::new();
    for (id, on) in &schema.depends {
        for on in on {
            // The columns of views and composite types have no steps of their own.
            let held = if on.kind == Kind::Column && schema.column(on).is_none() { schema.holder(on) } else { None };
            standing.entry(held.unwrap_or(on).clone()).or_default().push(id);
            for source in carry::with_sources(schema, on).into_iter().skip(1) {
                standing.entry(source).or_default().push(id);
            }
        }
    }
    for id in schema.objects.keys().filter(|id| !id.of.is_empty()) {
        if let Some(holder) = schema.holder(id) {
            standing.entry(holder.clone()).or_default().push(id);
        }
    }
    standing
}

/// Follows what goes to what stands on it.
struct Spread<'a, 'b> {
    context: &'a mut Context<'b>,
    states: &'a mut States,
    causes: Vec<ObjectId>,
    standing: HashMap<ObjectId, Vec<&'b ObjectId>>,
}

impl Spread<'_, '_> {
    fn run(mut self) {
        while let Some(cause) = self.causes.pop() {
            for on in self.standing.get(&cause).cloned().unwrap_or_default() {
                self.reach(&cause, on);
            }
        }
    }

    fn reach(&mut self, cause: &ObjectId, id: &ObjectId) {
        let Some(id) = carry::unit(self.context.old, self.states, id) else { return };
        let (Some(&state), Some(&of_cause)) = (self.states.get(&id), self.states.get(cause)) else { return };
        // What changes anyhow when its ground goes for good, changes so that it does not need it any more.
        let is_settled = of_cause == State::Drop && state != State::Keep;
        if !matches!(state, State::Keep | State::Alter) || is_settled || *cause == id {
            return;
        }
        match id.kind {
            Kind::Column => self.reach_column(cause, of_cause, &id),
            Kind::Table => self.reach_table(cause, of_cause, &id),
            Kind::Constraint | Kind::Index => {
                if !self.follows_by_itself(cause, of_cause, &id) {
                    self.replace(id);
                }
            }
            Kind::Schema | Kind::Extension | Kind::Sequence | Kind::Enum | Kind::DefaultPrivileges => {}
            _ => self.replace(id),
        }
    }

    /// A column takes a new type of the same name; loses its default for a while; or is generated anew.
    fn reach_column(&mut self, cause: &ObjectId, of_cause: State, id: &ObjectId) {
        let Some(column) = self.context.old.column(id) else { return };
        let stays_plain = self.context.new.column(id).is_some_and(|new| new.generated.is_none());
        if of_cause == State::Alter && cause.kind == Kind::Column && column.generated.is_none() {
            return;
        }
        if column.generated.is_some() && !stays_plain {
            return self.replace(id.clone());
        }
        if column.default.is_some() {
            self.context.decisions.released.insert(id.clone());
        }
        self.states.insert(id.clone(), State::Alter);
        if of_cause == State::Replace && carry::is_of_type(&column.type_name, cause) {
            self.context.decisions.forced.insert(id.clone());
            self.causes.push(id.clone());
        }
    }

    /// A partition or child is taken from its parent, and given to the new one.
    fn reach_table(&mut self, cause: &ObjectId, of_cause: State, id: &ObjectId) {
        if of_cause != State::Replace {
            return;
        }
        if cause.kind == Kind::Table {
            self.context.decisions.released.insert(id.clone());
            self.states.insert(id.clone(), State::Alter);
        } else if self.context.old.table(&id.schema, &id.name).is_some_and(|table| table.of_type.is_some()) {
            self.replace(id.clone());
        }
    }

    /// Whether PostgreSQL itself brings a constraint or index along when a column's type changes.
    fn follows_by_itself(&self, cause: &ObjectId, of_cause: State, id: &ObjectId) -> bool {
        if cause.kind == Kind::Table && of_cause == State::Replace {
            return false;
        }
        if cause.kind != Kind::Column || of_cause != State::Alter {
            return false;
        }
        let is_key =
            self.context.old.constraint(id).is_some_and(|constraint| {
                matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            });
        is_key || (write::is_light(self.context, cause) && !self.context.decisions.forced.contains(cause))
    }

    fn replace(&mut self, id: ObjectId) {
        self.states.insert(id.clone(), State::Replace);
        self.causes.push(id);
    }
}

/// Types that are made anew while columns stay get a name for the meanwhile, and so do the types that those are made of.
fn set_aside(context: &mut Context, states: &States) {
    const TYPES: [Kind; 4] = [Kind::Enum, Kind::Domain, Kind::CompositeType, Kind::RangeType];
    let is_replaced = |id: &ObjectId| states.get(id) == Some(&State::Replace) && TYPES.contains(&id.kind);
    let columns = context.decisions.forced.iter().filter_map(|column| context.old.column(column));
    let used: BTreeSet<&str> = columns.map(|column| column.type_name.as_str()).collect();
    let is_used = |id: &ObjectId| used.iter().any(|name| carry::is_of_type(name, id));
    let mut waiting: Vec<&ObjectId> = states.keys().filter(|id| is_replaced(id) && is_used(id)).collect();
    let mut aside = BTreeMap::new();
    while let Some(id) = waiting.pop() {
        if aside.insert(id.clone(), free_name(context, id)).is_none() {
            waiting.extend(parts(context.old, id).into_iter().filter(|part| is_replaced(part)));
        }
    }
    context.decisions.aside = aside;
}

/// What a type directly stands on; an attribute counts as its type.
fn parts<'a>(schema: &'a Schema, id: &ObjectId) -> Vec<&'a ObjectId> {
    let own = schema.depends.get(id).into_iter().flatten();
    let is_attribute = |of: &ObjectId| of.kind == Kind::Column && of.schema == id.schema && of.of == id.name;
    let attributes = schema.depends.iter().filter(|(of, _)| is_attribute(of)).flat_map(|(_, on)| on);
    own.chain(attributes).collect()
}

/// A name like the type's own that neither schema has.
fn free_name(context: &Context, id: &ObjectId) -> String {
    let is_free = |name: &str| {
        let taken =
            |schema: &Schema| schema.objects.keys().any(|other| other.schema == id.schema && other.name == name);
        !taken(context.old) && !taken(context.new)
    };
    let longest = 63 - "_old_00".len();
    let mut stem = id.name.as_str();
    while stem.len() > longest {
        stem = &stem[..stem.char_indices().next_back().map_or(0, |(at, _)| at)];
    }
    let names = (0..).map(|number| if number == 0 { format!("{stem}_old") } else { format!("{stem}_old_{number}") });
    names.into_iter().find(|name| is_free(name)).unwrap_or_default()
}
