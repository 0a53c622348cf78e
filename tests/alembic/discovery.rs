//! How an Alembic project is found, and which configuration it has.

use super::{ENV, TEMPLATE, linear_project, run, run_alembic, script};
use crate::support::TestProject;

fn heads(project: &TestProject, folder: &str) -> String {
    let output = project.command(&["heads"]).current_dir(project.path(folder)).output().unwrap();
    assert!(output.status.success(), "{folder}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_project_is_found_from_its_folders() {
    let project = linear_project("");
    std::fs::create_dir_all(project.path("app/deep")).unwrap();
    for folder in ["", "app/deep", "migrations", "migrations/versions"] {
        assert_eq!(heads(&project, folder), "c3c3 (head)\n", "{folder}");
    }
}

#[test]
fn a_configuration_can_be_named() {
    let mut project = linear_project("[audit]\nscript_location = %(here)s/other");
    project.write("other/env.py", ENV);
    project.write("other/versions/x.py", &script("x1x1", "None", "audit", ""));
    project.write("db/named.ini", "[alembic]\nscript_location = migrations\n");
    for (line, expected) in [
        ("-c alembic.ini heads", "c3c3 (head)\n"),
        ("-c . heads", "c3c3 (head)\n"),
        ("-n audit heads", "x1x1 (head)\n"),
        ("heads --name audit", "x1x1 (head)\n"),
        ("-c db/named.ini heads", "c3c3 (head)\n"),
    ] {
        assert_eq!(run(&project, line).expect_status(0).stdout, expected, "{line}");
    }
    let missing = run(&project, "-n nope heads").expect_status(1);
    assert!(
        missing.stderr.contains("has no section [nope]") && missing.stderr.contains("alembic, audit"),
        "{}",
        missing.stderr
    );
    project.set("LIMBECK_CONFIG", "alembic.ini");
    let output = project.command(&["heads", "-n", "audit"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "x1x1 (head)\n");
}

#[test]
fn pyproject_is_a_configuration() {
    let project = linear_project("");
    std::fs::remove_file(project.path("alembic.ini")).unwrap();
    project.write("pyproject.toml", "[project]\nname = 'x'\n");
    assert!(run(&project, "heads").expect_status(1).stderr.starts_with("error: no project in"));
    project.write("pyproject.toml", "[tool.alembic]\nscript_location = \"%(here)s/migrations\"\n");
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "c3c3 (head)\n");
    assert_eq!(run(&project, "-c pyproject.toml heads").expect_status(0).stdout, "c3c3 (head)\n");
    assert_eq!(run_alembic(&project, &["heads"]).stdout, "c3c3 (head)\n");
}

#[test]
fn flask_migrate_needs_no_script_location() {
    let project = TestProject::without_config();
    project
        .write("migrations/alembic.ini", "[alembic]\n# file_template = %%(rev)s_%%(slug)s\n\n[loggers]\nkeys = root\n");
    project.write("migrations/env.py", "config.set_main_option('sqlalchemy.url', get_engine_url())\n");
    project.write("migrations/script.py.mako", TEMPLATE);
    project.write("migrations/versions/a1.py", &script("a1a1", "None", "flask", ""));
    for folder in ["", "migrations"] {
        assert_eq!(heads(&project, folder), "a1a1 (head)\n", "{folder}");
    }
    run(&project, "revision -m second --rev-id b2b2").expect_status(0);
    assert!(project.path("migrations/versions/b2b2_second.py").is_file());
}

#[test]
fn packages_are_found_in_the_project() {
    let project = TestProject::without_config();
    project.write("alembic.ini", "[alembic]\nscript_location = shop.db:migrations\nprepend_sys_path = lib\n");
    project.write("lib/shop/__init__.py", "");
    project.write("lib/shop/db/__init__.py", "");
    project.write("lib/shop/db/migrations/env.py", ENV);
    project.write("lib/shop/db/migrations/versions/a1.py", &script("a1a1", "None", "in a package", ""));
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "a1a1 (head)\n");
    assert_eq!(run(&project, "show a1a1").stdout, run_alembic(&project, &["show", "a1a1"]).stdout);
}

#[test]
fn limbeck_toml_beside_alembic_ini_has_settings_for_it() {
    let project = linear_project("");
    project.write(
        "limbeck.toml",
        "[environments.staging]\nurl = \"postgresql://localhost:1/x\"\n[alembic]\npython = [\"python3\"]\n",
    );
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "c3c3 (head)\n");
    let unreachable = run(&project, "-e staging current").expect_status(1);
    assert!(unreachable.stderr.contains("localhost"), "{}", unreachable.stderr);
    project.write("limbeck.toml", "[alembic]\npythn = []\n");
    assert!(run(&project, "heads").expect_status(1).stderr.contains("did you mean 'python'?"));
    // A file in the script folder is beside it too.
    std::fs::remove_file(project.path("limbeck.toml")).unwrap();
    project.write("migrations/limbeck.toml", "[apply]\nlock_timeout = '1s'\n");
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "c3c3 (head)\n");
}

#[test]
fn a_project_with_sql_scripts_stays_one() {
    let project = linear_project("");
    project.write("limbeck.toml", "[apply]\nlock_timeout = '1s'\n");
    project.script("0001aaaa0000", "", "SELECT 1;", "");
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "0001aaaa0000 (head)\n");
    let section = run(&project, "-n audit heads").expect_status(2);
    assert!(section.stderr.contains("is not an Alembic project"), "{}", section.stderr);
    assert_eq!(run(&project, "-c alembic.ini heads").expect_status(0).stdout, "c3c3 (head)\n");
}

#[test]
fn faults_of_the_configuration_are_named() {
    for (ini, line, part) in [
        (
            "[alembic]\nscript_location = migrations # here\n",
            2,
            "a comment on the line of a value is part of the value",
        ),
        ("[alembic]\nscript_location = nowhere\n", 2, "nowhere does not exist"),
        ("[alembic]\nscript_location = 50%\n", 2, "write '%%'"),
        ("script_location = x\n", 1, "above the first section"),
        (
            "[alembic]\nscript_location = migrations\nversion_locations = a\nversion_path_separator = os # x\n",
            4,
            "not a valid value",
        ),
    ] {
        let project = linear_project("");
        project.write("alembic.ini", ini);
        let output = run(&project, "heads").expect_status(1);
        let place = format!("alembic.ini:{line}: ");
        assert!(output.stderr.contains(&place) && output.stderr.contains(part), "{ini}: {}", output.stderr);
    }
    let project = TestProject::without_config();
    project.write("alembic.ini", "[alembic]\n");
    assert!(
        run(&project, "heads").expect_status(1).stderr.contains("No 'script_location' key found in configuration.")
    );
}
