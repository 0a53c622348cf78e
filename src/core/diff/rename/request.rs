//! What a person asks to be renamed: `OLD=NEW`, checked against both schemas.

use super::named::{self, Named};
use super::path::Path;
use super::{Rename, Subject};
use crate::core::schema::Schema;

/// Why a rename cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot rename {spec}: {message}")]
pub struct RenameError {
    /// As it was typed.
    pub spec: String,
    pub message: String,
    pub hint: Option<String>,
}

/// Reads one `OLD=NEW`. OLD is a table, column (`table.column`), constraint, index, type, sequence, view, function or
/// enum value (`type.'value'`), with its schema or without, with its kind before it or without; NEW a bare name, or one
/// with the same parents, or with another schema to move it there.
///
/// # Errors
/// When it cannot be read, names nothing or more than one thing, or when the new name is not in `new`.
pub fn parse(spec: &str, old: &Schema, new: &Schema) -> Result<Rename, RenameError> {
    Request::read(spec)?.resolve(&known(old), &named::all(new))
}

/// Reads several; later ones may name a thing by its old name or by one that an earlier one gave it. They come back in
/// an order in which they can run: the order given, unless one has to wait for another.
///
/// # Errors
/// As for one.
pub fn parse_all(specs: &[String], old: &Schema, new: &Schema) -> Result<Vec<Rename>, RenameError> {
    if specs.is_empty() {
        return Ok(Vec::new());
    }
    let mut waiting = specs.iter().map(|spec| Request::read(spec)).collect::<Result<Vec<_>, _>>()?;
    let (mut known, target) = (known(old), named::all(new));
    let mut renames: Vec<Rename> = Vec::new();
    while !waiting.is_empty() {
        let mut refused = None;
        let mut done = None;
        for (place, request) in waiting.iter().enumerate() {
            match request.resolve(&known, &target) {
                Ok(rename) => {
                    done = Some((place, rename));
                    break;
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match (done, refused) {
            (Some((place, rename)), _) => {
                waiting.remove(place);
                for names in &mut known {
                    names.follow(&rename);
                }
                renames.push(rename);
            }
            (None, Some(error)) => return Err(error),
            (None, None) => break,
        }
    }
    Ok(renames)
}

/// A thing of the old schema and all that it has been called.
struct Known {
    now: Named,
    before: Vec<Named>,
}

impl Known {
    fn follow(&mut self, rename: &Rename) {
        let after = self.now.after(rename);
        if after != self.now {
            self.before.push(std::mem::replace(&mut self.now, after));
        }
    }

    fn names(&self) -> impl Iterator<Item = &Named> {
        std::iter::once(&self.now).chain(&self.before)
    }
}

fn known(old: &Schema) -> Vec<Known> {
    named::all(old).into_iter().map(|now| Known { now, before: Vec::new() }).collect()
}

/// Both sides as typed.
struct Request {
    spec: String,
    /// Its left side.
    typed: String,
    old: Path,
    new: Path,
}

impl Request {
    fn read(spec: &str) -> Result<Self, RenameError> {
        let wrong = |message: String| RenameError {
            spec: spec.to_owned(),
            message,
            hint: Some("write OLD=NEW, e.g. public.users.name=full_name".to_owned()),
        };
        let (old, rest) = Path::read(spec).map_err(wrong)?;
        let typed = spec.strip_suffix(rest).unwrap_or(spec).trim().to_owned();
        let right = rest.strip_prefix('=').ok_or_else(|| wrong("there is no = in it".to_owned()))?;
        let (new, rest) = Path::read(right).map_err(wrong)?;
        if rest.is_empty() {
            Ok(Self { spec: spec.to_owned(), typed, old, new })
        } else {
            Err(wrong("it has two =".to_owned()))
        }
    }

    fn refuse(&self, message: String, hint: Option<String>) -> RenameError {
        RenameError { spec: self.spec.clone(), message, hint }
    }

    fn resolve(&self, known: &[Known], target: &[Named]) -> Result<Rename, RenameError> {
        let meant = self.meant(known)?;
        let goals: Vec<(&Known, Named)> = meant.iter().filter_map(|&it| Some((it, self.goal(it, target)?))).collect();
        match goals.as_slice() {
            [] => Err(self.no_such_goal(&meant, target)),
            [(thing, goal)] => self.checked(thing, goal, known),
            several => {
                let names: Vec<String> = several.iter().map(|(thing, _)| described(&thing.now)).collect();
                let hint = format!("it may be {}; write the whole name, or the kind before it", names.join(" or "));
                Err(self.refuse("the name is not the only one".to_owned(), Some(hint)))
            }
        }
    }

    /// What the old name can mean: exactly so, or else in lower case.
    fn meant<'a>(&self, known: &'a [Known]) -> Result<Vec<&'a Known>, RenameError> {
        for fold in [false, true] {
            let found: Vec<&Known> =
                known.iter().filter(|it| it.names().any(|named| self.old.matches(named, fold))).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let typed = self.typed.as_str();
        Err(self.refuse(
            format!("there is no {typed}"),
            nearest(typed, known.iter().map(|it| &it.now)).map(|names| format!("there is {names}")),
        ))
    }

    /// What it would be called, where the new schema has that.
    fn goal(&self, thing: &Known, target: &[Named]) -> Option<Named> {
        let (last, parents) = self.new.parts.split_last()?;
        let has = |goal: &Named| target.iter().any(|named| named.id == goal.id && named.label == goal.label);
        for name in [last.text.clone(), last.folded()] {
            let mut goal = thing.now.called(&name);
            if !self.has_parents(thing) {
                if let ([schema], true) = (parents, thing.now.can_move()) {
                    goal.id.schema.clone_from(&schema.text);
                } else {
                    return None;
                }
            }
            if has(&goal) {
                return Some(goal);
            }
        }
        None
    }

    /// Whether the new name is bare or has the same parents.
    fn has_parents(&self, thing: &Known) -> bool {
        let Some((_, parents)) = self.new.parts.split_last() else { return false };
        let are = |path: &[&str]| {
            path.len() == parents.len() && path.iter().zip(parents).all(|(name, part)| part.is(name, true))
        };
        let fits =
            |named: &Named| named.paths().iter().any(|path| path.split_last().is_some_and(|(_, path)| are(path)));
        parents.is_empty() || thing.names().any(fits)
    }

    fn checked(&self, thing: &Known, goal: &Named, known: &[Known]) -> Result<Rename, RenameError> {
        let (now, name) = (&thing.now, goal.typed());
        if goal == now {
            return Err(self.refuse("it is called so already".to_owned(), None));
        }
        if known.iter().any(|other| other.now.id == goal.id && other.now.label == goal.label) {
            let hint = format!("rename that one first, or leave {} as it is", now.typed());
            return Err(self.refuse(format!("the database already has {name}"), Some(hint)));
        }
        let subject = match (&now.label, &goal.label) {
            (Some(old), Some(new)) => Subject::Label { of: now.id.clone(), old: old.clone(), new: new.clone() },
            _ => Subject::Object { old: now.id.clone(), new: goal.id.clone() },
        };
        Ok(Rename { subject, holder: now.holder })
    }

    fn no_such_goal(&self, meant: &[&Known], target: &[Named]) -> RenameError {
        let typed = self.spec.strip_prefix(&self.typed).unwrap_or("").trim_start_matches([' ', '=']);
        let alike = |named: &&Named| {
            meant.iter().any(|it| {
                let (one, other) = (&it.now, *named);
                let same_place = one.id.of == other.id.of && one.id.schema == other.id.schema;
                let same_enum = one.label.is_none() || one.id == other.id;
                one.id.kind == other.id.kind && one.label.is_some() == other.label.is_some() && same_place && same_enum
            })
        };
        let is_new = |named: &&Named| !meant.iter().any(|it| it.now.last() == named.last());
        let hint = nearest(typed, target.iter().filter(alike).filter(is_new));
        self.refuse(
            format!("the models have no {typed} of that kind there"),
            hint.map(|names| format!("they have {names}")),
        )
    }
}

fn described(named: &Named) -> String {
    let kind = if named.label.is_some() { "value" } else { named.id.kind.words() };
    format!("{kind} {}", named.typed())
}

/// The three names most like what was typed, by the whole or by the last part.
fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a Named>) -> Option<String> {
    let last = typed.rsplit('.').next().unwrap_or(typed);
    let likeness = |named: &Named| {
        let whole = strsim::normalized_levenshtein(typed, &named.typed());
        whole.max(strsim::normalized_levenshtein(last, named.last()))
    };
    let mut ranked: Vec<(f64, String)> = names.map(|named| (likeness(named), named.typed())).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let close = ranked.iter().filter(|(likeness, _)| *likeness >= 0.3).take(3);
    let mut names: Vec<String> = close.map(|(_, name)| name.clone()).collect();
    if names.is_empty() {
        names.extend(ranked.iter().take(3).map(|(_, name)| name.clone()));
    }
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}
