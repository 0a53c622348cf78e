//! The order of environments (`after`).

use super::run;
use crate::support::{TestProject, server};

#[test]
fn an_environment_is_upgraded_only_after_the_ones_it_names() {
    let (staging, production) = (server().database(), server().database());
    let config = format!(
        "[environments.staging]\nurl = \"{}\"\n[environments.production]\nurl = \"{}\"\nafter = [\"staging\"]\n",
        staging.url(),
        production.url()
    );
    let project = TestProject::new(&config);
    project.script("0001aaaa0000", "", "CREATE TABLE one (id int);", "DROP TABLE one;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE two (id int);", "DROP TABLE two;");
    run(&project, "upgrade +1 -e staging").expect_status(0);
    let refused = run(&project, "upgrade head -e production").expect_status(3);
    for words in ["staging should be upgraded first", "it is at 0001aaaa0000", "nothing was run", "--yes"] {
        assert!(refused.stderr.contains(words), "{words}\n{}", refused.stderr);
    }
    assert_eq!(production.psql("SELECT to_regclass('one') IS NULL"), "t");
    run(&project, "upgrade +1 -e production").expect_status(0);
    run(&project, "upgrade head -e production").expect_status(3);
    run(&project, "upgrade head -e production --yes").expect_status(0);
    assert_eq!(production.psql("SELECT to_regclass('two') IS NULL"), "f");
    run(&project, "downgrade -1 -e production").expect_status(0);
}
