//! Why a request is refused, and how that is said: Alembic's words, with help of our own beside them.

use super::{Graph, GraphError};

/// A refusal before it is known which command it befell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// One head was meant and there are several.
    MultipleHeads { argument: String },
    /// Nothing, or more than one thing, has this name.
    Unlocated { argument: String, hint: Option<String> },
    /// The target does not lie in the direction asked for.
    NotOnTheWay { lower: String, upper: String },
    /// Words that are the same for every command.
    Said { message: String, hint: Option<String> },
}

impl Refusal {
    pub(super) fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Said { message: message.into(), hint: Some(hint.into()) }
    }

    pub(super) fn did_not_produce(steps: i64, hint: &str) -> Self {
        let relative = if steps == 0 { "0".to_owned() } else { format!("{steps:+}") };
        let count = steps.unsigned_abs();
        Self::hinted(format!("Relative revision {relative} didn't produce {count} migrations"), hint)
    }
}

/// What a command puts into Alembic's sentences.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// `show`, `edit`: nothing of its own.
    Lookup,
    Upgrade(&'a str),
    Downgrade(&'a str),
    Stamp,
    NewRevision,
    /// The end of a range, as written.
    Range(Option<&'a str>),
}

impl Graph {
    /// A refusal as an error of the command that met it.
    pub(super) fn error(&self, refusal: Refusal, asked: Asked<'_>) -> GraphError {
        match refusal {
            Refusal::MultipleHeads { argument } => self.multiple_heads(&argument, asked),
            Refusal::Unlocated { argument, hint } => GraphError {
                message: format!("Can't locate revision identified by '{argument}'"),
                hint: hint
                    .or_else(|| self.close_names(&argument))
                    .or_else(|| Some("`limbeck history` lists the revisions".to_owned())),
            },
            Refusal::NotOnTheWay { lower, upper } => not_on_the_way(&lower, &upper, asked),
            Refusal::Said { message, hint } => GraphError { message, hint },
        }
    }

    fn multiple_heads(&self, argument: &str, asked: Asked<'_>) -> GraphError {
        let argument = match asked {
            Asked::Upgrade(target) | Asked::Downgrade(target) | Asked::Range(Some(target)) => target,
            _ => argument,
        };
        let message = match asked {
            Asked::Stamp => "Multiple heads are present; please specify a single target revision".to_owned(),
            Asked::NewRevision => "Multiple heads are present; please specify the head revision on which the new \
                revision should be based, or perform a merge."
                .to_owned(),
            _ => format!(
                "Multiple head revisions are present for given argument '{argument}'; please specify a specific \
                target revision, '<branchname>@{argument}' to narrow to a specific head, or 'heads' for all heads"
            ),
        };
        GraphError { message, hint: Some(format!("the heads are {}", listed(self.heads(), 8))) }
    }

    /// Names that someone who typed this may have meant.
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

fn not_on_the_way(lower: &str, upper: &str, asked: Asked<'_>) -> GraphError {
    let (message, hint) = match asked {
        Asked::Upgrade(target) => (
            format!("Destination {target} is not a valid upgrade target from current head(s)"),
            "the database's heads do not lie below it",
        ),
        Asked::Downgrade(target) => (
            format!("Destination {target} is not a valid downgrade target from current head(s)"),
            "the database does not hold it, so there is nothing to step back to; `current` shows where it stands",
        ),
        _ => (
            format!(
                "Requested range {lower}:{upper} does not refer to ancestor/descendant revisions along the same branch"
            ),
            "the start of a range has to lie below its end",
        ),
    };
    GraphError { message, hint: Some(hint.to_owned()) }
}

/// Up to so many names, and how many more there are.
pub(super) fn listed<T: std::fmt::Display>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let mut names = names.into_iter();
    let text = names.by_ref().take(most).map(|name| name.to_string()).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => text,
        rest => format!("{text} and {rest} more"),
    }
}

/// How many characters have to be changed, added or left out between two names; `None` above the limit.
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
