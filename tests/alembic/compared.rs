//! The output and the files of limbeck equal those of the real Alembic.

use std::collections::BTreeMap;

use super::{empty_project, linear_project, run, run_alembic, script};
use crate::support::{TestDatabase, TestProject, server};

/// The lists of both programs. Alembic's order of branches depends on chance, so the lines are sorted.
#[track_caller]
pub fn compare(project: &TestProject, line: &str) {
    let arguments: Vec<&str> = line.split(' ').collect();
    let theirs = run_alembic(project, &arguments);
    assert_eq!(theirs.status, Some(0), "alembic {line}: {}{}", theirs.stdout, theirs.stderr);
    let ours = run(project, line).expect_status(0);
    assert_eq!(
        sorted_lines(&ours.stdout),
        sorted_lines(&theirs.stdout),
        "{line}\nours:\n{}\ntheirs:\n{}",
        ours.stdout,
        theirs.stdout
    );
}

/// The lines of a text, sorted. The branches that a line lists are sorted, too.
pub fn sorted_lines(text: &str) -> Vec<String> {
    let sorted_list = |line: &str| match line.split_once("Branches into: ") {
        Some((_, list)) => {
            let mut items: Vec<&str> = list.split(", ").collect();
            items.sort_unstable();
            format!("Branches into: {}", items.join(", "))
        }
        None => line.to_owned(),
    };
    let mut lines: Vec<String> = text.split('\n').map(sorted_list).collect();
    lines.sort();
    lines
}

/// A branch with a label and a dependency, a merge, a script without docstring, and constants.
fn branched_project() -> TestProject {
    let project = linear_project("prepend_sys_path = .");
    project.write("app/__init__.py", "");
    project.write("app/ids.py", "THIRD = 'c3c3'\n");
    let branch = script("d4d4", "'a1a1'", "the branch", "branch_labels = ('audit',)\ndepends_on = 'b2b2'");
    project.write("migrations/versions/d4d4.py", &branch);
    project.write(
        "migrations/versions/20260102.py",
        "revision = '20260102_email'\ndown_revision = ('c3c3', 'd4d4')\ndef upgrade(): pass\n",
    );
    let imported = script("e5e5", "THIRD", "imports its parent", "")
        .replace("import sqlalchemy", "from app.ids import THIRD\nimport sqlalchemy");
    project.write("migrations/versions/e5.py", &imported);
    project.write("migrations/versions/f6.py", &script("f6f6", "None", "another base\n\n    with indentation", ""));
    project
}

#[test]
fn lists_of_a_line_are_in_alembics_order() {
    let project = linear_project("");
    for line in [
        "heads",
        "heads -v",
        "history",
        "history -v",
        "branches",
        "show b2b2",
        "show head",
        "show base",
        "history -r a1a1:c3c3",
        "history -r :b2",
    ] {
        let theirs = run_alembic(&project, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(run(&project, line).stdout, theirs.stdout, "{line}");
    }
}

#[test]
fn lists_of_branches_equal_alembics() {
    let project = branched_project();
    for line in [
        "heads",
        "heads -v",
        "heads --resolve-dependencies",
        "history",
        "history -v",
        "branches",
        "branches -v",
        "show d4d4",
        "show 20260102_email",
        "show e5e5",
        "show f6f6",
        "show audit@head",
        "show heads",
        "history -r a1a1:20260102_email",
    ] {
        compare(&project, line);
    }
}

#[test]
fn stamps_and_current_equal_alembics() {
    let (ours, theirs) = (server().database(), server().database());
    let mut project = branched_project();
    let ini = project.read("alembic.ini");
    let mut both = |ours_line: &str, theirs_line: &[&str]| {
        project.set("DATABASE_URL", &ours.url());
        run(&project, ours_line).expect_status(0);
        let url = theirs.url().replacen("postgresql://", "postgresql+psycopg://", 1).replace('%', "%%");
        project.write("alembic.ini", &format!("{ini}sqlalchemy.url = {url}\n"));
        let run_of_theirs = run_alembic(&project, theirs_line);
        assert_eq!(run_of_theirs.status, Some(0), "{}", run_of_theirs.stderr);
        // The real URL of the ini has precedence, because env.py reads it.
        let current = run(&project, "current").expect_status(0).stdout;
        let of_alembic = run_alembic(&project, &["current"]).stdout;
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(&current), sorted(&of_alembic));
        project.write("alembic.ini", &ini);
        assert_eq!(rows(&ours), rows(&theirs), "{ours_line}");
    };
    both("stamp b2b2", &["stamp", "b2b2"]);
    both("stamp heads", &["stamp", "heads"]);
    both("stamp --purge a1a1", &["stamp", "--purge", "a1a1"]);
    both("stamp base", &["stamp", "base"]);
}

fn rows(database: &TestDatabase<'_>) -> Vec<Vec<String>> {
    database.query("SELECT version_num FROM alembic_version ORDER BY 1")
}

/// The files below `migrations`, without the dates.
fn files(project: &TestProject) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![project.path("migrations")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<String> = text.lines().map(without_digits_of_date).collect();
            let name = path.strip_prefix(project.root()).unwrap().display().to_string();
            found.insert(name, lines.join("\n"));
        }
    }
    found
}

