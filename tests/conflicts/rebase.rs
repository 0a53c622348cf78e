//! `rebase` moves a branch, after a proof, if no environment has it.

use serde_json::json;

use super::{BASE, BASE_DOWN, document};
use crate::support::{Driver, Shop, TestProject, server};

/// Two branches of two revisions each.
fn branches(project: &TestProject) {
    project.script("cc01", "", BASE, BASE_DOWN);
    project.script("aa01", "cc01", "ALTER TABLE users ADD a1 int;", "ALTER TABLE users DROP a1;");
    project.script("aa02", "aa01", "CREATE INDEX users_a1 ON users (a1);", "DROP INDEX users_a1;");
    project.script("bb01", "cc01", "ALTER TABLE jobs ADD b1 int;", "ALTER TABLE jobs DROP b1;");
    project.script("bb02", "bb01", "ALTER TABLE jobs ADD b2 int;", "ALTER TABLE jobs DROP b2;");
}

/// The folder with all its texts.
fn texts(project: &TestProject) -> Vec<String> {
    ["aa01", "aa02", "bb01", "bb02", "cc01"].map(|id| project.read(&format!("versions/{id}_script.sql"))).to_vec()
}

#[test]
fn a_branch_is_moved_and_the_history_verifies() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project);
    project.run(&["upgrade", "aa02"]).expect_status(0);
    let before = texts(&project);
    let output = project.run(&["rebase", "bb02", "--onto", "aa02"]).expect_status(0);
    assert!(output.stdout.contains("Rebased bb02 onto aa02; 2 revisions proved\n"), "{}", output.stdout);
    assert!(
        output.stderr.contains("after\n    o  bb02  revision bb02\n    o  bb01  revision bb01\n    o  aa02"),
        "{}",
        output.stderr
    );
    let after = texts(&project);
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    let [(old, new)] = changed.as_slice() else { panic!("{changed:?}") };
    assert_eq!(**new, old.replace("Revises: cc01", "Revises: aa02"));
    project.run(&["verify"]).expect_status(0);
    assert_eq!(project.run(&["heads"]).expect_status(0).stdout, "bb02 (head)\n");
    project.run(&["upgrade", "head"]).expect_status(0);
    let output = project.run(&["rebase", "bb02", "--onto", "aa02"]).expect_status(1);
    assert!(output.stderr.contains("bb02 is already based on aa02"), "{}", output.stderr);
}

#[test]
fn the_document_names_the_changed_scripts_and_the_proof() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project);
    let found = document(&project.run(&["rebase", "aa01", "--onto", "bb02", "--json"]).expect_status(0));
    let changed = json!([{
        "revision": "aa01", "path": project.path("versions/aa01_script.sql"), "from": ["cc01"], "to": ["bb02"],
    }]);
    assert_eq!((&found["revision"], &found["onto"], &found["changed"]), (&json!("aa01"), &json!("bb02"), &changed));
    let proof: Vec<_> = found["proof"].as_array().unwrap().iter().map(|one| one["revision"].clone()).collect();
    assert_eq!(proof, [json!("aa01"), json!("aa02")]);
}

#[test]
fn an_applied_branch_is_refused_with_the_environment_that_has_it() {
    let (dev, live) = (server().database(), server().database());
    let project = TestProject::new(&format!(
        "[database]\nurl = \"{}\"\n[environments.live]\nurl = \"{}\"\n",
        dev.url(),
        live.url()
    ));
    branches(&project);
    project.run(&["upgrade", "bb01", "-e", "live"]).expect_status(0);
    let before = texts(&project);
    let output = project.run(&["rebase", "bb02", "--onto", "aa02"]).expect_status(1);
    for part in [
        "error: the branch is applied in live, so it cannot be rebased\n",
        "live has bb01\n",
        "no file was changed",
        "hint: merge the heads instead",
    ] {
        assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
    }
    assert_eq!(texts(&project), before);
    // The other branch is applied nowhere.
    project.run(&["rebase", "aa02", "--onto", "bb02"]).expect_status(0);
    // A revision that only the ledger has is above the branch.
    project.run(&["upgrade", "head", "-e", "live"]).expect_status(0);
    project.script("dd01", "cc01", "SELECT 1;", "");
    std::fs::remove_file(project.path("versions/aa02_script.sql")).unwrap();
    let output = project.run(&["rebase", "aa01", "--onto", "dd01"]).expect_status(1);
    assert!(output.stderr.contains("the branch is applied in live"), "{}", output.stderr);
}

