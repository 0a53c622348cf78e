//! Options and errors of `ci` and `lint --since`.

use std::io::Read;

use rustix::process::{Pid, Signal, kill_process};

use super::{BASE, MODELS, NEW, SECOND, commit, document, errors, fill, git, repository};
use crate::support::{Driver, Shop, TestProject, end_of, eventually, server};

#[test]
fn a_private_server_is_enough_and_is_removed() {
    let project = TestProject::new("[apply]\nrole = \"schema owner\"\n");
    fill(&project);
    let output = project.run(&["ci"]).expect_status(0);
    let expected = "\
✓ scripts  2 scripts
✓ heads    0002aaaa0000
– edited   skipped: no database is configured
✓ verify   2 of 2 scripts up, down and up again
✓ hazards  1 hazard in 2 upgrades
    versions/0002aaaa0000_script.sql:8  DF801 warning: adds column without default users.email
✓ models   equal to the history

5 checks passed, 1 skipped; `limbeck lint --explain CODE` explains a code
";
    assert_eq!(output.stdout, expected, "{}", output.stderr);
    let left: Vec<_> = std::fs::read_dir(project.folder().join("embedded/scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn roles_that_the_scripts_name_exist_on_a_private_server() {
    let project = TestProject::new("");
    fill(&project);
    project.write("models/users.sql", &format!("{MODELS}GRANT SELECT ON users TO reader, \"The App\";\n"));
    let grant = "GRANT SELECT ON users TO reader, \"The App\";";
    project.script(NEW, SECOND, grant, "REVOKE SELECT ON users FROM reader, \"The App\";");
    project.run(&["ci", "--since", "main"]).expect_status(0);
    // A script that creates its role gets a server without it.
    let create = "CREATE ROLE late;\nGRANT SELECT ON users TO late;";
    project.script("0004aaaa0000", NEW, create, "REVOKE SELECT ON users FROM late;\nDROP ROLE late;");
    project.write(
        "models/users.sql",
        &format!("CREATE ROLE late;\n{MODELS}GRANT SELECT ON users TO reader, \"The App\", late;\n"),
    );
    let output = project.run(&["ci", "--since", "main"]).expect_status(0);
    assert!(output.stdout.contains("✓ verify   2 of 2 scripts up, down and up again\n"), "{}", output.stdout);
}

#[test]
fn changes_that_are_not_committed_count_and_removed_files_do_not() {
    let database = server().database();
    let project = repository(&database);
    let since = |options: &[&str]| {
        let arguments: Vec<&str> = ["lint", "--since", "main", "--json"].iter().chain(options).copied().collect();
        let found = document(&project.run(&arguments).expect_status(0));
        let revisions = found.as_array().unwrap().iter();
        revisions.map(|one| one["revision"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(since(&[]), [""; 0]);
    project.script(NEW, SECOND, "SELECT 1;", "SELECT 1;");
    assert_eq!(since(&[]), [NEW]);
    git(&project, &["add", "--all"]);
    assert_eq!(since(&[]), [NEW]);
    project.script(SECOND, BASE, "ALTER TABLE users ADD email text;", "ALTER TABLE users DROP COLUMN email;");
    commit(&project);
    assert_eq!(since(&["--deny", "lock"]), [SECOND, NEW]);
    std::fs::remove_file(project.path(&format!("versions/{NEW}_script.sql"))).unwrap();
    assert_eq!(since(&[]), [SECOND]);
    // What the main branch gets later is not a change of the pull request.
    git(&project, &["stash", "--quiet"]);
    git(&project, &["switch", "--quiet", "main"]);
    project.script("0005aaaa0000", BASE, "SELECT 1;", "SELECT 1;");
    commit(&project);
    git(&project, &["switch", "--quiet", "pr"]);
    assert_eq!(since(&[]), [SECOND, NEW]);
}

#[test]
fn a_commit_that_git_does_not_know_is_an_error_with_a_hint() {
    let database = server().database();
    let project = repository(&database);
    for commit in ["nope", "--output=x", "-h", ""] {
        for verb in ["ci", "lint"] {
            let output = project.run(&[verb, &format!("--since={commit}")]).expect_status(1);
            let expected = format!("error: git does not know the commit '{commit}'\n");
            assert!(output.stderr.starts_with(&expected), "{}", output.stderr);
            assert!(output.stderr.contains("fetch-depth: 0"), "{}", output.stderr);
        }
    }
    assert!(!project.path("x").exists());
    git(&project, &["switch", "--quiet", "--orphan", "other"]);
    project.write("limbeck.toml", "");
    commit(&project);
    let output = project.run(&["ci", "--since", "main"]).expect_status(1);
    assert!(output.stderr.contains("git finds no common ancestor of HEAD and 'main'"), "{}", output.stderr);
    let outside = TestProject::new("");
    let output = outside.run(&["lint", "--since", "main"]).expect_status(1);
    assert!(output.stderr.contains("is in no git repository"), "{}", output.stderr);
}

#[test]
fn a_script_that_was_edited_after_it_ran_is_an_error() {
    let database = server().database();
    let scratch = server().database();
    let project = repository(&scratch);
    let config = format!("[database]\nurl = \"{}\"\n\n[scratch]\nurl = \"{}\"\n", database.url(), scratch.url());
    project.write("limbeck.toml", &config);
    project.run(&["upgrade", "head"]).expect_status(0);
    let output = project.run(&["ci", "--since", "main"]).expect_status(0);
    assert!(output.stdout.contains("✓ edited   2 scripts in the ledger\n"), "{}", output.stdout);
    let upgrade = "ALTER TABLE users\n  ADD email text;";
    project.script(SECOND, BASE, upgrade, "ALTER TABLE users DROP email;");
    let output = project.run(&["ci", "--since", "main", "--format", "json"]).expect_status(4);
    assert_eq!(errors(&document(&output)), [format!("edited versions/{SECOND}_script.sql:8 CI301")]);
    assert_eq!(database.psql("SELECT count(*) FROM alembic_version"), "1");
    // A database that does not answer is no error.
    project.write("limbeck.toml", &config.replace(database.name(), "no_such_database"));
    let output = project.run(&["ci"]).expect_status(0);
    assert!(output.stdout.contains("– edited   skipped: "), "{}", output.stdout);
}

#[test]
fn an_unset_variable_or_an_embedded_database_skips_the_ledger() {
    let scratch = server().database();
    let project = repository(&scratch);
    for (database, reason) in [
        ("url = \"${NOT_SET}\"", "skipped: "),
        ("embedded = true", "skipped: the database is limbeck's own; add --embedded to check it"),
    ] {
        project.write("limbeck.toml", &format!("[database]\n{database}\n\n[scratch]\nurl = \"{}\"\n", scratch.url()));
        let output = project.run(&["ci"]).expect_status(0);
        assert!(output.stdout.contains(reason), "{}", output.stdout);
    }
}

#[test]
fn a_project_in_a_subfolder_has_paths_from_the_root_of_the_repository() {
    let scratch = server().database();
    let project = repository(&scratch);
    let text = project.read("limbeck.toml");
    std::fs::remove_file(project.path("limbeck.toml")).unwrap();
    for (from, to) in [("versions", "db x/versions"), ("models", "db x/models")] {
        std::fs::create_dir_all(project.path("db x")).unwrap();
        std::fs::rename(project.path(from), project.path(to)).unwrap();
    }
    project.write("db x/limbeck.toml", &text);
    project.write("db x/models/users.sql", &MODELS.replace("email text", "email text,\n    age int"));
    let run = |format: &str| {
        let mut command = project.command(&["ci", "--since", "main", "--format", format]);
        let output = command.current_dir(project.path("db x")).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("text").contains("    models/users.sql:5  CI501 ALTER TABLE "), "{}", run("text"));
    assert!(run("github").contains("::error file=db x/models/users.sql,line=5,"), "{}", run("github"));
    assert!(run("sarif").contains("\"db%20x/models/users.sql\""));
}

#[test]
fn a_signal_cancels_and_removes_the_scratch_databases() {
    let scratch = server().database();
    let project = repository(&scratch);
    project.script(NEW, SECOND, "SELECT pg_sleep(600);", "SELECT 1;");
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND \
                    datname LIKE 'limbeck_scratch_%' AND wait_event = 'PgSleep'";
    let mut child = project.spawn(&["ci"]);
    eventually("the statement sleeps", 60, || scratch.psql(sleeping) == "1");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = end_of(&mut child, 60).expect("the process ends");
    let mut output = String::new();
    child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(status.code(), Some(130), "{output}");
    assert!(output.contains("cancelled; the scratch database was dropped"), "{output}");
    assert_eq!(scratch.psql(sleeping), "0");
}

#[test]
fn without_revisions_or_models_nothing_fails() {
    let scratch = server().database();
    let project = TestProject::new(&format!("[scratch]\nurl = \"{}\"\n", scratch.url()));
    let output = project.run(&["ci"]).expect_status(0);
    assert!(output.stdout.contains("✓ heads    no revision\n"), "{}", output.stdout);
    assert!(output.stdout.contains("– models   skipped: the project has no models\n"), "{}", output.stdout);
}

#[test]
fn scripts_of_alembic_are_checked_too() {
    let shop = Shop::without_scripts(Driver::Psycopg);
    shop.script(1, "op.execute('CREATE TABLE a (id int)')", "op.execute('DROP TABLE a')");
    git(&shop.project, &["init", "--quiet"]);
    git(&shop.project, &["add", "migrations"]);
    git(&shop.project, &["commit", "--quiet", "--message", "first"]);
    shop.script(2, "op.execute('SELECT 1')\nop.execute('ALTER TABLE a DROP id')", "op.execute('SELECT nothing')");
    let output = shop.limbeck("ci --since HEAD --yes --deny data-loss --json").expect_status(4);
    let found = errors(&document(&output));
    let path = |line: usize| format!("migrations/versions/c0de00000002.py:{line}");
    let first = crate::support::FIRST_LINE;
    assert!(found.contains(&format!("verify {} CI402", path(first + 5))), "{found:?}\n{}", output.stderr);
    assert!(found.contains(&format!("hazards {} DL103", path(first + 1))), "{found:?}");
    assert!(output.stderr.contains("error: the check `verify` failed\n"), "{}", output.stderr);
}
