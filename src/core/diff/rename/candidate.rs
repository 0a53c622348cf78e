//! The pairs of what goes and what comes that look like one thing under two names. They are only ever offered.

use std::collections::BTreeSet;

use super::likeness::{self, Likeness};
use super::named::{Named, plain_literal};
use super::{Subject, identical_constraints};
use crate::core::schema::{Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::quote;

/// A pair that looks like a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub subject: Subject,
    /// What speaks for it, e.g. `same type`.
    pub reasons: Vec<String>,
    /// 0 to 100.
    pub score: u32,
    /// What `--rename` takes to ask for it.
    pub spec: String,
}

/// How many others a thing may be offered with.
const ALTERNATIVES: usize = 3;
const LIKELY: u32 = 50;

/// Pairs of what only `old` has and what only `new` has that are likely one thing: tables, their columns, constraints
/// and indexes (those of table pairs included), types, sequences, views, routines, enum values. Best first within each
/// kind; what each belongs to comes before it.
#[must_use]
pub fn candidates(old: &Schema, new: &Schema) -> Vec<Candidate> {
    let mut found = standing(old, new);
    let pairs: Vec<(ObjectId, ObjectId)> = found.iter().filter_map(|candidate| objects(&candidate.subject)).collect();
    let same = old.objects.keys().filter(|id| new.objects.contains_key(id)).map(|id| (id.clone(), id.clone()));
    for (one, other) in same.chain(pairs) {
        found.extend(within(old, new, &one, &other));
    }
    found
}

fn objects(subject: &Subject) -> Option<(ObjectId, ObjectId)> {
    match subject {
        Subject::Object { old, new } => Some((old.clone(), new.clone())),
        Subject::Label { .. } => None,
    }
}

/// What stands alone; indexes are looked at with their table.
fn standing(old: &Schema, new: &Schema) -> Vec<Candidate> {
    let only = |schema: &Schema, other: &Schema| -> Vec<ObjectId> {
        let ids = schema.objects.keys().filter(|id| id.of.is_empty() && !other.objects.contains_key(*id));
        ids.cloned().collect()
    };
    let (gone, come) = (only(old, new), only(new, old));
    let mut pairs = Vec::new();
    for one in &gone {
        for other in come.iter().filter(|other| other.kind == one.kind) {
            let likeness = likeness::of_objects((old, one), (new, other));
            pairs.push((one.clone(), other.clone(), likeness));
        }
    }
    let best = best(pairs);
    best.into_iter().map(|(one, other, likeness)| candidate(object(one, other), likeness)).collect()
}

fn object(old: ObjectId, new: ObjectId) -> Subject {
    Subject::Object { old, new }
}

/// What belongs to two objects that are one, or look so.
fn within(old: &Schema, new: &Schema, one: &ObjectId, other: &ObjectId) -> Vec<Candidate> {
    match (old.objects.get(one), new.objects.get(other)) {
        (Some(Object::Table(ours)), Some(Object::Table(theirs))) => {
            let columns = columns((one, ours), (other, theirs));
            let constraints = constraints((one, ours), (other, theirs));
            [columns, constraints, indexes((old, one), (new, other))].concat()
        }
        (Some(Object::MaterializedView(_)), Some(Object::MaterializedView(_))) => indexes((old, one), (new, other)),
        (Some(Object::Enum(ours)), Some(Object::Enum(theirs))) => labels(one, &ours.labels, &theirs.labels),
        _ => Vec::new(),
    }
}

fn columns((one, ours): (&ObjectId, &Table), (other, theirs): (&ObjectId, &Table)) -> Vec<Candidate> {
    let only = |table: &Table, without: &Table| -> Vec<usize> {
        let is_new = |name: &str| !without.columns.iter().any(|column| column.name == name);
        let columns = table.columns.iter().enumerate();
        // What a parent has is renamed there.
        columns.filter(|(_, column)| !column.inherited && is_new(&column.name)).map(|(place, _)| place).collect()
    };
    let (gone, come) = (only(ours, theirs), only(theirs, ours));
    let is_only_pair = gone.len() == 1 && come.len() == 1;
    let mut pairs = Vec::new();
    for &old_place in &gone {
        for &new_place in &come {
            let Some(likeness) = likeness::of_columns((ours, old_place), (theirs, new_place), is_only_pair) else {
                continue;
            };
            pairs.push((old_place, new_place, likeness));
        }
    }
    let name = |table: &Table, place: usize| table.columns.get(place).map(|column| column.name.clone());
    let named = best(pairs).into_iter().filter_map(|(old_place, new_place, likeness)| {
        let old = ObjectId::on(Kind::Column, &one.schema, &one.name, &name(ours, old_place)?);
        let new = ObjectId::on(Kind::Column, &other.schema, &other.name, &name(theirs, new_place)?);
        Some(candidate(object(old, new), likeness))
    });
    named.collect()
}

