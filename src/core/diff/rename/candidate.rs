//! Pairs of a dropped and an added object that may be a rename. They are only suggested.

use std::collections::BTreeSet;

use super::named::{Named, plain_literal};
use super::similarity::{self, Similarity};
use super::{Subject, identical_constraints};
use crate::core::schema::{Kind, Object, ObjectId, Schema, Table};
use crate::core::sql::identifier::quote;

/// A pair that may be a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub subject: Subject,
    /// The reasons, e.g. `same type`.
    pub reasons: Vec<String>,
    /// 0 to 100.
    pub score: u32,
    /// The argument of `--rename` that requests this rename.
    pub spec: String,
}

/// The maximum number of suggestions for one object.
const ALTERNATIVES: usize = 3;
const LIKELY: u32 = 50;

/// Returns the pairs of an object that only `old` has and an object that only `new` has that are probably the same:
/// tables, their columns, constraints and indexes (also those of such table pairs), types, sequences, views, routines,
/// enum values. Within each kind, the best pairs come first. A table comes before its parts.
#[must_use]
pub fn candidates(old: &Schema, new: &Schema) -> Vec<Candidate> {
    let mut found = independent_objects(old, new);
    let pairs: Vec<(ObjectId, ObjectId)> = found.iter().filter_map(|candidate| objects(&candidate.subject)).collect();
    let same = old.objects.keys().filter(|id| new.objects.contains_key(id)).map(|id| (id.clone(), id.clone()));
    for (one, other) in same.chain(pairs) {
        found.extend(parts(old, new, &one, &other));
    }
    found
}

fn objects(subject: &Subject) -> Option<(ObjectId, ObjectId)> {
    match subject {
        Subject::Object { old, new } => Some((old.clone(), new.clone())),
        Subject::Label { .. } => None,
    }
}

/// Objects that belong to no other object. Indexes are compared with their table.
fn independent_objects(old: &Schema, new: &Schema) -> Vec<Candidate> {
    let only = |schema: &Schema, other: &Schema| -> Vec<ObjectId> {
        let ids = schema.objects.keys().filter(|id| id.of.is_empty() && !other.objects.contains_key(*id));
        ids.cloned().collect()
    };
    let (dropped, added) = (only(old, new), only(new, old));
    let mut pairs = Vec::new();
    for one in &dropped {
        for other in added.iter().filter(|other| other.kind == one.kind) {
            let similarity = similarity::compare_objects((old, one), (new, other));
            pairs.push((one.clone(), other.clone(), similarity));
        }
    }
    let best = best(pairs);
    best.into_iter().map(|(one, other, similarity)| candidate(object(one, other), similarity)).collect()
}

fn object(old: ObjectId, new: ObjectId) -> Subject {
    Subject::Object { old, new }
}

/// The parts of two objects that are the same or may be.
fn parts(old: &Schema, new: &Schema, one: &ObjectId, other: &ObjectId) -> Vec<Candidate> {
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
        // An inherited column is renamed in the parent.
        columns.filter(|(_, column)| !column.inherited && is_new(&column.name)).map(|(place, _)| place).collect()
    };
    let (dropped, added) = (only(ours, theirs), only(theirs, ours));
    let is_only_pair = dropped.len() == 1 && added.len() == 1;
    let mut pairs = Vec::new();
    for &old_place in &dropped {
        for &new_place in &added {
            let Some(similarity) = similarity::compare_columns((ours, old_place), (theirs, new_place), is_only_pair)
            else {
                continue;
            };
            pairs.push((old_place, new_place, similarity));
        }
    }
    let name = |table: &Table, place: usize| table.columns.get(place).map(|column| column.name.clone());
    let named = best(pairs).into_iter().filter_map(|(old_place, new_place, similarity)| {
        let old = ObjectId::on(Kind::Column, &one.schema, &one.name, &name(ours, old_place)?);
        let new = ObjectId::on(Kind::Column, &other.schema, &other.name, &name(theirs, new_place)?);
        Some(candidate(object(old, new), similarity))
    });
    named.collect()
}

