//! How similar two objects are: points, and the reasons for them.

use std::collections::BTreeSet;

use super::named::replace_name;
use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::{qualified, quote};

/// The points so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Similarity {
    pub score: u32,
    pub reasons: Vec<String>,
}

impl Similarity {
    pub fn add(mut self, points: u32, reason: &str) -> Self {
        self.score += points;
        self.reasons.push(reason.to_owned());
        self
    }

    pub fn add_if(self, holds: bool, points: u32, reason: &str) -> Self {
        if holds { self.add(points, reason) } else { self }
    }

    /// Up to 20 points for similar names.
    pub fn similar_names(self, one: &str, other: &str) -> Self {
        let similarity = strsim::normalized_levenshtein(one, other);
        let contains = one.len() > 2 && other.contains(one) || other.len() > 2 && one.contains(other);
        match () {
            () if similarity >= 0.7 || contains => self.add(20, "similar name"),
            () if similarity >= 0.5 => self.add(10, "similar name"),
            () => self,
        }
    }

    /// Points for the share of equal items, e.g. `3 of 4 columns the same`.
    fn add_share(self, (same, all): (usize, usize), points: u32, what: &str) -> Self {
        let (Ok(same_points), Ok(total)) = (u32::try_from(same), u32::try_from(all)) else { return self };
        match (same, all) {
            (0, _) | (_, 0) => self,
            (same, all) if same == all => self.add(points, &format!("same {what}")),
            _ => self.add(points * same_points / total, &format!("{same} of {all} {what} the same")),
        }
    }
}

