//! Renames that the user requests as `OLD=NEW`, checked against both schemas.

use super::named::{self, Named};
use super::typed_name::TypedName;
use super::{Rename, Subject};
use crate::core::schema::Schema;

/// Why a rename is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot rename {spec}: {message}")]
pub struct RenameError {
    /// As the user typed it.
    pub spec: String,
    pub message: String,
    pub hint: Option<String>,
}

/// Reads one `OLD=NEW`. OLD is a table, column (`table.column`), constraint, index, type, sequence, view, function or
/// enum value (`type.'value'`), with or without its schema and its kind. NEW is a name without parents, with the same
/// parents, or with another schema to move the object there.
///
/// # Errors
/// If the text cannot be parsed, if it names no object or several, or if `new` does not have the new name.
pub fn parse(spec: &str, old: &Schema, new: &Schema) -> Result<Rename, RenameError> {
    Request::read(spec)?.resolve(&known_objects(old), &named::all(new))
}

/// Reads several requests. A request may use the old name of an object or a name from another request. The renames are
/// returned in an order in which they can run: the given order, unless one must wait for another.
///
/// # Errors
/// As for [`parse`].
pub fn parse_all(specs: &[String], old: &Schema, new: &Schema) -> Result<Vec<Rename>, RenameError> {
    if specs.is_empty() {
        return Ok(Vec::new());
    }
    let mut waiting = specs.iter().map(|spec| Request::read(spec)).collect::<Result<Vec<_>, _>>()?;
    let (mut known, target) = (known_objects(old), named::all(new));
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

/// An object of the old schema with all its names so far.
struct KnownObject {
    now: Named,
    before: Vec<Named>,
}

impl KnownObject {
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

fn known_objects(old: &Schema) -> Vec<KnownObject> {
    named::all(old).into_iter().map(|now| KnownObject { now, before: Vec::new() }).collect()
}

/// Both sides of a request.
struct Request {
    spec: String,
    /// The left side as typed.
    typed: String,
    old: TypedName,
    new: TypedName,
}

impl Request {
    fn read(spec: &str) -> Result<Self, RenameError> {
        let wrong = |message: String| RenameError {
            spec: spec.to_owned(),
            message,
            hint: Some("write OLD=NEW, e.g. public.users.name=full_name".to_owned()),
        };
        let (old, rest) = TypedName::read(spec).map_err(wrong)?;
        let typed = spec.strip_suffix(rest).unwrap_or(spec).trim().to_owned();
        let right = rest.strip_prefix('=').ok_or_else(|| wrong("there is no = in the request".to_owned()))?;
        let (new, rest) = TypedName::read(right).map_err(wrong)?;
        if rest.is_empty() {
            Ok(Self { spec: spec.to_owned(), typed, old, new })
        } else {
            Err(wrong("there are two = in the request".to_owned()))
        }
    }

    fn error(&self, message: String, hint: Option<String>) -> RenameError {
        RenameError { spec: self.spec.clone(), message, hint }
    }

    fn resolve(&self, known: &[KnownObject], target: &[Named]) -> Result<Rename, RenameError> {
        let matching = self.matching(known)?;
        let targets: Vec<(&KnownObject, Named)> =
            matching.iter().filter_map(|&it| Some((it, self.renamed(it, target)?))).collect();
        match targets.as_slice() {
            [] => Err(self.no_such_name(&matching, target)),
            [(object, renamed)] => self.checked(object, renamed, known),
            several => {
                let names: Vec<String> = several.iter().map(|(object, _)| described(&object.now)).collect();
                let hint =
                    format!("it can be {}; write the full name, or write the kind before it", names.join(" or "));
                Err(self.error("the name is ambiguous".to_owned(), Some(hint)))
            }
        }
    }

    /// The objects that the old name means: with exactly this name, otherwise with the name in lower case.
    fn matching<'a>(&self, known: &'a [KnownObject]) -> Result<Vec<&'a KnownObject>, RenameError> {
        for fold in [false, true] {
            let found: Vec<&KnownObject> =
                known.iter().filter(|it| it.names().any(|named| self.old.matches(named, fold))).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let typed = self.typed.as_str();
        Err(self.error(
            format!("there is no {typed}"),
            nearest(typed, known.iter().map(|it| &it.now)).map(|names| format!("there is {names}")),
        ))
    }

    /// The object under the new name, if the new schema has it.
    fn renamed(&self, object: &KnownObject, target: &[Named]) -> Option<Named> {
        let (last, parents) = self.new.parts.split_last()?;
        let has = |renamed: &Named| target.iter().any(|named| named.id == renamed.id && named.label == renamed.label);
        for name in [last.text.clone(), last.folded()] {
            let mut renamed = object.now.called(&name);
            if !self.has_parents(object) {
                if let ([schema], true) = (parents, object.now.can_move()) {
                    renamed.id.schema.clone_from(&schema.text);
                } else {
                    return None;
                }
            }
            if has(&renamed) {
                return Some(renamed);
            }
        }
        None
    }

    /// Whether the new name has no parents or the same parents.
    fn has_parents(&self, object: &KnownObject) -> bool {
        let Some((_, parents)) = self.new.parts.split_last() else { return false };
        let are = |path: &[&str]| {
            path.len() == parents.len() && path.iter().zip(parents).all(|(name, part)| part.is(name, true))
        };
        let fits =
            |named: &Named| named.paths().iter().any(|path| path.split_last().is_some_and(|(_, path)| are(path)));
        parents.is_empty() || object.names().any(fits)
    }

    fn checked(&self, object: &KnownObject, renamed: &Named, known: &[KnownObject]) -> Result<Rename, RenameError> {
        let (now, name) = (&object.now, renamed.typed());
        if renamed == now {
            return Err(self.error("the object already has this name".to_owned(), None));
        }
        if known.iter().any(|other| other.now.id == renamed.id && other.now.label == renamed.label) {
            let hint = format!("rename that object first, or keep the name {}", now.typed());
            return Err(self.error(format!("the database already has {name}"), Some(hint)));
        }
        let subject = match (&now.label, &renamed.label) {
            (Some(old), Some(new)) => Subject::Label { of: now.id.clone(), old: old.clone(), new: new.clone() },
            _ => Subject::Object { old: now.id.clone(), new: renamed.id.clone() },
        };
        Ok(Rename { subject, holder: now.holder })
    }

    fn no_such_name(&self, matching: &[&KnownObject], target: &[Named]) -> RenameError {
        let typed = self.spec.strip_prefix(&self.typed).unwrap_or("").trim_start_matches([' ', '=']);
        let alike = |named: &&Named| {
            matching.iter().any(|it| {
                let (one, other) = (&it.now, *named);
                let same_place = one.id.of == other.id.of && one.id.schema == other.id.schema;
                let same_enum = one.label.is_none() || one.id == other.id;
                one.id.kind == other.id.kind && one.label.is_some() == other.label.is_some() && same_place && same_enum
            })
        };
        let is_new = |named: &&Named| !matching.iter().any(|it| it.now.last() == named.last());
        let hint = nearest(typed, target.iter().filter(alike).filter(is_new));
        self.error(format!("the models have no matching {typed}"), hint.map(|names| format!("they have {names}")))
    }
}

fn described(named: &Named) -> String {
    let kind = if named.label.is_some() { "value" } else { named.id.kind.words() };
    format!("{kind} {}", named.typed())
}

/// The three most similar names, compared as a whole and by the last part.
fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a Named>) -> Option<String> {
    let last = typed.rsplit('.').next().unwrap_or(typed);
    let similarity = |named: &Named| {
        let whole = strsim::normalized_levenshtein(typed, &named.typed());
        whole.max(strsim::normalized_levenshtein(last, named.last()))
    };
    let mut ranked: Vec<(f64, String)> = names.map(|named| (similarity(named), named.typed())).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let close = ranked.iter().filter(|(similarity, _)| *similarity >= 0.3).take(3);
    let mut names: Vec<String> = close.map(|(_, name)| name.clone()).collect();
    if names.is_empty() {
        names.extend(ranked.iter().take(3).map(|(_, name)| name.clone()));
    }
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}