/// Constraints with the same definition, without those that a comparison renames automatically.
fn constraints((one, ours): (&ObjectId, &Table), (other, theirs): (&ObjectId, &Table)) -> Vec<Candidate> {
    let plain: BTreeSet<(String, String)> = identical_constraints(ours, theirs).into_iter().collect();
    let mut pairs = Vec::new();
    for old in ours.constraints.iter().filter(|it| !theirs.constraints.iter().any(|other| other.name == it.name)) {
        for new in theirs.constraints.iter().filter(|it| !ours.constraints.iter().any(|other| other.name == it.name)) {
            let is_plain = plain.contains(&(old.name.clone(), new.name.clone()));
            let is_same = old.kind == new.kind && old.definition == new.definition && old.local && new.local;
            if is_same && !is_plain {
                let similarity = Similarity::default().add(60, "same definition").similar_names(&old.name, &new.name);
                pairs.push((old.name.clone(), new.name.clone(), similarity));
            }
        }
    }
    let named = |(old, new, similarity): (String, String, Similarity)| {
        let old = ObjectId::on(Kind::Constraint, &one.schema, &one.name, &old);
        candidate(object(old, ObjectId::on(Kind::Constraint, &other.schema, &other.name, &new)), similarity)
    };
    best(pairs).into_iter().map(named).collect()
}

fn indexes((old, one): (&Schema, &ObjectId), (new, other): (&Schema, &ObjectId)) -> Vec<Candidate> {
    let of = |schema: &Schema, holder: &ObjectId, without: &Schema, with: &ObjectId| -> Vec<ObjectId> {
        let is_its = |id: &&ObjectId| id.kind == Kind::Index && id.schema == holder.schema && id.of == holder.name;
        let there = |id: &ObjectId| ObjectId::on(Kind::Index, &with.schema, &with.name, &id.name);
        schema.objects.keys().filter(is_its).filter(|id| !without.objects.contains_key(&there(id))).cloned().collect()
    };
    let (dropped, added) = (of(old, one, new, other), of(new, other, old, one));
    let mut pairs = Vec::new();
    for ours in &dropped {
        for theirs in &added {
            let similarity = similarity::compare_indexes((old, one, ours), (new, other, theirs));
            pairs.push((ours.clone(), theirs.clone(), similarity));
        }
    }
    best(pairs).into_iter().map(|(ours, theirs, similarity)| candidate(object(ours, theirs), similarity)).collect()
}

fn labels(of: &ObjectId, ours: &[String], theirs: &[String]) -> Vec<Candidate> {
    let mut pairs = Vec::new();
    for (old_place, old) in ours.iter().enumerate().filter(|(_, label)| !theirs.contains(label)) {
        for (new_place, new) in theirs.iter().enumerate().filter(|(_, label)| !ours.contains(label)) {
            pairs.push((old.clone(), new.clone(), similarity::compare_labels((ours, old_place), (theirs, new_place))));
        }
    }
    let named = |(old, new, similarity)| candidate(Subject::Label { of: of.clone(), old, new }, similarity);
    best(pairs).into_iter().map(named).collect()
}

/// The probable pairs, best first, with a limited number for each object.
fn best<T: Clone + Ord>(mut pairs: Vec<(T, T, Similarity)>) -> Vec<(T, T, Similarity)> {
    pairs.retain(|(.., similarity)| similarity.score >= LIKELY);
    pairs.sort_by(|one, other| {
        let by_score = other.2.score.cmp(&one.2.score);
        by_score.then_with(|| (&one.0, &one.1).cmp(&(&other.0, &other.1)))
    });
    let mut kept: Vec<(T, T, Similarity)> = Vec::new();
    for pair in pairs {
        let of_old = kept.iter().filter(|other| other.0 == pair.0).count();
        let of_new = kept.iter().filter(|other| other.1 == pair.1).count();
        if of_old < ALTERNATIVES && of_new < ALTERNATIVES {
            kept.push(pair);
        }
    }
    kept
}

fn candidate(subject: Subject, similarity: Similarity) -> Candidate {
    let spec = spec(&subject);
    Candidate { subject, score: similarity.score.min(100), reasons: similarity.reasons, spec }
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
