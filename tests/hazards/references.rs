//! The effects of foreign key actions are found, counted by name, and restored with the deleted rows.

use super::cascade::found;
use crate::support::{TestProject, server};

const TABLES: &str = "CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE orders (id int PRIMARY KEY, person int REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO orders VALUES (10, 1), (11, 1), (12, 2), (13, NULL);
CREATE TABLE \"Order Lines\" (id int PRIMARY KEY, \"of\" int REFERENCES orders ON DELETE CASCADE);
INSERT INTO \"Order Lines\" VALUES (100, 10), (101, 10), (102, 11), (103, 12);
CREATE TABLE notes (id int PRIMARY KEY, about int REFERENCES people ON DELETE SET NULL, t text);
INSERT INTO notes VALUES (1, 1, 'x'), (2, 3, 'y'), (3, NULL, 'z');
CREATE TABLE kept_back (id int PRIMARY KEY, p int REFERENCES people);
CREATE TABLE nodes (id int PRIMARY KEY, up int REFERENCES nodes ON DELETE CASCADE);
INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2), (4, NULL);";

const CASES: &[(&str, &[&str])] = &[
    (
        "DELETE FROM people WHERE id = 1",
        &["DL106 people 1", "DL124 public.notes.about 1", "DL124 public.\"Order Lines\" 3", "DL124 public.orders 2"],
    ),
    (
        "DELETE FROM people AS p USING orders o WHERE o.person = p.id AND o.id = 12",
        &["DL106 people 1", "DL124 public.\"Order Lines\" 1", "DL124 public.orders 1"],
    ),
    ("DELETE FROM people WHERE id = 3", &["DL106 people 1", "DL124 public.notes.about 1"]),
    ("DELETE FROM people WHERE id = 9", &["DL106 people 0"]),
    ("DELETE FROM orders WHERE id = 13", &["DL106 orders 1"]),
    ("UPDATE people SET id = id + 10 WHERE id = 1", &["DL107 people.id 1", "DL124 public.orders.person 2"]),
    ("UPDATE people SET name = 'x' WHERE id = 1", &["DL107 people.name 1"]),
    ("DELETE FROM nodes WHERE id = 1", &["DL106 nodes 1", "DL124 public.nodes 4"]),
    (
        "WITH d AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM d",
        &["DL106 orders 4", "DL124 public.\"Order Lines\" 4"],
    ),
];

#[test]
fn foreign_key_actions_are_counted_by_name() {
    for (statement, expected) in CASES {
        let database = server().database();
        database.psql(TABLES);
        let project = TestProject::on(&database);
        project.script("a", "", &format!("{statement};"), "SELECT 1;");
        let hazards =
            found(&project).into_iter().map(|(code, object, values)| format!("{code} {object} {}", values.unwrap()));
        let mut hazards: Vec<String> = hazards.collect();
        let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        hazards.sort();
        expected.sort();
        assert_eq!(hazards, expected, "{statement}");
    }
}

#[test]
fn rows_deleted_by_foreign_keys_are_restored() {
    let database = server().database();
    database.psql(TABLES);
    let project = TestProject::on(&database);
    project.script("a", "", "DELETE FROM people WHERE id = 1;", "SELECT 1;");
    let refused = project.run(&["upgrade", "head"]).expect_status(3).stderr;
    assert!(refused.contains("deleted by a foreign key public.orders: 2 of 4 rows"), "{refused}");
    let everything = "SELECT (SELECT string_agg(people::text, ' ' ORDER BY id) FROM people)
        || (SELECT string_agg(orders::text, ' ' ORDER BY id) FROM orders)
        || (SELECT string_agg(l::text, ' ' ORDER BY id) FROM \"Order Lines\" l)
        || (SELECT string_agg(notes::text, ' ' ORDER BY id) FROM notes)";
    let before = database.psql(everything);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM orders"), "2");
    project.run(&["downgrade", "base"]).expect_status(0);
    assert_eq!(database.psql(everything), before);
}
