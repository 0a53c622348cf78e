//! How much two things look like one: points, and the reasons for them.

use std::collections::BTreeSet;

use super::named::replace_name;
use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::{qualified, quote};

/// The points so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Likeness {
    pub score: u32,
    pub reasons: Vec<String>,
}

impl Likeness {
    pub fn with(mut self, points: u32, reason: &str) -> Self {
        self.score += points;
        self.reasons.push(reason.to_owned());
        self
    }

    pub fn when(self, holds: bool, points: u32, reason: &str) -> Self {
        if holds { self.with(points, reason) } else { self }
    }

    /// Up to 20 points for names that look alike.
    pub fn like(self, one: &str, other: &str) -> Self {
        let likeness = strsim::normalized_levenshtein(one, other);
        let contains = one.len() > 2 && other.contains(one) || other.len() > 2 && one.contains(other);
        match () {
            () if likeness >= 0.7 || contains => self.with(20, "similar name"),
            () if likeness >= 0.5 => self.with(10, "similar name"),
            () => self,
        }
    }

    /// A share in words: `most columns the same`.
    fn share(self, (same, all): (usize, usize), points: u32, what: &str) -> Self {
        let (Ok(same_points), Ok(total)) = (u32::try_from(same), u32::try_from(all)) else { return self };
        match (same, all) {
            (0, _) | (_, 0) => self,
            (same, all) if same == all => self.with(points, &format!("same {what}")),
            _ => self.with(points * same_points / total, &format!("{same} of {all} {what} the same")),
        }
    }
}

