//! `-- limbeck: allow DL102 because …`: a reason above a statement, which shows and approves nothing.

use super::{Hazard, RULES};
use crate::core::sql::{dividing_lines, notes_above};

/// What is wrong with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// 1-based line of the statement below it, in the section.
    pub line: usize,
    pub message: String,
    pub hint: &'static str,
}

const HINT: &str = "write `-- limbeck: allow CODE because REASON` on the line above the statement";

/// Puts the reasons that stand above the statement at `line` on its hazards; tells what is wrong with them.
pub fn take(sql: &str, line: usize, hazards: &mut [Hazard]) -> Vec<Remark> {
    let remark = |message: String| Remark { line, message, hint: HINT };
    let mut remarks = Vec::new();
    for note in notes_above(sql, line).into_iter().filter(|note| is_comment(sql, note)) {
        let Some((codes, reason)) = parse(note) else {
            remarks.push(remark(format!("'{note}' gives no code and no reason, so it is not taken")));
            continue;
        };
        let Some(reason) = reason else {
            remarks.push(remark(format!("'{note}' does not say because of what, so it is not taken")));
            continue;
        };
        for code in codes {
            let found: Vec<&mut Hazard> =
                hazards.iter_mut().filter(|hazard| hazard.code.eq_ignore_ascii_case(code)).collect();
            if found.is_empty() {
                let known = RULES.iter().any(|rule| rule.code.eq_ignore_ascii_case(code));
                let why = if known { "the statement below has no such hazard" } else { "there is no such code" };
                remarks.push(remark(format!("'{note}' allows {code}, but {why}")));
            }
            for hazard in found {
                hazard.allowed = Some(reason.to_owned());
            }
        }
    }
    remarks
}

/// Whether what looks like a note is a comment, and not a line of a string.
fn is_comment(sql: &str, note: &str) -> bool {
    let start = note.as_ptr() as usize - sql.as_ptr() as usize;
    dividing_lines(sql, |comment| comment.contains(note))
        .is_ok_and(|lines| lines.iter().any(|(from, to)| (*from..*to).contains(&start)))
}

/// The codes of `limbeck: allow CODE[, CODE…] because REASON`, and the reason where there is one.
fn parse(note: &str) -> Option<(Vec<&str>, Option<&str>)> {
    let rest = note.strip_prefix("limbeck:")?.trim().strip_prefix("allow")?;
    let rest = rest.strip_prefix(char::is_whitespace)?;
    let (codes, reason) = match rest.split_once("because") {
        Some((codes, reason)) => (codes, Some(reason.trim()).filter(|reason| !reason.is_empty())),
        None => (rest, None),
    };
    let codes: Vec<&str> = codes.split([',', ' ']).map(str::trim).filter(|code| !code.is_empty()).collect();
    (!codes.is_empty()).then_some((codes, reason))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::read;

    /// The reasons of the hazards of a one-statement section, and the remarks.
    fn taken(sql: &str) -> (Vec<String>, Vec<String>) {
        let reading = read(sql, true).unwrap();
        let hazards = reading.statements.into_iter().flat_map(|statement| statement.hazards);
        let reasons = hazards.filter_map(|hazard| Some(format!("{} {}", hazard.code, hazard.allowed?))).collect();
        (reasons, reading.remarks.into_iter().map(|remark| remark.message).collect())
    }

    #[test]
    fn a_reason_is_taken_where_it_is_given() {
        let (reasons, remarks) = taken("-- limbeck: allow DL102 because it is rebuilt\nTRUNCATE t;");
        assert_eq!(reasons, ["DL102 it is rebuilt"]);
        assert!(remarks.is_empty());
        let (reasons, remarks) = taken("-- limbeck: allow dl101, BR605 because nobody reads it\nDROP TABLE t;");
        assert_eq!(reasons, ["DL101 nobody reads it", "BR605 nobody reads it"]);
        assert!(remarks.is_empty());
    }

    #[test]
    fn what_is_not_taken_is_told() {
        for (note, part) in [
            ("limbeck: allow DL102", "because of what"),
            ("limbeck: allow DL102 because", "because of what"),
            ("limbeck: allow DL999 because x", "no such code"),
            ("limbeck: allow DL101 because x", "no such hazard"),
            ("limbeck: alow DL102 because x", "no code"),
            ("limbeck: allow because x", "no code"),
        ] {
            let (reasons, remarks) = taken(&format!("-- {note}\nTRUNCATE t;"));
            assert!(reasons.is_empty(), "{note}");
            assert!(remarks.len() == 1 && remarks[0].contains(part), "{note}: {remarks:?}");
        }
    }

    #[test]
    fn a_note_that_is_not_directly_above_is_no_note() {
        assert_eq!(taken("-- limbeck: allow DL102 because x\n\nTRUNCATE t;"), (vec![], vec![]));
        assert_eq!(taken("SELECT '\n-- limbeck: allow DL102 because x\n'; TRUNCATE t;").0, [""; 0]);
    }
}