/// Constraints that say the same; those that the difference renames by itself are not asked about.
fn constraints((one, ours): (&ObjectId, &Table), (other, theirs): (&ObjectId, &Table)) -> Vec<Candidate> {
    let plain: BTreeSet<(String, String)> = identical_constraints(ours, theirs).into_iter().collect();
    let mut pairs = Vec::new();
    for old in ours.constraints.iter().filter(|it| !theirs.constraints.iter().any(|other| other.name == it.name)) {
        for new in theirs.constraints.iter().filter(|it| !ours.constraints.iter().any(|other| other.name == it.name)) {
            let is_plain = plain.contains(&(old.name.clone(), new.name.clone()));
            let is_same = old.kind == new.kind && old.definition == new.definition && old.local && new.local;
            if is_same && !is_plain {
                let likeness = Likeness::default().with(60, "same definition").like(&old.name, &new.name);
                pairs.push((old.name.clone(), new.name.clone(), likeness));
            }
        }
    }
    let named = |(old, new, likeness): (String, String, Likeness)| {
        let old = ObjectId::on(Kind::Constraint, &one.schema, &one.name, &old);
        candidate(object(old, ObjectId::on(Kind::Constraint, &other.schema, &other.name, &new)), likeness)
    };
    best(pairs).into_iter().map(named).collect()
}

fn indexes((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Vec<Candidate> {
    let of = |schema: &Schema, holder: &ObjectId, without: &Schema, with: &ObjectId| -> Vec<ObjectId> {
        let is_its = |id: &&ObjectId| id.kind == Kind::Index && id.schema == holder.schema && id.of == holder.name;
        let there = |id: &ObjectId| ObjectId::on(Kind::Index, &with.schema, &with.name, &id.name);
        schema.objects.keys().filter(is_its).filter(|id| !without.objects.contains_key(&there(id))).cloned().collect()
    };
    let (gone, come) = (of(old, one, new, other), of(new, other, old, one));
    let mut pairs = Vec::new();
    for ours in &gone {
        for theirs in &come {
            let likeness = likeness::of_indexes((old, one, ours), (new, other, theirs));
            pairs.push((ours.clone(), theirs.clone(), likeness));
        }
    }
    best(pairs).into_iter().map(|(ours, theirs, likeness)| candidate(object(ours, theirs), likeness)).collect()
}

fn labels(of: &ObjectId, ours: &[String], theirs: &[String]) -> Vec<Candidate> {
    let mut pairs = Vec::new();
    for (old_place, old) in ours.iter().enumerate().filter(|(_, label)| !theirs.contains(label)) {
        for (new_place, new) in theirs.iter().enumerate().filter(|(_, label)| !ours.contains(label)) {
            pairs.push((old.clone(), new.clone(), likeness::of_labels((ours, old_place), (theirs, new_place))));
        }
    }
    let named = |(old, new, likeness)| candidate(Subject::Label { of: of.clone(), old, new }, likeness);
    best(pairs).into_iter().map(named).collect()
}

/// The likely ones, best first, and not more than a few for either side of each.
fn best<T: Clone + Ord>(mut pairs: Vec<(T, T, Likeness)>) -> Vec<(T, T, Likeness)> {
    pairs.retain(|(.., likeness)| likeness.score >= LIKELY);
    pairs.sort_by(|one, other| {
        let by_score = other.2.score.cmp(&one.2.score);
        by_score.then_with(|| (&one.0, &one.1).cmp(&(&other.0, &other.1)))
    });
    let mut kept: Vec<(T, T, Likeness)> = Vec::new();
    for pair in pairs {
        let of_old = kept.iter().filter(|other| other.0 == pair.0).count();
        let of_new = kept.iter().filter(|other| other.1 == pair.1).count();
        if of_old < ALTERNATIVES && of_new < ALTERNATIVES {
            kept.push(pair);
        }
    }
    kept
}

fn candidate(subject: Subject, likeness: Likeness) -> Candidate {
    let spec = spec(&subject);
    Candidate { subject, score: likeness.score.min(100), reasons: likeness.reasons, spec }
}

fn spec(subject: &Subject) -> String {
    match subject {
        Subject::Object { old, new } => {
            let named = Named { id: old.clone(), label: None, holder: None };
            let to_schema = if old.schema != new.schema && old.of.is_empty() && !old.schema.is_empty() {
                format!("{}.", quote(&new.schema))
            } else {
                String::new()
            };
            format!("{}={to_schema}{}", named.typed(), quote(&new.name))
        }
        Subject::Label { of, old, new } => {
            let named = Named { id: of.clone(), label: Some(old.clone()), holder: None };
            format!("{}={}", named.typed(), plain_literal(new))
        }
    }
}