#[test]
fn an_environment_that_cannot_be_read_must_be_named() {
    let database = server().database();
    let project = TestProject::new(&format!(
        "[database]\nurl = \"{}\"\n[environments.live]\nurl = \"postgresql://127.0.0.1:1/none\"\n",
        database.url()
    ));
    branches(&project);
    let output = project.run(&["rebase", "bb02", "--onto", "aa02"]).expect_status(1);
    assert!(output.stderr.contains("the database of live cannot be read"), "{}", output.stderr);
    assert!(output.stderr.contains("add --skip-check live"), "{}", output.stderr);
    project.run(&["rebase", "bb02", "--onto", "aa02", "--skip-check", "lif"]).expect_status(2);
    project.run(&["rebase", "bb02", "--onto", "aa02", "--skip-check", "live"]).expect_status(0);
}

#[test]
fn a_branch_that_fails_on_the_new_parent_is_not_written() {
    let database = server().database();
    let project = TestProject::on(&database);
    branches(&project);
    project.script("aa01", "cc01", "DROP TABLE jobs; ALTER TABLE users ADD a1 int;", "");
    let before = texts(&project);
    let output = project.run(&["rebase", "bb02", "--onto", "aa01"]).expect_status(1);
    for part in
        ["relation \"jobs\" does not exist", "bb01_script.sql:8", "bb02 was not rebased onto aa01; no file was changed"]
    {
        assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
    }
    assert_eq!(texts(&project), before);
}

#[test]
fn merges_labels_and_several_files_are_moved_together() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("cc01", "", BASE, BASE_DOWN);
    project.script("cc02", "cc01", "SELECT 1;", "SELECT 1;");
    project.script("aa01", "cc02", "ALTER TABLE users ADD a1 int;", "ALTER TABLE users DROP a1;");
    project.script("bb01", "cc01", "ALTER TABLE jobs ADD b1 int;", "ALTER TABLE jobs DROP b1;");
    project.script("bb02", "cc01", "ALTER TABLE jobs ADD b2 int;", "ALTER TABLE jobs DROP b2;");
    project.script("bb03", "bb01, bb02, cc02", "", "");
    let text =
        project.read("versions/bb01_script.sql").replace("-- Create Date", "-- Branch Labels: billing\n-- Create Date");
    project.write("versions/bb01_script.sql", &text);
    let found = document(&project.run(&["rebase", "billing@head", "--onto", "aa01", "--json"]).expect_status(0));
    let changed: Vec<_> =
        found["changed"].as_array().unwrap().iter().map(|one| (one["revision"].clone(), one["to"].clone())).collect();
    let expected =
        [(json!("bb01"), json!(["aa01"])), (json!("bb02"), json!(["aa01"])), (json!("bb03"), json!(["bb01", "bb02"]))];
    assert_eq!(changed, expected);
    project.run(&["verify"]).expect_status(0);
}

