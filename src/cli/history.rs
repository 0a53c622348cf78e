//! `history`: the revisions, newest first, all or a range.

use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::json;
use super::listing::{Line, Listing};
use crate::core::graph::RevisionId;
use crate::engine::Error;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this range, e.g. 1975ea:ae1027, -3:current, current:
    #[arg(short, long, value_name = "START:END", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark the revisions that the database is at
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// The two ends of a range; an end that is left out is `None`.
type Ends<'a> = (Option<&'a str>, Option<&'a str>);

/// Lists the revisions.
///
/// # Errors
/// When there is no project, an end of the range cannot be resolved, the database is needed and does
/// not answer, or the output cannot be written.
pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (start, end) = arguments.rev_range.as_deref().map(ends).transpose()?.unwrap_or_default();
    let (project, tree) = context.scripts()?;
    let names_current = [start, end].iter().flatten().any(|end| end.contains("current"));
    let current =
        if arguments.indicate_current || names_current { Some(context.status(&project)?.heads) } else { None };
    let at: &[RevisionId] = current.as_deref().unwrap_or_default();
    let revisions = tree.graph.range(start, end, at)?;
    let ids = revisions.iter().map(|revision| &revision.id);
    if context.terminal.json {
        let applied = match &current {
            Some(heads) => Some(json::applied_by(&tree, heads)),
            None => json::applied(context, &project, &tree),
        };
        context.terminal.document(&json::revisions(&tree, ids, applied.as_ref()))?;
    } else {
        let listing = if arguments.indicate_current { Listing::marking(&tree, at) } else { Listing::new(&tree) };
        let line = Line { parents: true, labels: true, tree: true, message: true };
        let text: String = ids.map(|id| listing.entry(id, context.global.verbose, line)).collect();
        context.terminal.result(&text)?;
    }
    Ok(context.finish_listing(&tree))
}

fn ends(range: &str) -> Result<Ends<'_>, Error> {
    let refusal = || Error::new("History range requires [start]:[end], [start]:, or :[end]");
    let (start, end) = range.trim().split_once(':').ok_or_else(refusal)?;
    if end.contains(':') {
        return Err(refusal());
    }
    let given = |end: &'_ str| !end.is_empty();
    Ok((Some(start).filter(|end| given(end)), Some(end).filter(|end| given(end))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_may_be_open_on_either_side() {
        assert_eq!(ends("a:b").unwrap(), (Some("a"), Some("b")));
        assert_eq!(ends("-3:current").unwrap(), (Some("-3"), Some("current")));
        assert_eq!(ends(" current: ").unwrap(), (Some("current"), None));
        assert_eq!(ends(":b").unwrap(), (None, Some("b")));
        assert_eq!(ends(":").unwrap(), (None, None));
    }

    #[test]
    fn what_is_no_range_is_refused_in_alembics_words() {
        for text in ["nope", "", "a:b:c"] {
            let message = ends(text).unwrap_err().message;
            assert_eq!(message, "History range requires [start]:[end], [start]:, or :[end]", "{text}");
        }
    }
}