/// Compares two objects of the same kind that belong to no other object.
pub(super) fn compare_objects((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Similarity {
    let (Some(ours), Some(theirs)) = (old.objects.get(one), new.objects.get(other)) else {
        return Similarity::default();
    };
    let is_same = is_same((ours, one), (theirs, other));
    let similarity = match (ours, theirs) {
        (Object::Table(ours), Object::Table(theirs)) => compare_tables((one, ours), (other, theirs)),
        (Object::Enum(ours), Object::Enum(theirs)) => {
            Similarity::default().add_share(shared(ours.labels.iter(), theirs.labels.iter()), 70, "values")
        }
        (Object::CompositeType(ours), Object::CompositeType(theirs)) => {
            Similarity::default().add_share(shared(typed(&ours.columns), typed(&theirs.columns)), 70, "attributes")
        }
        (Object::Schema, Object::Schema) => compare_schemas((old, one), (new, other)),
        (Object::Sequence(ours), Object::Sequence(theirs)) => {
            let is_owned = ours.owned_by.is_some() && ours.owned_by == theirs.owned_by;
            let alike = Similarity::default().add_if(ours.options == theirs.options, 40, "same options");
            alike.add_if(is_owned, 30, "same column")
        }
        _ => Similarity::default().add_if(is_same, 70, "same definition"),
    };
    if similarity.score == 0 {
        return similarity;
    }
    let moved = one.name == other.name && one.kind != Kind::Schema;
    if moved { similarity.add(20, "same name") } else { similarity.similar_names(&one.name, &other.name) }
}

/// Whether two objects differ only in their own name.
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

/// Compares the objects in two schemas by name.
fn compare_schemas((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Similarity {
    let inside = |schema: &Schema, name: &str| -> BTreeSet<(Kind, String)> {
        let ids = schema.objects.keys().filter(|id| id.schema == name && !name.is_empty());
        ids.map(|id| (id.kind, id.name.clone())).collect()
    };
    let (ours, theirs) = (inside(old, &one.name), inside(new, &other.name));
    Similarity::default().add_share(shared(ours.iter(), theirs.iter()), 80, "objects")
}

/// The number of items in both, and the number of items in total.
fn shared<T: Ord>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> (usize, usize) {
    let (one, other): (BTreeSet<T>, BTreeSet<T>) = (one.collect(), other.collect());
    (one.intersection(&other).count(), one.union(&other).count())
}

fn typed(columns: &[Column]) -> impl Iterator<Item = (&str, &str)> {
    columns.iter().map(|column| (column.name.as_str(), column.type_name.as_str()))
}

fn compare_tables((one, ours): (&ObjectId, &Table), (other, theirs): (&ObjectId, &Table)) -> Similarity {
    let is_partition = ours.partition_of.is_some() || theirs.partition_of.is_some();
    let bounds = ours.partition_of == theirs.partition_of;
    if is_partition && !bounds || ours.partition_by != theirs.partition_by {
        return Similarity::default();
    }
    let definition_without_table =
        |id: &ObjectId, constraint: &Constraint| replace_name(&constraint.definition, &full(id), "");
    let constraints = |id: &ObjectId, table: &Table| -> Vec<String> {
        table.constraints.iter().map(|constraint| definition_without_table(id, constraint)).collect()
    };
    let (own, their) = (constraints(one, ours), constraints(other, theirs));
    Similarity::default()
        .add_share(shared(typed(&ours.columns), typed(&theirs.columns)), 65, "columns")
        .add_share(shared(own.iter(), their.iter()), 15, "constraints")
        .add_if(is_partition && bounds, 10, "same position")
}

/// Compares two columns of a table by their positions. `None` if a position is out of range.
pub(super) fn compare_columns(
    (ours, old_place): (&Table, usize),
    (theirs, new_place): (&Table, usize),
    is_only_pair: bool,
) -> Option<Similarity> {
    let (one, other) = (ours.columns.get(old_place)?, theirs.columns.get(new_place)?);
    let before = |table: &Table, place: usize| {
        place.checked_sub(1).and_then(|place| table.columns.get(place)).map(|column| column.name.clone())
    };
    let same_neighbour = before(ours, old_place).is_some_and(|name| before(theirs, new_place) == Some(name));
    let same_default = one.default.is_some() && one.default == other.default && one.generated == other.generated;
    let constraints = (constraints_on(ours, &one.name, &one.name), constraints_on(theirs, &other.name, &one.name));
    let base = |column: &Column| column.type_name.split('(').next().unwrap_or("").to_owned();
    let similarity = Similarity::default();
    let similarity = if one.type_name == other.type_name {
        similarity.add(40, "same type")
    } else {
        similarity.add_if(base(one) == base(other), 30, "same type, different size")
    };
    let similarity = similarity
        .add_if(old_place == new_place || same_neighbour, 20, "same position")
        .add_if(same_default, 15, "same default")
        .add_if(one.identity.is_some() && other.identity.is_some(), 15, "both identity")
        .add_if(!constraints.0.is_empty() && constraints.0 == constraints.1, 15, "same constraints")
        .add_if(one.not_null && other.not_null, 5, "both NOT NULL")
        .add_if(is_only_pair, 10, "the only dropped and the only added column");
    Some(similarity.similar_names(&one.name, &other.name))
}

/// The constraints on a column, with the column's name replaced.
fn constraints_on(table: &Table, name: &str, called: &str) -> BTreeSet<String> {
    let on = table.constraints.iter().filter(|constraint| constraint.columns.iter().any(|column| column == name));
    on.map(|constraint| replace_name(&constraint.definition, &quote(name), &quote(called))).collect()
}

/// Compares two indexes of tables that are the same or may be.
pub(super) fn compare_indexes(
    (old, one, ours): (&Schema, &ObjectId, &ObjectId),
    (new, other, theirs): (&Schema, &ObjectId, &ObjectId),
) -> Similarity {
    let (Some(Object::Index(left)), Some(Object::Index(right))) = (old.objects.get(ours), new.objects.get(theirs))
    else {
        return Similarity::default();
    };
    let definition = replace_name(&left.definition, &full(one), &full(other));
    let is_same = definition == right.definition && left.unique == right.unique;
    if is_same {
        Similarity::default().add(70, "same definition").similar_names(&ours.name, &theirs.name)
    } else {
        Similarity::default()
    }
}

/// Compares two values of an enum.
pub(super) fn compare_labels(
    (ours, old_place): (&[String], usize),
    (theirs, new_place): (&[String], usize),
) -> Similarity {
    let before = |labels: &[String], place: usize| place.checked_sub(1).and_then(|place| labels.get(place)).cloned();
    let after = |labels: &[String], place: usize| labels.get(place + 1).cloned();
    let between =
        before(ours, old_place) == before(theirs, new_place) && after(ours, old_place) == after(theirs, new_place);
    let (one, other) = (ours.get(old_place), theirs.get(new_place));
    let similarity = Similarity::default().add_if(between, 60, "same position");
    let similarity = similarity.add_if(!between && old_place == new_place, 40, "same position");
    match (one, other) {
        (Some(one), Some(other)) => {
            let alike = strsim::normalized_levenshtein(&one.to_lowercase(), &other.to_lowercase()) >= 0.8;
            similarity.similar_names(one, other).add_if(alike, 30, "almost the same word")
        }
        _ => similarity,
    }
}
