//! Hazards in existing functions and triggers are found where a statement calls or fires them.

use super::cascade::{found, owned};
use crate::support::{TestProject, server};

const THERE: &str = "CREATE TABLE b (i int, t text); INSERT INTO b VALUES (1, 'x'), (2, 'y');
CREATE TABLE watched (i int PRIMARY KEY); CREATE TABLE quiet (i int);
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM b';
CREATE SCHEMA \"Odd\"; CREATE FUNCTION \"Odd\".\"Wi pe\"() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM wipe(); END';
CREATE PROCEDURE hidden() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'truncate ' || 'b'; END $$;
CREATE FUNCTION looks() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM b';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE b SET t = NEW.i; RETURN NEW; END';
CREATE TRIGGER fires BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fires();
CREATE FUNCTION stamps() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.i := 1; RETURN NEW; END';
CREATE TRIGGER stamps BEFORE INSERT ON quiet FOR EACH ROW EXECUTE FUNCTION stamps();
CREATE TABLE ruled (i int); INSERT INTO ruled VALUES (7), (8); CREATE VIEW over AS SELECT i FROM ruled;
CREATE RULE also AS ON UPDATE TO ruled DO ALSO (DELETE FROM b WHERE i = old.i; NOTIFY gone);
CREATE RULE calls AS ON INSERT TO over DO INSTEAD SELECT wipe();
CREATE RULE instead AS ON DELETE TO over DO INSTEAD DELETE FROM ruled WHERE i = old.i;";

#[test]
fn hazards_of_called_functions_and_fired_triggers_are_counted() {
    for (statement, expected) in [
        ("SELECT wipe()", &[("DL106", "b", Some(2))][..]),
        ("DO $$ BEGIN PERFORM public.wipe(); END $$", &[("DL106", "b", Some(2))]),
        ("SELECT \"Odd\".\"Wi pe\"()", &[("DL106", "b", Some(2))]),
        ("INSERT INTO watched VALUES (1)", &[("DL107", "b.t", Some(2))]),
        ("UPDATE ruled SET i = 1", &[("DL107", "ruled.i", Some(2)), ("DL106", "b", Some(2))]),
        ("INSERT INTO ruled VALUES (1)", &[]),
        ("DELETE FROM ruled WHERE i = 7", &[("DL106", "ruled", Some(1))]),
        ("INSERT INTO over VALUES (1)", &[("DL106", "b", Some(2))]),
        ("DELETE FROM over WHERE i = 7", &[("DL106", "over", Some(1)), ("DL106", "ruled", Some(2))]),
        ("ALTER TABLE ruled ADD FOREIGN KEY (i) REFERENCES watched ON UPDATE CASCADE", &[]),
        ("INSERT INTO quiet VALUES (1)", &[]),
        ("SELECT looks()", &[]),
        ("CREATE TABLE wipe (i int)", &[]),
    ] {
        let database = server().database();
        database.psql(THERE);
        let project = TestProject::on(&database);
        project.script("a", "", &format!("{statement};"), "SELECT 1;");
        assert_eq!(found(&project), owned(expected), "{statement}");
    }
}

#[test]
fn a_call_that_destroys_data_needs_approval_and_the_data_are_restored() {
    let database = server().database();
    database.psql(&format!("{THERE} ALTER TABLE b ADD PRIMARY KEY (i);"));
    let project = TestProject::on(&database);
    project.script("a", "", "SELECT wipe();", "SELECT 1;");
    project.run(&["upgrade", "head"]).expect_status(3);
    assert_eq!(database.psql("SELECT count(*) FROM b"), "2");
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM b"), "0");
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM b"), "2");
    let project = TestProject::on(&database);
    project.script("b", "", "CALL hidden();", "SELECT 1;");
    project.run(&["upgrade", "head"]).expect_status(3);
}
