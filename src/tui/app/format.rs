//! Times, revisions, targets, evidence, and text from elsewhere as text of one line.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::Time;

use crate::core::escape::escape_line;
use crate::core::graph::RevisionId;
use crate::core::hazard::{Evidence, Hazard};
use crate::core::plan::PlanDirection;
use crate::core::statement::{Question, Subject};
use crate::core::text::{plural, thousands};
use crate::tui::editor::cells::TAB;

/// A text as it is drawn in one line: a tab as blanks, other control characters and bidirectional characters escaped.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains('\t') {
        return Cow::Owned(escape_line(&text.replace('\t', TAB)).into_owned());
    }
    escape_line(text)
}

/// The time from `since` to `now` on the same day; zero if `now` is earlier.
#[must_use]
pub fn elapsed(since: Time, now: Time) -> Duration {
    let elapsed = now.duration_since(since);
    if elapsed.is_negative() { Duration::ZERO } else { elapsed.unsigned_abs() }
}

/// A duration as text: `41 ms`, `1.2 s`, `3 min 5 s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Short revision ids with commas, or `<base>` if there are none.
#[must_use]
pub fn join_ids(ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return String::from("<base>");
    }
    ids.iter().map(RevisionId::short).collect::<Vec<_>>().join(", ")
}

/// The direction and the target of a plan: `upgrade to head`, `downgrade -1`.
#[must_use]
pub fn describe_target(direction: PlanDirection, target: &str) -> String {
    let to = if target.starts_with(['+', '-']) { "" } else { "to " };
    format!("{} {to}{}", direction.word(), short_target(target))
}

/// A target with a long revision id cut to its first eight characters.
#[must_use]
pub fn short_target(target: &str) -> &str {
    match target.char_indices().nth(8) {
        Some((end, _)) if target.len() >= 12 && target.chars().all(|c| c.is_ascii_hexdigit()) => &target[..end],
        _ => target,
    }
}

/// The evidence of a hazard as text, for example `1,204 values in 3,310 rows (exact)`.
#[must_use]
pub fn describe_evidence(hazard: &Hazard) -> String {
    match (&hazard.evidence, &hazard.subject) {
        (None, Subject::Other) => String::new(),
        (None, _) => String::from("not counted; assumed to be lost"),
        (Some(evidence), _) if evidence.is_unknown() => {
            format!("not counted: {}", evidence.why.unwrap_or_default())
        }
        (Some(evidence), Subject::Table { .. }) => {
            format!("{} ({}){}", plural(evidence.rows, "row"), exactness(hazard), evidence.size_and_sessions())
        }
        (Some(evidence), Subject::Rows { question: Question::Affected { column: None, .. }, .. }) => {
            let (values, rows) = (thousands(evidence.values), plural(evidence.rows, "row"));
            format!("{values} of {rows} ({}){}", exactness(hazard), evidence.size_and_sessions())
        }
        (Some(evidence), subject) => {
            let noun = if let Subject::Rows { question, .. } = subject { question.noun() } else { "value" };
            let (values, rows) = (plural(evidence.values, noun), plural(evidence.rows, "row"));
            format!("{values} in {rows} ({}){}", exactness(hazard), evidence.size_and_sessions())
        }
    }
}

fn exactness(hazard: &Hazard) -> String {
    match hazard.evidence {
        _ if hazard.is_upper_bound() => String::from("at most"),
        Some(Evidence { exact: true, .. }) => String::from("exact"),
        Some(Evidence { why: Some(why), .. }) => format!("estimated: {why}"),
        _ => String::from("estimated"),
    }
}
