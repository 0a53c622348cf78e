//! Resolves the revisions that a user names on the command line.

use super::context::Context;
use super::exit::Failure;
use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::{Project, ScriptTree};

/// The two ends of a range; an omitted end is `None`.
pub type RangeEnds<'a> = (Option<&'a str>, Option<&'a str>);

/// Resolves one argument: an id or its start, a label, a symbol, or a relative revision. Reads the database only if
/// the argument depends on it.
///
/// # Errors
/// With Alembic's message if no revision matches; if the database is needed and does not answer.
pub fn resolve(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    argument: &str,
) -> Result<Vec<RevisionId>, Failure> {
    let current = if is_relative(argument) { context.read_heads(project)? } else { Vec::new() };
    if argument == "current" {
        return Ok(current);
    }
    Ok(tree.graph.resolve(argument, &current)?)
}

/// Resolves several arguments, which may be ranges. Returns parents before children; without arguments, every
/// revision.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_all(
    context: &Context,
    project: &Project,
    tree: &ScriptTree,
    arguments: &[String],
) -> Result<Vec<RevisionId>, Failure> {
    let order = tree.graph.newest_first().into_iter().rev().map(|revision| revision.id.clone());
    if arguments.is_empty() {
        return Ok(order.collect());
    }
    let depends_on_database = |argument: &String| argument.split(':').any(is_relative);
    let current = if arguments.iter().any(depends_on_database) { context.read_heads(project)? } else { Vec::new() };
    let mut selected = Vec::new();
    for argument in arguments {
        match argument.split_once(':') {
            Some(ends) => {
                let (start, end) = non_empty(ends);
                selected.extend(tree.graph.range(start, end, &current)?.into_iter().map(|one| one.id.clone()));
            }
            None if argument == "current" => selected.extend(current.iter().cloned()),
            None => selected.extend(tree.graph.resolve(argument, &current)?),
        }
    }
    Ok(order.filter(|id| selected.contains(id)).collect())
}

/// Parses a range `START:END`. Either end may be omitted.
///
/// # Errors
/// With Alembic's message if the text is not a range.
pub fn parse_range(range: &str) -> Result<RangeEnds<'_>, Error> {
    let not_a_range =
        || Error::new("History range requires [start]:[end], [start]:, or :[end]").hint("for example -r base:head");
    let (start, end) = range.trim().split_once(':').ok_or_else(not_a_range)?;
    if end.contains(':') {
        return Err(not_a_range());
    }
    Ok(non_empty((start, end)))
}

fn non_empty<'a>((start, end): (&'a str, &'a str)) -> RangeEnds<'a> {
    (Some(start).filter(|end| !end.is_empty()), Some(end).filter(|end| !end.is_empty()))
}

/// Whether the meaning of a revision depends on the heads of the database.
fn is_relative(argument: &str) -> bool {
    argument.contains("current") || argument.starts_with(['+', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_of_a_range_may_be_omitted() {
        assert_eq!(parse_range("a:b").unwrap(), (Some("a"), Some("b")));
        assert_eq!(parse_range("-3:current").unwrap(), (Some("-3"), Some("current")));
        assert_eq!(parse_range(" current: ").unwrap(), (Some("current"), None));
        assert_eq!(parse_range(":b").unwrap(), (None, Some("b")));
        assert_eq!(parse_range(":").unwrap(), (None, None));
    }

    #[test]
    fn text_that_is_not_a_range_gets_alembics_message() {
        for text in ["nope", "", "a:b:c"] {
            let message = parse_range(text).unwrap_err().message;
            assert_eq!(message, "History range requires [start]:[end], [start]:, or :[end]", "{text}");
        }
    }
}
