//! Helpers for the tests of rules, and tests that concern several rules.

use proptest::prelude::*;

use super::{Class, Code, RULES, Rule, examine_one, examine_sql, find_rule, nearest_rules};
use crate::core::sql::split;
use crate::core::statement::Subject;

/// Checks that each statement has exactly these hazards of class `data-loss`, written as `CODE object`.
pub fn check(cases: &[(&str, &[&str])]) {
    for (statement, expected) in cases {
        let lost = examine_one(statement).into_iter().filter(|hazard| hazard.class == Class::DataLoss);
        let found: Vec<String> = lost.map(|hazard| format!("{} {}", hazard.code, hazard.object)).collect();
        assert_eq!(found, *expected, "{statement}");
    }
}

/// Checks that one rule finds exactly these objects in each section.
pub fn objects(code: &str, cases: &[(&str, &[&str])]) {
    for (section, expected) in cases {
        let statements = examine_sql(section, true).unwrap().statements.into_iter();
        let hazards = statements.flat_map(|statement| statement.hazards);
        let found: Vec<String> =
            hazards.filter(|hazard| hazard.code.as_str() == code).map(|hazard| hazard.object).collect();
        assert_eq!(found, *expected, "{code} in {section}");
    }
}

/// Pairs of lines: a section of SQL, and below it, indented, all its hazards.
const STATEMENTS: &str = include_str!("statements.txt");

#[test]
fn every_statement_has_exactly_the_listed_hazards() {
    let mut lines = STATEMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let mut count = 0;
    while let Some(section) = lines.next() {
        let expected: Vec<&str> = lines.next().unwrap().trim().split(" | ").filter(|finding| *finding != "-").collect();
        let statements = examine_sql(section, true).unwrap().statements.into_iter();
        let hazards = statements.flat_map(|statement| statement.hazards);
        let found: Vec<String> = hazards.map(|hazard| format!("{} {}", hazard.code, hazard.object)).collect();
        assert_eq!(found, expected, "{section}");
        count += 1;
    }
    assert!(count >= 150, "{count}");
}

#[test]
fn every_rule_is_in_the_table() {
    // Two rules apply only to a whole script or to a database.
    let in_statements = |rule: &&Rule| rule.class() != Class::Irreversible && rule.code != Code::Cascade;
    for rule in RULES.iter().filter(in_statements) {
        assert!(STATEMENTS.contains(&format!("{} ", rule.code)), "{}", rule.code);
    }
}

#[test]
fn the_bodies_of_do_blocks_are_read() {
    check(&[
        ("DO $$ BEGIN IF true THEN DROP TABLE a; ELSE DELETE FROM b; END IF; END $$", &["DL101 a", "DL106 b"]),
        ("DO LANGUAGE plpgsql 'BEGIN TRUNCATE \"it''s\"; END'", &["DL102 \"it's\""]),
        ("DO E'BEGIN\\n DROP TABLE a; END'", &["DL101 a"]),
        ("DO $a$ BEGIN DO $b$ BEGIN DO $c$ BEGIN DROP TABLE deep; END $c$; END $b$; END $a$", &["DL101 deep"]),
        ("DO $$ BEGIN FOR i IN 1..3 LOOP UPDATE t SET a = i; END LOOP; END $$", &["DL107 t.a"]),
        ("DO $$ DECLARE r t; BEGIN FOR r IN SELECT * FROM t LOOP DELETE FROM u; END LOOP; END $$", &["DL106 u"]),
        (
            "DO $$ BEGIN DROP TABLE a; EXCEPTION WHEN others THEN ALTER TABLE b DROP c; END $$",
            &["DL101 a", "DL103 b.c"],
        ),
        ("DO $$ DECLARE r t; BEGIN WITH d AS (DELETE FROM q RETURNING *) SELECT * INTO r FROM d; END $$", &["DL106 q"]),
        ("DO $$ BEGIN DELETE FROM t RETURNING a INTO STRICT b; END $$", &["DL106 t"]),
        ("DO $$ BEGIN RAISE NOTICE 'DROP TABLE %', a; PERFORM f(); END $$", &[]),
        ("DO $$ BEGIN FOR r IN EXECUTE 'SELECT 1' LOOP DROP TABLE a; END LOOP; END $$", &["DL101 a"]),
    ]);
}

