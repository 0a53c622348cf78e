//! Errors of resolving a revision: Alembic's messages, with additional hints.

use super::{Graph, GraphError};

/// An error before it is known which command it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ResolveError {
    /// One head was requested and there are several.
    MultipleHeads { argument: String },
    /// No revision or more than one matches the name.
    NotFound { argument: String, hint: Option<String> },
    /// The target cannot be reached in the requested direction.
    Unreachable { lower: String, upper: String },
    /// A message that is the same for every command.
    Other { message: String, hint: Option<String> },
}

impl ResolveError {
    pub(super) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: Some(hint.into()) }
    }

    pub(super) fn did_not_produce(steps: i64, hint: &str) -> Self {
        let relative = if steps == 0 { "0".to_owned() } else { format!("{steps:+}") };
        let count = steps.unsigned_abs();
        Self::with_hint(format!("Relative revision {relative} didn't produce {count} migrations"), hint)
    }
}

/// The command that resolves a revision. It decides the words of the message.
#[derive(Debug, Clone, Copy)]
pub(super) enum LookupPurpose<'a> {
    /// `show`, `edit`: has no words of its own.
    Lookup,
    Upgrade(&'a str),
    Downgrade(&'a str),
    Stamp,
    NewRevision,
    /// The end of a range, as written.
    Range(Option<&'a str>),
}

impl Graph {
    /// Turns the error into one with the words of the command.
    pub(super) fn error(&self, resolve_error: ResolveError, asked: LookupPurpose<'_>) -> GraphError {
        match resolve_error {
            ResolveError::MultipleHeads { argument } => self.multiple_heads(&argument, asked),
            ResolveError::NotFound { argument, hint } => GraphError {
                message: format!("Can't locate revision identified by '{argument}'"),
                hint: hint
                    .or_else(|| self.close_names(&argument))
                    .or_else(|| Some("`limbeck history` lists the revisions".to_owned())),
            },
            ResolveError::Unreachable { lower, upper } => unreachable_error(&lower, &upper, asked),
            ResolveError::Other { message, hint } => GraphError { message, hint },
        }
    }

    fn multiple_heads(&self, argument: &str, asked: LookupPurpose<'_>) -> GraphError {
        let argument = match asked {
            LookupPurpose::Upgrade(target) | LookupPurpose::Downgrade(target) | LookupPurpose::Range(Some(target)) => {
                target
            }
            _ => argument,
        };
        let message = match asked {
            LookupPurpose::Stamp => "Multiple heads are present; please specify a single target revision".to_owned(),
            LookupPurpose::NewRevision => {
                "Multiple heads are present; please specify the head revision on which the new \
                revision should be based, or perform a merge."
                    .to_owned()
            }
            _ => format!(
                "Multiple head revisions are present for given argument '{argument}'; please specify a specific \
                target revision, '<branchname>@{argument}' to narrow to a specific head, or 'heads' for all heads"
            ),
        };
        GraphError { message, hint: Some(format!("the heads are {}", listed(self.heads(), 8))) }
    }

    /// Suggests names that are similar to the typed one.
    fn close_names(&self, typed: &str) -> Option<String> {
        if self.is_empty() {
            return Some("there are no revisions yet".to_owned());
        }
        let ids = self.nodes.values().iter().map(|node| node.revision.id.as_str());
        let limit = (typed.chars().count() / 3).max(1);
        let mut close: Vec<(usize, &str)> = ids
            .chain(self.labels.keys().map(String::as_str))
            .chain(["head", "heads", "base"])
            .filter_map(|name| Some((distance(typed, name, limit)?, name)))
            .collect();
        close.sort_unstable();
        let names: Vec<&str> = close.into_iter().map(|(_, name)| name).take(3).collect();
        (!names.is_empty()).then(|| format!("did you mean {}?", names.join(", ")))
    }
}

fn unreachable_error(lower: &str, upper: &str, asked: LookupPurpose<'_>) -> GraphError {
    let (message, hint) = match asked {
        LookupPurpose::Upgrade(target) => (
            format!("Destination {target} is not a valid upgrade target from current head(s)"),
            "the current revisions of the database are not ancestors of it",
        ),
        LookupPurpose::Downgrade(target) => (
            format!("Destination {target} is not a valid downgrade target from current head(s)"),
            "it is not applied to the database; `current` shows the current revisions",
        ),
        _ => (
            format!(
                "Requested range {lower}:{upper} does not refer to ancestor/descendant revisions along the same branch"
            ),
            "the start of a range must be an ancestor of its end",
        ),
    };
    GraphError { message, hint: Some(hint.to_owned()) }
}

/// The first `most` names, and how many more there are.
pub(super) fn listed<T: std::fmt::Display>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let mut names = names.into_iter();
    let text = names.by_ref().take(most).map(|name| name.to_string()).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => text,
        rest => format!("{text} and {rest} more"),
    }
}

/// The edit distance of two names: characters changed, added or removed. `None` above the limit.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let b: Vec<char> = b.chars().collect();
    if a.chars().count().abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, left) in a.chars().enumerate() {
        let mut corner = line;
        let mut beside = line + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(&b) {
            let changed = corner + usize::from(left != *right);
            corner = *cell;
            *cell = changed.min(corner + 1).min(beside + 1);
            beside = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().filter(|distance| *distance <= limit)
}
