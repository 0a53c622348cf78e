//! Scripts that were edited or removed after they ran.

use super::run;
use crate::support::{TestProject, server};

fn write_two_scripts(project: &TestProject) -> std::path::PathBuf {
    project.script("0001aaaa0000", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE two (id int);", "DROP TABLE two;")
}

#[test]
fn doctor_and_the_ui_report_an_edited_script_but_alembics_listings_do_not() {
    let database = server().database();
    let project = TestProject::on(&database);
    write_two_scripts(&project);
    run(&project, "upgrade +1").expect_status(0);
    let listings = ["history -i", "history -i -v", "current -v"];
    let before = listings.map(|line| run(&project, line).expect_status(0).stdout);
    assert!(!run(&project, "doctor").stdout.contains("edited"));
    project.script("0001aaaa0000", "", "CREATE TABLE one (id bigint);", "DROP TABLE one;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE two (id bigint);", "DROP TABLE two;");
    assert_eq!(listings.map(|line| run(&project, line).expect_status(0).stdout), before);
    let doctor = run(&project, "doctor").expect_status(0).stdout;
    assert!(doctor.contains("advice  edited      0001aaaa0000 was edited after it ran"), "{doctor}");
    assert!(doctor.contains("-> restore the file") && !doctor.contains("0002aaaa0000 was"), "{doctor}");
    let screen = project.run(&["--keys", "j", "--print"]).expect_status(0).stdout;
    let marked: Vec<&str> = screen.lines().filter(|line| line.contains("≠ edited")).collect();
    assert!(matches!(&marked[..], [line] if line.contains("0001aaaa")), "{screen}");
    run(&project, "downgrade base").expect_status(0);
    assert!(!run(&project, "doctor").stdout.contains("edited"), "a downgraded revision counts as not run");
}

#[test]
fn the_ui_shows_and_downgrades_a_revision_without_a_file() {
    let database = server().database();
    let project = TestProject::on(&database);
    let file = write_two_scripts(&project);
    run(&project, "upgrade head").expect_status(0);
    std::fs::remove_file(file).unwrap();
    let screen = project.run(&["--keys", "gk", "--print"]).expect_status(0).stdout;
    assert!(screen.contains("from the ledger, read-only") && screen.contains("CREATE TABLE two"), "{screen}");
    let screen = project.run(&["--keys", "d", "--print"]).expect_status(0).stdout;
    assert!(screen.contains("Plan: downgrade -1") && screen.contains("script from the ledger"), "{screen}");
    let screen = project.run(&["--keys", "d<enter>", "--print"]).expect_status(0).stdout;
    assert!(screen.contains("done: 0002aaaa → 0001aaaa"), "{screen}");
    assert_eq!(database.psql("SELECT to_regclass('two') IS NULL"), "t");
    database.psql("UPDATE alembic_version SET version_num = 'feedfacefeed'");
    let screen = project.run(&["--keys", "gkd", "--print"]).expect_status(0).stdout;
    assert!(screen.contains("The ledger has no copy of its script"), "{screen}");
    assert!(screen.contains("which has no script and no copy in the"), "{screen}");
}