#[test]
fn definitions_destroy_nothing() {
    check(&[
        ("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; END $$", &[]),
        ("CREATE PROCEDURE p() LANGUAGE sql AS 'DROP TABLE t'", &[]),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM t; END", &[]),
        ("CREATE TABLE u AS WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", &["DL106 t"]),
        ("INSERT INTO t SELECT g FROM generate_series(1, 10) AS g", &[]),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0", &[]),
        ("", &[]),
        ("-- DROP TABLE t", &[]),
        ("SELECT 1", &[]),
    ]);
}

#[test]
fn an_object_is_found_once_per_rule() {
    check(&[
        ("DROP TABLE a, A, \"a\"", &["DL101 a"]),
        ("WITH x AS (DELETE FROM a), y AS (DELETE FROM a) UPDATE a SET b = 1", &["DL106 a", "DL107 a.b"]),
    ]);
}

#[test]
fn subjects_have_no_quotes() {
    let subject = |sql: &str| examine_one(sql).remove(0).subject;
    let table = Subject::Table { schema: Some("My S".into()), name: "a\"b.c".into() };
    assert_eq!(subject("DROP TABLE \"My S\".\"a\"\"b.c\""), table);
    let column = Subject::Column { schema: None, table: "Users".into(), column: "über".into() };
    assert_eq!(subject("ALTER TABLE \"Users\" DROP COLUMN über"), column);
    assert_eq!(subject("DROP TABLE db.S.T"), Subject::Table { schema: Some("s".into()), name: "t".into() });
    assert_eq!(subject("DROP SCHEMA a"), Subject::Other);
}

#[test]
fn the_readme_lists_every_rule() {
    let readme = include_str!("../../../README.md");
    for rule in RULES {
        let row = format!("| {} | {} | {} |", rule.code, rule.class().word(), rule.title);
        assert!(readme.lines().any(|line| line == row), "{row}");
    }
}

#[test]
fn codes_are_sorted_and_each_has_an_explanation() {
    assert!(RULES.is_sorted_by(|one, next| one.code.as_str()[2..] < next.code.as_str()[2..]));
    for rule in RULES {
        let page = find_rule(&rule.code.as_str().to_lowercase()).unwrap().explanation();
        assert!(page.starts_with(&format!("{} {}\n\n", rule.code, rule.title)), "{}", rule.code);
        assert!(page.contains("What to do instead") && page.lines().all(|line| line.chars().count() <= 120));
    }
    assert!(find_rule("DL000").is_none());
    let like = |text: &str| nearest_rules(text).into_iter().map(|rule| rule.code.as_str()).collect::<Vec<_>>();
    assert_eq!(like("ix4"), ["IX401", "IX402"]);
    assert_eq!(like("DL10O")[..2], ["DL101", "DL102"]);
    assert!(like("").is_empty() && like("nonsense").is_empty());
}

proptest! {
    /// Any combination of pieces of statements is examined without a panic, and a text that begins with `DROP TABLE` is
    /// never harmless.
    #[test]
    fn no_text_makes_finding_panic(pieces in prop::collection::vec(piece(), 0..14)) {
        let text = pieces.join(" ");
        let _ = examine_one(&text);
        let doomed = format!("DROP TABLE t {text}");
        if split(&doomed).is_ok_and(|statements| statements.len() == 1) {
            prop_assert!(examine_one(&doomed).iter().any(|hazard| hazard.class == Class::DataLoss), "{}", doomed);
        }
    }
}