/// `Create Date: 2026-01-02 03:04:05.678901+00:00` as `Create Date: 0000-00-00 00:00:00.000000+00:00`.
fn without_digits_of_date(line: &str) -> String {
    match line.strip_prefix("Create Date: ") {
        Some(date) => format!("Create Date: {}", date.replace(|c: char| c.is_ascii_digit(), "0")),
        None => line.to_owned(),
    }
}

/// Runs the same commands with both programs in two copies of a project, and compares all files and the output.
#[track_caller]
fn compare_writing(options: &str, prepare: fn(&TestProject), lines: &[&[&str]]) {
    let projects = [linear_project(options), linear_project(options)];
    projects.iter().for_each(prepare);
    for line in lines {
        let ours = projects[0].run(line).expect_status(0);
        let theirs = run_alembic(&projects[1], line);
        assert_eq!(theirs.status, Some(0), "{line:?}: {}{}", theirs.stdout, theirs.stderr);
        let at = |project: &TestProject, text: &str| text.replace(&project.root().display().to_string(), "/p");
        assert_eq!(at(&projects[0], &ours.stdout), at(&projects[1], &theirs.stdout), "{line:?}");
    }
    assert_eq!(files(&projects[0]), files(&projects[1]));
}

#[test]
fn new_scripts_equal_alembics() {
    compare_writing(
        "timezone = UTC",
        |_| {},
        &[
            &["revision", "-m", "마이그레이션 설명: it's \"new\"", "--rev-id", "d1d1"],
            &["revision", "--rev-id", "d2d2"],
            &[
                "revision",
                "-m",
                "a branch",
                "--rev-id",
                "d3d3",
                "--head",
                "a1a1",
                "--splice",
                "--branch-label",
                "audit",
            ],
            &["revision", "-m", "depends", "--rev-id", "d4d4", "--head", "audit@head", "--depends-on", "c3"],
            &["revision", "-m", "a base", "--rev-id", "d5d5", "--head", "base", "--depends-on", "audit"],
            &["merge", "--rev-id", "d6d6", "heads"],
            &["revision", "-m", "a very long message that goes on and on past every bound", "--rev-id", "d7d7"],
        ],
    );
}

#[test]
fn merges_with_a_message_and_depends_on_several_equal_alembics() {
    compare_writing(
        "truncate_slug_length = 8",
        |_| {},
        &[
            &["revision", "-m", "one branch", "--rev-id", "d1d1", "--head", "b2b2", "--splice"],
            &["merge", "-m", "both together", "--rev-id", "d2d2", "c3c3", "d1d1"],
            &[
                "revision",
                "-m",
                "x",
                "--rev-id",
                "d3d3",
                "--head",
                "base",
                "--depends-on",
                "c3c3",
                "--depends-on",
                "d1",
            ],
        ],
    );
}

#[test]
fn templates_and_file_names_of_the_project_are_used() {
    compare_writing(
        "file_template = %%(slug)s.%%(rev)s\ntimezone = utc",
        |project| {
            let template = super::TEMPLATE.replace("from alembic import op\n", "from alembic import op\n% if down_revision:\n# after ${down_revision}\n% else:\n# a base\n% endif\n## not shown\n");
            project.write("migrations/script.py.mako", &template);
        },
        &[
            &["revision", "-m", "with a parent", "--rev-id", "d1d1"],
            &["revision", "-m", "no parent", "--rev-id", "d2d2", "--head", "base"],
        ],
    );
}

#[test]
fn several_version_folders_are_written_as_alembic_does() {
    compare_writing(
        "version_locations = %(here)s/migrations/versions:%(here)s/migrations/more\npath_separator = os",
        |project| {
            project.write("migrations/more/e1.py", &script("e1e1", "None", "elsewhere", ""));
        },
        &[
            &["revision", "-m", "beside its parent", "--rev-id", "d1d1", "--head", "e1e1"],
            &[
                "revision",
                "-m",
                "named folder",
                "--rev-id",
                "d2d2",
                "--head",
                "base",
                "--version-path",
                "migrations/more",
            ],
        ],
    );
}

#[test]
fn folders_by_date_are_written_and_read() {
    let project = empty_project("file_template = %%(year)d/%%(month).2d/%%(rev)s\nrecursive_version_locations = true");
    run(&project, "revision -m x --rev-id d1d1").expect_status(0);
    run(&project, "revision -m y --rev-id d2d2").expect_status(0);
    compare(&project, "history");
    compare(&project, "heads -v");
    assert_eq!(run(&project, "heads").stdout, "d2d2 (head)\n");
}

#[test]
fn errors_of_new_scripts_are_alembics() {
    let project = linear_project("");
    for line in [
        &["revision", "--head", "a1a1", "-m", "x"][..],
        &["revision", "--head", "nope", "-m", "x"],
        &["revision", "--rev-id", "a-b", "-m", "x"],
        &["revision", "--version-path", "elsewhere", "-m", "x"],
        &["merge", "c3c3", "c3c3"],
    ] {
        let theirs = run_alembic(&project, line);
        assert_ne!(theirs.status, Some(0));
        let ours = project.run(line).expect_status(1);
        if !line.contains(&"--version-path") {
            let message = theirs.stdout.trim_start_matches("FAILED: ").trim();
            assert!(
                ours.stderr.starts_with(&format!("error: {message}")),
                "{line:?}: {}\n{}",
                ours.stderr,
                theirs.stdout
            );
        }
    }
    assert_eq!(files(&project).len(), 5, "nothing was written");
}
