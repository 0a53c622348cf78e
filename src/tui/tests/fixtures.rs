//! Scripts, trees and hazards for the tests.

use std::path::PathBuf;
use std::sync::Arc;

use crate::core::graph::{Graph, Revision, RevisionId};
use crate::core::hazard::{Evidence, Hazard, examine_one};
use crate::core::script::{Script, ScriptCode, Section, SqlCode};
use crate::engine::project::{ScriptFile, ScriptProblem, ScriptTree};

pub fn id(text: &str) -> RevisionId {
    RevisionId::parse(text).unwrap()
}

/// A script: id, message, parents, upgrade, downgrade.
pub fn file(name: &str, message: &str, parents: &[&str], up: &str, down: &str) -> ScriptFile {
    let revises = parents.join(", ");
    let text = format!(
        "-- {message}\n--\n-- Revision ID: {name}\n-- Revises: {revises}\n-- Create Date: 2026-11-22 10:00:00+00:00\n\n\
         -- @upgrade\n{up}\n-- @downgrade\n{down}\n"
    );
    let section = |sql: &str| Section { sql: sql.to_owned(), transactional: true, line: 8 };
    let script = Script {
        message: message.to_owned(),
        revision: id(name),
        down_revisions: parents.iter().map(|parent| id(parent)).collect(),
        branch_labels: Vec::new(),
        depends_on: Vec::new(),
        create_date: None,
        code: ScriptCode::Sql(SqlCode { other_header: Vec::new(), upgrade: section(up), downgrade: section(down) }),
    };
    let path = PathBuf::from(format!("/project/migrations/versions/{}_{}.sql", &name[..8], message.replace(' ', "_")));
    ScriptFile { path, text: text.into(), script }
}

pub fn tree(files: Vec<ScriptFile>) -> ScriptTree {
    let revisions = files
        .iter()
        .map(|file| Revision {
            id: file.script.revision.clone(),
            down_revisions: file.script.down_revisions.clone(),
            depends_on: file.script.depends_on.clone(),
            branch_labels: file.script.branch_labels.clone(),
        })
        .collect();
    let (graph, problems) = Graph::build(revisions);
    let scripts = files.into_iter().map(|file| (file.script.revision.clone(), Arc::new(file))).collect();
    ScriptTree {
        graph,
        scripts,
        problems: problems.into_iter().map(|problem| ScriptProblem::graph(problem, &[])).collect(),
    }
}

/// The sample project: nine revisions, a merged branch, and a drop at the end.
pub fn sample() -> ScriptTree {
    tree(vec![
        file(
            "1975ea83b712",
            "functions and jobs",
            &[],
            "CREATE TABLE functions (id bigint PRIMARY KEY);",
            "DROP TABLE functions;",
        ),
        file(
            "2b6a5d40c1f2",
            "add executions",
            &["1975ea83b712"],
            "CREATE TABLE executions (id bigint);",
            "DROP TABLE executions;",
        ),
        file(
            "8e10f3b79a01",
            "backfill job priority",
            &["2b6a5d40c1f2"],
            "UPDATE jobs SET priority = 0\n WHERE priority IS NULL;",
            "",
        ),
        file(
            "c3d2a981e5b4",
            "실행 상태 색인 추가",
            &["8e10f3b79a01"],
            "CREATE INDEX ix_status ON executions (status);",
            "DROP INDEX ix_status;",
        ),
        file(
            "7c1d5e02aa10",
            "users.plan",
            &["c3d2a981e5b4"],
            "ALTER TABLE users ADD plan text;",
            "ALTER TABLE users DROP plan;",
        ),
        file(
            "b04e77aa0912",
            "function timeouts",
            &["c3d2a981e5b4"],
            "ALTER TABLE functions ADD timeout interval;",
            "ALTER TABLE functions DROP timeout;",
        ),
        file("51ab90de3c44", "merge plan and timeouts", &["7c1d5e02aa10", "b04e77aa0912"], "", ""),
        file(
            "9f3b6c10a7d2",
            "drop legacy code",
            &["51ab90de3c44"],
            "ALTER TABLE functions\n  DROP COLUMN legacy_code;\nDROP INDEX ix_functions_legacy;",
            "ALTER TABLE functions ADD COLUMN legacy_code text;",
        ),
    ])
}

/// Two heads on one base.
pub fn forked() -> ScriptTree {
    tree(vec![
        file("aaaaaaaaaaaa", "one", &[], "", ""),
        file("bbbbbbbbbbbb", "two", &["aaaaaaaaaaaa"], "", ""),
        file("cccccccccccc", "three", &["aaaaaaaaaaaa"], "", ""),
    ])
}

/// The hazards of the sample's statements.
pub fn hazards(sql: &str) -> Vec<Hazard> {
    let counted = |values, rows| Some(Evidence::counted(rows, values, 0.01));
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(column) = sql.strip_prefix("ALTER TABLE functions DROP COLUMN ") {
        let lost = examine_one(&format!("ALTER TABLE functions DROP COLUMN {column}")).remove(0);
        return vec![Hazard { evidence: counted(1204, 3310), ..lost }];
    }
    if let Some(table) = sql.strip_prefix("DROP TABLE ") {
        let lost = examine_one(&format!("DROP TABLE {table}")).remove(0);
        return vec![Hazard { evidence: counted(3310, 3310), ..lost }];
    }
    Vec::new()
}

/// The outcome of a step that destroys nothing.
pub fn outcome(step: &crate::core::plan::Step) -> crate::engine::apply::StepOutcome {
    let (revision, direction) = (step.revision.clone(), step.direction);
    crate::engine::apply::StepOutcome { revision, direction, seconds: 0.041, kept: Vec::new(), restored: Vec::new() }
}
