//! The pull requests, and what `ci` finds in each.

use super::{BASE, MODELS, NEW, SECOND};
use crate::support::TestProject;

/// A pull request.
pub struct Case {
    pub name: &'static str,
    /// Changes the files.
    pub change: fn(&TestProject),
    /// The check that fails, and `path:line code` of its errors. Empty: everything passes.
    pub errors: &'static [&'static str],
}

/// Every pull request. Line 8 is the first line of an upgrade.
pub const CASES: &[Case] = &[
    Case {
        name: "a good script, with its models",
        change: |project| {
            models_with(project, "age int");
            project.script(NEW, SECOND, "ALTER TABLE users ADD age int;", "ALTER TABLE users DROP age;");
        },
        errors: &[],
    },
    Case {
        name: "models that contain only a comment",
        change: |project| drop(project.write("models/users.sql", "-- The tables of the service.\n")),
        errors: &[],
    },
    Case { name: "no script", change: |project| drop(project.write("README", "text")), errors: &[] },
    Case {
        name: "two heads, and a script fails after the other",
        change: |project| {
            models_with(project, "age int");
            project.script(NEW, SECOND, "ALTER TABLE users ADD age int;", "ALTER TABLE users DROP age;");
            let upgrade = "ALTER TABLE users\n  ADD age int;";
            project.script("0004aaaa0000", SECOND, upgrade, "ALTER TABLE users DROP age;");
        },
        errors: &["heads versions/0004aaaa0000_script.sql:8 CI203", "heads versions/0003aaaa0000_script.sql:8 CI203"],
    },
    Case {
        name: "two heads whose result depends on the order",
        change: |project| {
            project.script(NEW, SECOND, "UPDATE users SET email = 'a';", "UPDATE users SET email = NULL;");
            project.script("0004aaaa0000", SECOND, "UPDATE users SET email = 'b';", "UPDATE users SET email = NULL;");
        },
        errors: &[
            "heads versions/0004aaaa0000_script.sql:4 CI202",
            "hazards versions/0004aaaa0000_script.sql:8 DL107",
            "hazards versions/0003aaaa0000_script.sql:8 DL107",
        ],
    },
    Case {
        name: "two heads that commute",
        change: |project| {
            project.write("models/users.sql", &MODELS.replace("email text", "email text,\n    a int,\n    b int"));
            project.script(NEW, SECOND, "ALTER TABLE users ADD a int;", "ALTER TABLE users DROP a;");
            project.script("0004aaaa0000", SECOND, "ALTER TABLE users ADD b int;", "ALTER TABLE users DROP b;");
        },
        errors: &[],
    },
    Case {
        name: "a lossy step",
        change: |project| {
            project.write("models/users.sql", &MODELS.replace(",\n    email text", ""));
            let upgrade = "SELECT 1;\n\nALTER TABLE users DROP email;";
            project.script(NEW, SECOND, upgrade, "ALTER TABLE users ADD email text;");
        },
        errors: &["hazards versions/0003aaaa0000_script.sql:10 DL103"],
    },
    Case {
        name: "a lossy step with a reason",
        change: |project| {
            project.write("models/users.sql", &MODELS.replace(",\n    email text", ""));
            let upgrade = "-- limbeck: allow DL103 because nobody reads it\nALTER TABLE users DROP email;";
            project.script(NEW, SECOND, upgrade, "ALTER TABLE users ADD email text;");
        },
        errors: &[],
    },
    Case {
        name: "a downgrade with an error",
        change: |project| {
            models_with(project, "age int");
            let downgrade = "SELECT 1;\nALTER TABLE users DROP COLUMN agee;";
            project.script(NEW, SECOND, "ALTER TABLE users ADD age int;", downgrade);
        },
        errors: &["verify versions/0003aaaa0000_script.sql:12 CI402"],
    },
    Case {
        name: "a downgrade that leaves something behind",
        change: |project| {
            project.write("models/users.sql", &MODELS.replace("email text", "email text,\n    a int,\n    b int"));
            let upgrade = "ALTER TABLE users ADD a int;\nALTER TABLE users ADD b int;";
            project.script(NEW, SECOND, upgrade, "ALTER TABLE users DROP a;");
        },
        errors: &["verify versions/0003aaaa0000_script.sql:12 CI403"],
    },
    Case {
        name: "an empty downgrade",
        change: |project| {
            models_with(project, "age int");
            project.script(NEW, SECOND, "ALTER TABLE users ADD age int;", "");
        },
        errors: &["verify versions/0003aaaa0000_script.sql:8 CI405"],
    },
    Case {
        name: "an empty downgrade with a reason",
        change: |project| {
            models_with(project, "age int");
            let upgrade = "-- limbeck: allow IR701 because the column stays\nALTER TABLE users ADD age int;";
            project.script(NEW, SECOND, upgrade, "");
        },
        errors: &[],
    },
    Case {
        name: "models ahead of the scripts",
        change: |project| models_with(project, "age int"),
        errors: &["models models/users.sql:5 CI501"],
    },
    Case {
        name: "a script ahead of the models",
        change: |project| drop(project.script(NEW, SECOND, "CREATE TABLE extra (id int);", "DROP TABLE extra;")),
        errors: &["models models/users.sql:1 CI501"],
    },
    Case {
        name: "models with an error",
        change: |project| drop(project.write("models/users.sql", "SELECT 1;\nCREATE TABLE users (id nonsense);\n")),
        errors: &["models models/users.sql:2 CI502"],
    },
    Case {
        name: "a fill that fails on a row",
        change: |project| {
            project.write("models/users.sql", &MODELS.replace("name text", "name text NOT NULL"));
            let upgrade = "UPDATE users SET name = 'x' WHERE name = '';\nALTER TABLE users ALTER name SET NOT NULL;";
            project.script(NEW, SECOND, upgrade, "ALTER TABLE users ALTER name DROP NOT NULL;");
        },
        errors: &[
            "verify versions/0003aaaa0000_script.sql:9 CI401",
            "hazards versions/0003aaaa0000_script.sql:8 DL107",
        ],
    },
    Case {
        name: "a script that cannot be read",
        change: |project| drop(project.script(NEW, SECOND, "\\connect other", "SELECT 1;")),
        errors: &["scripts versions/0003aaaa0000_script.sql:8 CI101"],
    },
    Case {
        name: "a parent that does not exist",
        change: |project| drop(project.script(NEW, "0009aaaa0000", "SELECT 1;", "SELECT 1;")),
        errors: &["scripts versions/0003aaaa0000_script.sql:4 CI102"],
    },
    Case {
        name: "an old script was changed, and it fails",
        change: |project| drop(project.script(BASE, "", "SELECT 1;\nSELECT nothing;", "SELECT 1;")),
        errors: &["verify versions/0001aaaa0000_script.sql:9 CI401"],
    },
];

fn models_with(project: &TestProject, column: &str) {
    project.write("models/users.sql", &MODELS.replace("email text", &format!("email text,\n    {column}")));
}