/// Two objects of one kind that stand alone.
pub(super) fn of_objects((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Likeness {
    let (Some(ours), Some(theirs)) = (old.objects.get(one), new.objects.get(other)) else {
        return Likeness::default();
    };
    let is_same = is_same((ours, one), (theirs, other));
    let likeness = match (ours, theirs) {
        (Object::Table(ours), Object::Table(theirs)) => of_tables((one, ours), (other, theirs)),
        (Object::Enum(ours), Object::Enum(theirs)) => {
            Likeness::default().share(shared(ours.labels.iter(), theirs.labels.iter()), 70, "values")
        }
        (Object::CompositeType(ours), Object::CompositeType(theirs)) => {
            Likeness::default().share(shared(typed(&ours.columns), typed(&theirs.columns)), 70, "attributes")
        }
        (Object::Schema, Object::Schema) => of_schemas((old, one), (new, other)),
        (Object::Sequence(ours), Object::Sequence(theirs)) => {
            let is_owned = ours.owned_by.is_some() && ours.owned_by == theirs.owned_by;
            let alike = Likeness::default().when(ours.options == theirs.options, 40, "same options");
            alike.when(is_owned, 30, "same column")
        }
        _ => Likeness::default().when(is_same, 70, "same definition"),
    };
    if likeness.score == 0 {
        return likeness;
    }
    let moved = one.name == other.name && one.kind != Kind::Schema;
    if moved { likeness.with(20, "same name") } else { likeness.like(&one.name, &other.name) }
}

/// Whether two objects are the same but for their own name.
fn is_same((ours, one): (&Object, &ObjectId), (theirs, other): (&Object, &ObjectId)) -> bool {
    if let (Object::Function(ours), Object::Function(theirs)) = (ours, theirs) {
        let renamed = replace_name(&ours.definition, &qualified(&one.schema, &one.name), &full(other));
        return one.arguments == other.arguments && renamed == theirs.definition;
    }
    if let (Object::Statistics(ours), Object::Statistics(theirs)) = (ours, theirs) {
        return replace_name(&ours.definition, &full(one), &full(other)) == theirs.definition;
    }
    one.arguments == other.arguments && ours == theirs
}

fn full(id: &ObjectId) -> String {
    qualified(&id.schema, &id.name)
}

/// What stands in two schemas, by name.
fn of_schemas((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Likeness {
    let inside = |schema: &Schema, name: &str| -> BTreeSet<(Kind, String)> {
        let ids = schema.objects.keys().filter(|id| id.schema == name && !name.is_empty());
        ids.map(|id| (id.kind, id.name.clone())).collect()
    };
    let (ours, theirs) = (inside(old, &one.name), inside(new, &other.name));
    Likeness::default().share(shared(ours.iter(), theirs.iter()), 80, "objects")
}

/// How many are in both, and how many there are altogether.
fn shared<T: Ord>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> (usize, usize) {
    let (one, other): (BTreeSet<T>, BTreeSet<T>) = (one.collect(), other.collect());
    (one.intersection(&other).count(), one.union(&other).count())
}

fn typed(columns: &[Column]) -> impl Iterator<Item = (&str, &str)> {
    columns.iter().map(|column| (column.name.as_str(), column.type_name.as_str()))
}

fn of_tables((one, ours): (&ObjectId, &Table), (other, theirs): (&ObjectId, &Table)) -> Likeness {
    let is_partition = ours.partition_of.is_some() || theirs.partition_of.is_some();
    let bounds = ours.partition_of == theirs.partition_of;
    if is_partition && !bounds || ours.partition_by != theirs.partition_by {
        return Likeness::default();
    }
    let says = |id: &ObjectId, constraint: &Constraint| replace_name(&constraint.definition, &full(id), "");
    let constraints = |id: &ObjectId, table: &Table| -> Vec<String> {
        table.constraints.iter().map(|constraint| says(id, constraint)).collect()
    };
    let (own, their) = (constraints(one, ours), constraints(other, theirs));
    Likeness::default()
        .share(shared(typed(&ours.columns), typed(&theirs.columns)), 65, "columns")
        .share(shared(own.iter(), their.iter()), 15, "constraints")
        .when(is_partition && bounds, 10, "same place")
}

/// Two columns of a table, by their place; `None` where nothing can be said for it.
pub(super) fn of_columns(
    (ours, old_place): (&Table, usize),
    (theirs, new_place): (&Table, usize),
    is_only_pair: bool,
) -> Option<Likeness> {
    let (one, other) = (ours.columns.get(old_place)?, theirs.columns.get(new_place)?);
    let before = |table: &Table, place: usize| {
        place.checked_sub(1).and_then(|place| table.columns.get(place)).map(|column| column.name.clone())
    };
    let same_neighbour = before(ours, old_place).is_some_and(|name| before(theirs, new_place) == Some(name));
    let same_default = one.default.is_some() && one.default == other.default && one.generated == other.generated;
    let constraints = (constraints_on(ours, &one.name, &one.name), constraints_on(theirs, &other.name, &one.name));
    let base = |column: &Column| column.type_name.split('(').next().unwrap_or("").to_owned();
    let likeness = Likeness::default();
    let likeness = if one.type_name == other.type_name {
        likeness.with(40, "same type")
    } else {
        likeness.when(base(one) == base(other), 30, "same type but for its size")
    };
    let likeness = likeness
        .when(old_place == new_place || same_neighbour, 20, "same place")
        .when(same_default, 15, "same default")
        .when(one.identity.is_some() && other.identity.is_some(), 15, "both identity")
        .when(!constraints.0.is_empty() && constraints.0 == constraints.1, 15, "same constraints")
        .when(one.not_null && other.not_null, 5, "both NOT NULL")
        .when(is_only_pair, 10, "the only column that goes, and the only one that comes");
    Some(likeness.like(&one.name, &other.name))
}

/// What the constraints on a column say, with another name for it.
fn constraints_on(table: &Table, name: &str, called: &str) -> BTreeSet<String> {
    let on = table.constraints.iter().filter(|constraint| constraint.columns.iter().any(|column| column == name));
    on.map(|constraint| replace_name(&constraint.definition, &quote(name), &quote(called))).collect()
}

/// Two indexes, each of a table that is or looks the same.
pub(super) fn of_indexes(
    (old, one, ours): (&Schema, &ObjectId, &ObjectId),
    (new, other, theirs): (&Schema, &ObjectId, &ObjectId),
) -> Likeness {
    let (Some(Object::Index(left)), Some(Object::Index(right))) = (old.objects.get(ours), new.objects.get(theirs))
    else {
        return Likeness::default();
    };
    let definition = replace_name(&left.definition, &full(one), &full(other));
    let is_same = definition == right.definition && left.unique == right.unique;
    if is_same {
        Likeness::default().with(70, "same definition").like(&ours.name, &theirs.name)
    } else {
        Likeness::default()
    }
}

/// Two values of an enum.
pub(super) fn of_labels((ours, old_place): (&[String], usize), (theirs, new_place): (&[String], usize)) -> Likeness {
    let before = |labels: &[String], place: usize| place.checked_sub(1).and_then(|place| labels.get(place)).cloned();
    let after = |labels: &[String], place: usize| labels.get(place + 1).cloned();
    let between =
        before(ours, old_place) == before(theirs, new_place) && after(ours, old_place) == after(theirs, new_place);
    let (one, other) = (ours.get(old_place), theirs.get(new_place));
    let likeness = Likeness::default().when(between, 60, "same place");
    let likeness = likeness.when(!between && old_place == new_place, 40, "same place");
    match (one, other) {
        (Some(one), Some(other)) => {
            let alike = strsim::normalized_levenshtein(&one.to_lowercase(), &other.to_lowercase()) >= 0.8;
            likeness.like(one, other).when(alike, 30, "nearly the same word")
        }
        _ => likeness,
    }
}
