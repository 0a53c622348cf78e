//! The findings of a script's text: faults, operations by object, and hazards.

use super::operations::{Operation, operation};
use crate::core::alembic::parse_text;
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{self, ExaminedStatement, Hazard};
use crate::core::script::{Language, Script, SqlCode};
use crate::core::sql::unknown_command;

/// A hazard of one of the script's statements.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundHazard {
    /// 1-based.
    pub line: usize,
    pub direction: Direction,
    pub hazard: Hazard,
}

/// A reason why the text is not a valid script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// 1-based.
    pub line: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// The result of the examination of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The revision id, if the text is a script.
    pub revision: Option<RevisionId>,
    pub faults: Vec<Fault>,
    pub operations: Vec<Operation>,
    pub hazards: Vec<FoundHazard>,
}

/// Examines the text of a script. The time depends on the number of statements, so this must not run on the drawing
/// thread.
#[must_use]
pub fn examine(language: Language, text: &str) -> Findings {
    let mut findings = Findings::default();
    match parse_text(language, text) {
        Ok(None) => {}
        Ok(Some(script)) => {
            findings.revision = Some(script.revision.clone());
            if let Some(code) = script.sql() {
                for direction in [Direction::Upgrade, Direction::Downgrade] {
                    section(&script.revision, code, direction, &mut findings);
                }
            }
            findings.faults.extend(own_parent(&script));
        }
        Err(error) => {
            findings.faults.push(Fault { line: error.line.unwrap_or(1), message: error.message, hint: error.hint });
        }
    }
    findings
}

fn section(revision: &RevisionId, code: &SqlCode, direction: Direction, findings: &mut Findings) {
    let first = code.section(direction).line.max(1);
    match hazard::examine_script(revision, code, direction) {
        Ok(reading) => {
            for ExaminedStatement { statement, hazards, .. } in reading.statements {
                let line = first + statement.source.line - 1;
                if let Some((word, like)) = unknown_command(statement.sql()) {
                    findings.faults.push(Fault {
                        line,
                        message: format!("unknown command {word}"),
                        hint: like.map(|like| format!("{like}?")),
                    });
                } else if direction == Direction::Upgrade {
                    findings.operations.push(operation(statement.sql(), line));
                }
                findings.hazards.extend(hazards.into_iter().map(|hazard| FoundHazard { line, direction, hazard }));
            }
        }
        Err(error) => {
            findings.faults.push(Fault { line: first + error.line - 1, message: error.message, hint: error.hint });
        }
    }
}

fn own_parent(script: &Script) -> Option<Fault> {
    let is_own = |id: &RevisionId| *id == script.revision;
    script.down_revisions.iter().any(is_own).then(|| Fault {
        line: 1,
        message: format!("{} revises itself", script.revision),
        hint: Some(String::from("write its parent, or none for a base")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "-- drop legacy code\n--\n-- Revision ID: 9f3b6c10a7d2\n-- Revises: 51ab90de3c44\n";

    #[test]
    fn operations_and_hazards_have_their_lines() {
        let text = format!(
            "{HEADER}\n-- @upgrade\n\nALTER TABLE functions\n  DROP COLUMN legacy_code;\nSELECT 1;\n\
             -- @downgrade\nDROP TABLE functions;\n"
        );
        let found = examine(Language::Sql, &text);
        assert_eq!(found.revision.unwrap().as_str(), "9f3b6c10a7d2");
        assert!(found.faults.is_empty());
        let lines: Vec<usize> = found.operations.iter().map(|operation| operation.line).collect();
        assert_eq!(lines, [8, 10]);
        let hazards: Vec<_> =
            found.hazards.iter().map(|found| (found.line, found.direction, found.hazard.code.as_str())).collect();
        let (up, down) = (Direction::Upgrade, Direction::Downgrade);
        assert_eq!(hazards, [(8, up, "DL103"), (8, up, "BR606"), (12, down, "DL101"), (12, down, "BR605")]);
    }

    #[test]
    fn faults_have_their_lines() {
        let at = |text: &str| {
            let found = examine(Language::Sql, text);
            found.faults.into_iter().map(|fault| (fault.line, fault.message)).collect::<Vec<_>>()
        };
        assert_eq!(at(&format!("{HEADER}\n-- @upgrade\nSELECT 1;\n\\copy x\n"))[0].0, 8);
        assert!(at(&format!("{HEADER}\n-- @upgrade\nSELECT 'a;\n"))[0].0 >= 7);
        assert_eq!(at(&format!("{HEADER}\n-- @upgrade\n-- @upgrade\n"))[0].0, 7);
        assert!(!at("SELECT 1;").is_empty());
        let unknown = at(&format!("{HEADER}\n-- @upgrade\nSELECT 1;\nselct 2;\n"));
        assert_eq!(unknown, [(8, String::from("unknown command selct"))]);
        assert_eq!(at(&HEADER.replace("51ab90de3c44", "9f3b6c10a7d2"))[0].1, "9f3b6c10a7d2 revises itself");
    }
}
