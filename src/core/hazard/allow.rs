//! Notes above a statement: `-- limbeck: allow DL102 because …`. The reason is shown with the hazard, but it is no approval.

use super::code::Code;
use super::finding::Hazard;
use crate::core::sql::SourceStatement;

/// A warning about a note that has no effect, or about a statement that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// 1-based line of the statement below the note, in the section.
    pub line: usize,
    pub message: String,
    pub hint: &'static str,
}

const HINT: &str = "write `-- limbeck: allow CODE because REASON` on the line above the statement";

/// Adds the reasons in the notes above a statement to its hazards. Returns warnings about notes that have no effect.
pub fn apply_notes(source: &SourceStatement, hazards: &mut [Hazard]) -> Vec<Remark> {
    let remark = |message: String| Remark { line: source.line, message, hint: HINT };
    let mut remarks = Vec::new();
    for note in &source.notes {
        let Some((codes, reason)) = parse(note) else {
            remarks.push(remark(format!("'{note}' is ignored: it contains no code")));
            continue;
        };
        let Some(reason) = reason else {
            remarks.push(remark(format!("'{note}' is ignored: it gives no reason")));
            continue;
        };
        for text in codes {
            let code = Code::parse(text);
            let mut found = false;
            for hazard in hazards.iter_mut().filter(|hazard| Some(hazard.code) == code) {
                hazard.allowed = Some(reason.to_owned());
                found = true;
            }
            if !found {
                let why =
                    if code.is_some() { "the statement below has no such hazard" } else { "there is no such code" };
                remarks.push(remark(format!("'{note}' allows {text}, but {why}")));
            }
        }
    }
    remarks
}

/// Parses `limbeck: allow CODE[, CODE…] because REASON`. Returns the codes, and the reason if there is one.
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
    use crate::core::hazard::examine_sql;

    /// The reasons of the hazards of a section, and the remarks.
    fn apply(sql: &str) -> (Vec<String>, Vec<String>) {
        let section = examine_sql(sql, true).unwrap();
        let hazards = section.statements.into_iter().flat_map(|statement| statement.hazards);
        let reasons = hazards.filter_map(|hazard| Some(format!("{} {}", hazard.code, hazard.allowed?))).collect();
        (reasons, section.remarks.into_iter().map(|remark| remark.message).collect())
    }

    #[test]
    fn a_reason_is_added_to_the_hazards_that_it_names() {
        let (reasons, remarks) = apply("-- limbeck: allow DL102 because it is rebuilt\nTRUNCATE t;");
        assert_eq!(reasons, ["DL102 it is rebuilt"]);
        assert!(remarks.is_empty());
        let (reasons, remarks) = apply("-- limbeck: allow dl101, BR605 because nobody reads it\nDROP TABLE t;");
        assert_eq!(reasons, ["DL101 nobody reads it", "BR605 nobody reads it"]);
        assert!(remarks.is_empty());
    }

    #[test]
    fn an_ignored_note_is_reported() {
        for (note, part) in [
            ("limbeck: allow DL102", "no reason"),
            ("limbeck: allow DL102 because", "no reason"),
            ("limbeck: allow DL999 because x", "no such code"),
            ("limbeck: allow DL101 because x", "no such hazard"),
            ("limbeck: alow DL102 because x", "no code"),
            ("limbeck: allow because x", "no code"),
        ] {
            let (reasons, remarks) = apply(&format!("-- {note}\nTRUNCATE t;"));
            assert!(reasons.is_empty(), "{note}");
            assert!(remarks.len() == 1 && remarks[0].contains(part), "{note}: {remarks:?}");
        }
    }

    #[test]
    fn a_note_that_is_not_directly_above_does_not_count() {
        assert_eq!(apply("-- limbeck: allow DL102 because x\n\nTRUNCATE t;"), (vec![], vec![]));
        assert_eq!(apply("SELECT '\n-- limbeck: allow DL102 because x\n'; TRUNCATE t;").0, [""; 0]);
    }
}