#[test]
fn python_scripts_are_compared_and_rebased() {
    let shop = Shop::new(Driver::Psycopg2);
    let head = shop.limbeck("heads").expect_status(0).stdout.split_whitespace().next().unwrap().to_owned();
    let script = |id: &str, parent: &str, up: &str, down: &str| {
        let text = format!(
            "\"\"\"branch {id}\n\nRevision ID: {id}\nRevises: {parent}\nCreate Date: 2026-03-01 10:00:00\n\n\"\"\"\n\
             from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = '{parent}'\n\
             branch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
        );
        shop.project.write(&format!("migrations/versions/{id}.py"), &text);
    };
    script(
        "aa01",
        &head,
        "op.add_column('users', sa.Column('left_one', sa.Integer))",
        "op.drop_column('users', 'left_one')",
    );
    script(
        "bb01",
        &head,
        "op.add_column('users', sa.Column('right_one', sa.Integer))",
        "op.drop_column('users', 'right_one')",
    );
    let found = document(&shop.limbeck("conflicts aa01 bb01 --json --yes").expect_status(0));
    assert_eq!(found["verdict"], "commute");
    let objects: Vec<_> = found["touched"].as_array().unwrap().iter().map(|one| one["object"].clone()).collect();
    assert_eq!(objects, [json!("users"), json!("users.left_one"), json!("users.right_one")]);
    shop.limbeck("rebase bb01 --onto aa01 --yes").expect_status(0);
    let text = shop.project.read("migrations/versions/bb01.py");
    assert!(text.contains("Revises: aa01\n") && text.contains("down_revision = 'aa01'\n"), "{text}");
    let output = shop.alembic("heads").expect_status(0);
    assert!(output.stdout.contains("bb01 (audit) (head)") && !output.stdout.contains("aa01"), "{}", output.stdout);
    shop.limbeck("verify aa01 bb01 --yes").expect_status(0);
    // A failure names the line of the script.
    script("bb01", &head, "op.execute('SELECT nothing')", "pass");
    let found = document(&shop.limbeck("conflicts aa01 bb01 --json --yes").expect_status(4));
    let failed = &found["orders"][0]["failed"];
    assert_eq!((&failed["revision"], &failed["line"]), (&json!("bb01"), &json!(18)), "{found:#}");
    assert_eq!(failed["statement"], "SELECT nothing");
}

/// The parents of each revision, the branch that is moved, and the revision that it is moved onto.
type Shape = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const SHAPES: [Shape; 8] = [
    (&[("c", ""), ("a", "c"), ("b", "c")], "b", "a"),
    (&[("c", ""), ("a", "c"), ("a2", "a"), ("b", "c"), ("b2", "b"), ("b3", "b2")], "b3", "a2"),
    // From the middle of a branch: what is above it follows.
    (&[("c", ""), ("a", "c"), ("b", "c"), ("b2", "b"), ("b3", "b2")], "b", "a"),
    // Onto the middle of a branch.
    (&[("c", ""), ("a", "c"), ("a2", "a"), ("b", "c")], "b", "a"),
    // Merge points inside both branches.
    (&[("c", ""), ("x", "c"), ("y", "c"), ("b", "x, y"), ("v", "c"), ("w", "c"), ("a", "v, w")], "b", "a"),
    // Two bases.
    (&[("a", ""), ("a2", "a"), ("b", ""), ("b2", "b")], "b2", "a2"),
    // Three heads.
    (&[("c", ""), ("a", "c"), ("b", "c"), ("d", "c")], "d", "b"),
    // The branches are merged already, and a revision is above the merge.
    (&[("c", ""), ("a", "c"), ("b", "c"), ("m", "a, b"), ("m2", "m")], "b", "a"),
];

#[test]
fn every_rebase_leaves_a_history_that_verifies() {
    let database = server().database();
    for (revisions, revision, onto) in SHAPES {
        let project = TestProject::on(&database);
        for (id, parents) in revisions {
            project.script(id, parents, &format!("CREATE TABLE t_{id} (i int);"), &format!("DROP TABLE t_{id};"));
        }
        let heads = project.run(&["heads"]).expect_status(0).stdout.lines().count();
        project.run(&["rebase", revision, "--onto", onto]).expect_status(0);
        let output = project.run(&["verify"]).expect_status(0);
        let all = format!("{0} of {0} revisions proved, and the downgrade to base\n", revisions.len());
        assert!(output.stdout.ends_with(&all), "{revisions:?}\n{}", output.stdout);
        let after = project.run(&["heads"]).expect_status(0).stdout.lines().count();
        assert!(after <= heads, "{revisions:?}: {after} heads");
        let again = project.run(&["rebase", revision, "--onto", onto]).expect_status(1);
        assert!(again.stderr.contains("is already based on"), "{revisions:?}\n{}", again.stderr);
    }
}
