//! The backup before a plan that loses data.

use std::fs;

use super::{dump, files, filled};

#[test]
fn a_protected_environment_is_backed_up_before_data_loss() {
    let (database, project) = filled();
    let url = database.url();
    let base = format!("[database]\nurl = \"{url}\"\n[environments.production]\nurl = \"{url}\"\nprotected = true\n");
    let up = ["-e", "production", "upgrade", "head", "--allow", "data-loss,lock", "--confirm", "production"];
    let before = dump(&database);

    // If the backup fails, nothing runs.
    project.write("limbeck.toml", &base);
    let nowhere = project.folder().join("data/limbeck");
    fs::write(&nowhere, "in the way").unwrap();
    let run = project.run(&up).expect_status(1);
    assert!(
        run.stderr.contains("a backup is required before a plan that loses data; nothing was run"),
        "{}",
        run.stderr
    );
    assert_eq!(dump(&database), before);
    fs::remove_file(&nowhere).unwrap();

    let run = project.run(&up).expect_status(0);
    assert!(run.stderr.contains("Backed up to "), "{}", run.stderr);
    let made = files(&project);
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(
        database.psql("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'note'"),
        "0"
    );
    let restore = ["-e", "production", "restore", made[0].to_str().unwrap(), "--allow", "data-loss"];
    project.run(&[&restore[..], &["--confirm", "production"]].concat()).expect_status(0);
    assert_eq!(database.psql("SELECT count(note) FROM t"), "500");

    project.write("limbeck.toml", &format!("{base}[apply]\nbackup = \"never\"\n"));
    let run = project.run(&up).expect_status(0);
    assert!(run.stderr.contains("note: `limbeck backup` writes"), "{}", run.stderr);
    assert_eq!(files(&project), made);
}

#[test]
fn in_other_environments_a_backup_is_suggested_or_configured() {
    let (_database, project) = filled();
    let config = project.read("limbeck.toml");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE w (a int);", "DROP TABLE w;");
    project.write("limbeck.toml", &format!("{config}[apply]\nbackup = \"always\"\n"));
    project.run(&["upgrade", "head"]).expect_status(0);
    project.run(&["downgrade", "-1"]).expect_status(0);
    assert!(files(&project).is_empty(), "nothing was lost");
    project.script("aaaa00000002", "aaaa00000001", "DROP TABLE t CASCADE;", "");
    project.run(&["upgrade", "head"]).expect_status(3);
    assert!(files(&project).is_empty(), "nothing was approved");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(files(&project).len(), 2);
}