fn piece() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let words = vec![
        "DROP", "TABLE", "ALTER", "COLUMN", "DELETE", "FROM", "UPDATE", "SET", "TRUNCATE", "WITH", "AS", "(", ")",
        ",", "=", "a", "\"B.c\"", ".", "IF EXISTS", "CASCADE", "DO", "$$ BEGIN", "END $$", "EXECUTE", "'x", "'",
        "E'\\'", "WHERE", "IS NULL", "MERGE INTO", "WHEN MATCHED THEN", "ON CONFLICT", "U&\"", "\"", "INSERT INTO",
        "VALUES", "SELECT", "EXPLAIN ANALYZE", "CREATE FUNCTION", "LANGUAGE plpgsql", "RETURNING", "INTO", "--", "/*",
        "*/", "\n", "é", "\u{0}", "[", "]", "::", "TYPE", "CONCURRENTLY",
    ];
    prop_oneof![9 => prop::sample::select(words).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// Warnings of squawk's linter for which limbeck has a hazard: squawk's rule, a statement, limbeck's code.
const SQUAWK: &[(&str, &str, &str)] = &[
    ("adding-field-with-default", "ALTER TABLE t ADD COLUMN c int DEFAULT random()", "LK302"),
    ("adding-foreign-key-constraint", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)", "LK308"),
    ("adding-not-nullable-field", "ALTER TABLE t ALTER COLUMN a SET NOT NULL", "LK306"),
    ("adding-required-field", "ALTER TABLE t ADD COLUMN b int NOT NULL", "FA202"),
    ("adding-primary-key-constraint", "ALTER TABLE t ADD PRIMARY KEY (a)", "LK309"),
    ("ban-alter-domain-with-add-constraint", "ALTER DOMAIN d ADD CONSTRAINT x CHECK (VALUE > 0)", "LK316"),
    ("ban-drop-column", "ALTER TABLE t DROP COLUMN a", "DL103"),
    ("ban-drop-database", "DROP DATABASE d", "DL113"),
    ("ban-drop-extension", "DROP EXTENSION e", "DL111"),
    ("ban-drop-generated-expression", "ALTER TABLE t ALTER COLUMN a DROP EXPRESSION", "DL117"),
    ("ban-drop-index", "DROP INDEX i", "IX401"),
    ("ban-drop-schema", "DROP SCHEMA s", "DL104"),
    ("ban-drop-sequence", "DROP SEQUENCE s", "DL108"),
    ("ban-drop-table", "DROP TABLE t", "DL101"),
    ("ban-drop-type", "DROP TYPE t CASCADE", "DL109"),
    ("ban-revoke", "REVOKE SELECT ON t FROM r", "BR612"),
    ("ban-truncate-cascade", "TRUNCATE t CASCADE", "DL102"),
    ("changing-column-type", "ALTER TABLE t ALTER COLUMN a TYPE bigint", "LK301"),
    ("constraint-missing-not-valid", "ALTER TABLE t ADD CONSTRAINT y CHECK (a > 0)", "LK307"),
    ("disallowed-unique-constraint", "ALTER TABLE t ADD CONSTRAINT z UNIQUE (a)", "LK309"),
    ("prefer-repack", "VACUUM FULL t", "LK305"),
    ("renaming-column", "ALTER TABLE t RENAME COLUMN a TO b", "BR602"),
    ("renaming-table", "ALTER TABLE t RENAME TO u", "BR601"),
    ("require-concurrent-index-creation", "CREATE INDEX i ON t (a)", "LK310"),
    ("require-concurrent-index-deletion", "DROP INDEX i", "LK311"),
    ("require-concurrent-partition-detach", "ALTER TABLE t DETACH PARTITION p", "LK315"),
    ("require-concurrent-reindex", "REINDEX TABLE t", "LK312"),
];

#[test]
fn warnings_of_squawk_are_found_despite_its_ignore_comments() {
    for (rule, statement, code) in SQUAWK {
        for text in [
            (*statement).to_owned(),
            format!("-- squawk-ignore {rule}\n{statement}"),
            format!("-- squawk-ignore-file\n{statement} -- squawk-ignore {rule}"),
        ] {
            let found: Vec<&str> = examine_one(&text).iter().map(|hazard| hazard.code.as_str()).collect();
            assert!(found.contains(code), "{rule}: {text}: {found:?}");
        }
    }
}

#[test]
fn data_loss_is_found_only_in_actions_that_may_lose_data() {
    use crate::core::statement::{Action, ScriptState, analyse_section};
    for section in STATEMENTS.lines().filter(|line| !line.starts_with([' ', '#']) && !line.is_empty()) {
        let mut state = ScriptState::new(true);
        for statement in analyse_section(section).unwrap() {
            for action in statement.actions.iter().filter(|action| !Action::may_lose_data(action)) {
                let lost =
                    |rule: &&Rule| rule.class() == Class::DataLoss && rule.hazards(action, &state).next().is_some();
                assert!(!RULES.iter().any(|rule| lost(&rule)), "{section}: {action:?}");
            }
            state.apply(&statement);
        }
    }
}
