//! `limbeck import`: SQL scripts instead of Python scripts.

use serde_json::Value;

use super::pair::Pair;
use super::plans::json;
use crate::support::{Driver, SCRIPTS, Shop, script_id};

/// Imports a project; returns the report.
#[track_caller]
fn import(shop: &Shop) -> Vec<Value> {
    let output = shop.limbeck("import --yes --json").expect_status(0);
    json(&output).as_array().unwrap().clone()
}

/// The result and the reason of a script in a report.
#[track_caller]
fn result_of<'a>(report: &'a [Value], id: &str) -> (&'a str, &'a str) {
    let found = report.iter().find(|document| document["revision"] == id).unwrap_or_else(|| panic!("{id}: {report:?}"));
    (found["result"].as_str().unwrap(), found["reason"].as_str().unwrap_or_default())
}

/// The text of the SQL script of a revision.
#[track_caller]
fn text_of(report: &[Value], id: &str) -> String {
    let found = report.iter().find(|document| document["revision"] == id).unwrap();
    std::fs::read_to_string(found["path"].as_str().unwrap()).unwrap()
}

/// Runs limbeck on the imported project.
#[track_caller]
fn imported(shop: &Shop, line: &str) -> crate::support::Output {
    shop.limbeck(&format!("-c limbeck {line}"))
}

#[test]
fn the_sample_becomes_sql_scripts() {
    let shop = Shop::new(Driver::Psycopg2);
    let report = import(&shop);
    assert_eq!(report.len(), 18);
    for number in [1, 2, 3, 6, 7, 8, 11, 12, 13, 14, 15, 16] {
        let (result, reason) = result_of(&report, SCRIPTS[number - 1]);
        assert_eq!(result, "sql", "script {number}: {reason}");
        assert_eq!(reason.is_empty(), ![6, 7].contains(&number), "script {number}: {reason}");
    }
    for (number, table) in [(4, "users"), (5, "orders"), (9, "users"), (10, "orders")] {
        let (result, reason) = result_of(&report, SCRIPTS[number - 1]);
        assert_eq!(result, "sql", "script {number}: {reason}");
        assert!(reason.contains(&format!("reads rows of {table}")), "script {number}: {reason}");
        assert!(text_of(&report, SCRIPTS[number - 1]).contains(&format!("IF EXISTS (SELECT FROM {table})")));
    }
    for (number, why) in [(17, "actors must be kept"), (18, "the script has no downgrade()")] {
        let (result, reason) = result_of(&report, SCRIPTS[number - 1]);
        assert_eq!(result, "stub");
        assert!(reason.starts_with("downgrade: ") && reason.contains(why), "script {number}: {reason}");
    }
    // The target is untouched, and the new project has no Python.
    assert_eq!(shop.database.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
    let config = shop.project.read("limbeck/limbeck.toml");
    assert!(config.contains("version_table = \"alembic_version\"") && !config.contains("postgresql"), "{config}");
    // Ids, parents, labels, dependencies, messages and dates are the same.
    let documents = |output: &crate::support::Output| {
        let mut all = json(output).as_array().unwrap().clone();
        for document in &mut all {
            document["path"] = Value::Null;
        }
        all
    };
    let (ours, theirs) = (imported(&shop, "history --json"), shop.limbeck("history --json"));
    assert_eq!(documents(&ours.expect_status(0)), documents(&theirs.expect_status(0)));
    // No file is overwritten.
    let again = shop.limbeck("import --yes").expect_status(1).stderr;
    assert!(again.contains("exists and is not empty; nothing was written"), "{again}");
}

/// The imported project on one database, Alembic on another.
fn check_pair(driver: Driver) {
    let pair = Pair::new(driver);
    import(&pair.ours);
    let run = |line: &str| {
        let theirs = pair.theirs.alembic(line);
        assert_eq!(theirs.status, Some(0), "{line}: {}", theirs.stderr);
        imported(&pair.ours, &format!("{line} --allow all --no-keep")).expect_status(0);
        pair.expect_equal_databases(line);
    };
    run("upgrade 10b5d7c2a9e4");
    run("upgrade 8b1c6f40e7d3");
    run("upgrade e18a7c40d9b2");
    run("downgrade base");
    run("upgrade head");
}

#[test]
fn the_imported_project_makes_the_same_database_with_psycopg2() {
    check_pair(Driver::Psycopg2);
}

#[test]
fn the_imported_project_makes_the_same_database_with_asyncpg() {
    check_pair(Driver::Asyncpg);
}

#[test]
fn a_database_at_head_needs_no_change() {
    let mut shop = Shop::new(Driver::Psycopg);
    assert_eq!(shop.alembic("upgrade head").status, Some(0));
    let before = shop.contents();
    import(&shop);
    std::fs::remove_file(shop.project.path(".venv")).unwrap();
    std::fs::remove_file(shop.project.path("alembic.ini")).unwrap();
    shop.project.set("PATH", "/nonexistent");
    assert_eq!(imported(&shop, "current").expect_status(0).stdout, "fb39e5c8170d (head)\n");
    imported(&shop, "upgrade head").expect_status(0);
    assert_eq!(shop.contents(), before);
    // The last two downgrades raise, as in the Python scripts.
    let refused = imported(&shop, "downgrade -1 --allow all").expect_status(1).stderr;
    assert!(
        refused
            .contains("revision fb39e5c8170d: this downgrade is not converted to SQL: the script has no downgrade()"),
        "{refused}"
    );
    assert_eq!(shop.heads(), [SCRIPTS[17]]);
}

#[test]
fn a_script_that_depends_on_rows_refuses_to_run_where_there_are_rows() {
    let shop = Shop::new(Driver::Psycopg2);
    import(&shop);
    imported(&shop, &format!("upgrade {}", SCRIPTS[2])).expect_status(0);
    shop.seed(3);
    let refused = imported(&shop, "upgrade head --allow all").expect_status(1).stderr;
    assert!(refused.contains("revision 4e2b90cd5f18: this upgrade depends on the rows of users"), "{refused}");
    assert_eq!(shop.heads(), [SCRIPTS[2]]);
    let columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'account_id'";
    assert_eq!(shop.database.psql(columns), "0");
}

/// Scripts: the upgrade, the downgrade, the result, and the beginning of the reason.
const CASES: [(&str, &str, &str, &str); 12] = [
    ("op.execute(\"CREATE TABLE t (id serial PRIMARY KEY, n text)\")", "op.execute('DROP TABLE t')", "sql", ""),
    (
        "op.execute(\"INSERT INTO t (n) VALUES ('a  \\nb', '') ON CONFLICT DO NOTHING\".replace(\", '')\", \")\"))",
        "op.execute(\"DELETE FROM t -- all\")",
        "sql",
        "",
    ),
    (
        "for row in op.get_bind().execute(text('SELECT id FROM t')):\n    op.execute(f'UPDATE t SET n = 1 WHERE id = {row.id}')",
        "pass",
        "stub",
        "upgrade: the script depends on the rows of t",
    ),
    (
        "if op.get_bind().execute(text(\"SELECT 1 FROM pg_roles WHERE rolname = 'x'\")).scalar():\n    op.execute('ANALYZE')",
        "pass",
        "stub",
        "upgrade: the script uses the result of: SELECT 1 FROM pg_roles",
    ),
    (
        "n = op.get_bind().execute(text(\"INSERT INTO t (n) VALUES ('x') RETURNING id\")).scalar()\n\
         op.execute(f\"UPDATE t SET n = 'y' WHERE id = {n}\")",
        "pass",
        "stub",
        "upgrade: the script uses the result of: INSERT INTO t",
    ),
    (
        "try:\n    with op.get_bind().begin_nested():\n        op.execute('SELECT 1/0')\nexcept Exception:\n    op.execute('CREATE TABLE u (a int)')",
        "op.execute('DROP TABLE u')",
        "stub",
        "upgrade: the script reacts to an error",
    ),
    (
        "op.execute('CREATE TABLE v (a int)')",
        "raise RuntimeError('never\\nagain')",
        "stub",
        "downgrade: the downgrade fails",
    ),
    (
        "from io import StringIO\nop.get_bind().connection.cursor().copy_expert('COPY v FROM STDIN', StringIO('1\\n2\\n'))",
        "op.execute('TRUNCATE v')",
        "sql",
        "",
    ),
    (
        "if op.get_bind().execute(text('UPDATE v SET a = a')).rowcount > 5:\n    op.execute('ANALYZE v')",
        "pass",
        "stub",
        "upgrade: the script depends on the rows of v",
    ),
    (
        "with op.get_context().autocommit_block():\n    op.execute('CREATE INDEX CONCURRENTLY i ON v (a)')",
        "op.execute('DROP INDEX i')",
        "sql",
        "",
    ),
    (
        "op.execute('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$  \\n SELECT 1  \\n$$')",
        "op.execute('DROP FUNCTION f()')",
        "sql",
        "",
    ),
    ("op.execute(\"SELECT setval('t_id_seq', coalesce(max(id), 1)) FROM t\")", "pass", "sql", ""),
];

#[test]
fn sections_that_cannot_be_converted_are_stubs_with_the_reason() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    for (index, (upgrade, downgrade, ..)) in CASES.iter().enumerate() {
        shop.script(index + 1, upgrade, downgrade);
    }
    let report = import(&shop);
    for (index, (.., expected, why)) in CASES.iter().enumerate() {
        let (result, reason) = result_of(&report, &script_id(index + 1));
        assert_eq!(result, *expected, "script {}: {reason}", index + 1);
        assert!(reason.starts_with(why) && reason.is_empty() == why.is_empty(), "script {}: {reason}", index + 1);
    }
    assert!(text_of(&report, &script_id(2)).contains("VALUES ('a  \nb')"), "{}", text_of(&report, &script_id(2)));
    assert!(text_of(&report, &script_id(2)).contains("DELETE FROM t -- all\n;"));
    let stub = text_of(&report, &script_id(3));
    assert!(
        stub.contains("RAISE EXCEPTION") && stub.contains(&format!("migrations/versions/{}.py", script_id(3))),
        "{stub}"
    );
    assert!(text_of(&report, &script_id(8)).contains("COPY v FROM STDIN;\n1\n2\n\\.\n"));
    assert!(text_of(&report, &script_id(10)).contains("-- @upgrade transaction=off\n"));
    assert!(text_of(&report, &script_id(11)).contains("$$  \n SELECT 1  \n$$"));
    imported(&shop, "upgrade +2").expect_status(0);
    let refused = imported(&shop, "upgrade head --allow all").expect_status(1).stderr;
    assert!(refused.contains(&format!("revision {}: this upgrade is not converted to SQL", script_id(3))), "{refused}");
    assert_eq!(shop.heads(), [script_id(2)]);
}

#[test]
fn a_script_that_fails_is_a_stub_and_so_are_its_descendants() {
    let shop = Shop::without_scripts(Driver::Psycopg);
    shop.script(1, "op.execute('CREATE TABLE t (id int)')", "op.execute('DROP TABLE t')");
    shop.script(2, "op.get_bind().execute(text('SELECT id FROM t')).one()", "pass");
    shop.script(3, "op.execute('CREATE TABLE u (id int)')", "op.execute('DROP TABLE u')");
    for (id, upgrade) in
        [("dead0001", "__import__('os')._exit(3)"), ("feed0001", "op.execute('CREATE TABLE v (id int)')")]
    {
        let text = format!(
            "from alembic import op\n\nrevision = '{id}'\ndown_revision = '{}'\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    op.execute('DROP TABLE v')\n",
            script_id(1)
        );
        shop.project.write(&format!("migrations/versions/{id}.py"), &text);
    }
    let report = import(&shop);
    assert_eq!(result_of(&report, "dead0001").0, "stub");
    assert_eq!(result_of(&report, "feed0001"), ("sql", ""), "the other branch is converted");
    assert_eq!(result_of(&report, &script_id(1)), ("sql", ""));
    let (result, reason) = result_of(&report, &script_id(2));
    assert!(result == "stub" && reason.starts_with("the upgrade fails on a database without rows"), "{reason}");
    let (result, reason) = result_of(&report, &script_id(3));
    assert!(result == "stub" && reason.contains(&format!("the upgrade of {} fails", script_id(2))), "{reason}");
    imported(&shop, "upgrade feed0001").expect_status(0);
    imported(&shop, "downgrade base --allow all").expect_status(0);
}

#[test]
fn several_locations_heads_long_ids_and_a_version_table_with_a_schema_are_carried_over() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.database.psql("CREATE SCHEMA meta AUTHORIZATION shop");
    let env = shop.project.read("migrations/env.py");
    let configured = env.replace(
        "        compare_type=True,\n",
        "        compare_type=True,\n        version_table=\"versions\",\n        version_table_schema=\"meta\",\n",
    );
    assert_ne!(env, configured);
    shop.project.write("migrations/env.py", &configured);
    let ini = shop.project.read("alembic.ini");
    let locations = "script_location = %(here)s/migrations\nversion_locations = %(here)s/migrations/versions %(here)s/other/versions\npath_separator = space\n";
    let ini = ini.replacen("script_location = %(here)s/migrations\n", locations, 1);
    shop.project.write("alembic.ini", &ini.replacen("timezone = UTC", "timezone = Asia/Seoul", 1));
    let long = "a_revision_whose_id_is_longer_than_the_32_characters_of_alembic";
    let script = |id: &str, parents: &str, rest: &str, upgrade: &str| {
        format!(
            "\"\"\"{id} in\ntwo lines\n\nRevision ID: {id}\nCreate Date: 2026-01-01 09:00:00+00:00\n\n\"\"\"\nfrom alembic import op\n\nrevision = '{id}'\ndown_revision = {parents}\n{rest}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    pass\n"
        )
    };
    let table = |name: &str| format!("op.execute('CREATE TABLE IF NOT EXISTS {name} (id int)')");
    shop.project
        .write("migrations/versions/a.py", &script(long, "None", "branch_labels = ('one', 'two')", &table("a")));
    shop.project
        .write("other/versions/b.py", &script("bbbb", "None", &format!("depends_on = ('{long}',)"), &table("b")));
    shop.project.write("other/versions/c.py", &script("cccc", &format!("('{long}', 'bbbb')"), "", "pass"));
    shop.project.write("other/versions/d.py", &script("dddd", "'bbbb'", "", &table("d")));
    let report = json(&shop.limbeck("import new/folder --yes --json").expect_status(0));
    assert!(report.as_array().unwrap().iter().all(|document| document["result"] == "sql"), "{report}");
    let config = shop.project.read("new/folder/limbeck.toml");
    for line in
        ["version_table = \"meta.versions\"", "directory = [\"versions\", \"versions_2\"]", "timezone = \"Asia/Seoul\""]
    {
        assert!(config.contains(line), "{line}: {config}");
    }
    let text = text_of(report.as_array().unwrap(), long);
    let header = format!(
        "-- {long} in\n-- two lines\n--\n-- Revision ID: {long}\n-- Revises:\n-- Branch Labels: one, two\n-- Create Date: 2026-01-01 09:00:00+00:00\n"
    );
    assert!(text.starts_with(&header), "{text}");
    let merge = shop.project.read("new/folder/versions_2/cccc_cccc_in.sql");
    assert!(merge.contains(&format!("-- Revises: {long}, bbbb\n")), "{merge}");
    let heads = |line: &str| shop.limbeck(line).expect_status(0).stdout;
    assert_eq!(heads("-c new/folder heads"), heads("heads"));
    // The version table of Alembic is too narrow for the id, as with Alembic.
    shop.database.psql(
        "CREATE TABLE meta.versions (version_num varchar(100) PRIMARY KEY); ALTER TABLE meta.versions OWNER TO shop",
    );
    shop.limbeck("-c new/folder upgrade heads").expect_status(0);
    assert_eq!(
        shop.database.psql("SELECT string_agg(version_num, ' ' ORDER BY version_num) FROM meta.versions"),
        "cccc dddd"
    );
    assert_eq!(shop.database.psql("SELECT to_regclass('a')::text || to_regclass('b') || to_regclass('d')"), "abd");
}

#[test]
fn the_new_folder_is_migrations_if_there_is_none() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    std::fs::rename(shop.project.path("migrations"), shop.project.path("alembic")).unwrap();
    let ini = shop.project.read("alembic.ini").replacen("%(here)s/migrations", "%(here)s/alembic", 1);
    shop.project.write("alembic.ini", &ini);
    shop.project.write("alembic/versions/a.py", "from alembic import op\nrevision = 'a1a1'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute('CREATE TABLE t (id int)')\n\n\ndef downgrade():\n    op.drop_table('t')\n");
    let output = shop.limbeck("import --yes").expect_status(0);
    assert!(output.stdout.starts_with("a1a1  sql   migrations/versions/a1a1_.sql\n"), "{}", output.stdout);
    assert!(output.stderr.contains("Converting upgrade a1a1 (1 of 1)"), "{}", output.stderr);
    // limbeck now opens the SQL project.
    shop.limbeck("upgrade head").expect_status(0);
    assert!(shop.limbeck("heads --json").stdout.contains("a1a1_.sql"));
}

#[test]
fn what_env_py_sets_and_roles_of_the_server_are_respected() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    let env = shop.project.read("migrations/env.py");
    let set = "    connection.execute(text(\"CREATE SCHEMA IF NOT EXISTS app\"))\n    connection.execute(text(\"SET search_path = app, public\"))\n    connection.commit()\n";
    let with_path = env.replacen("def run_with(connection):\n", &format!("def run_with(connection):\n{set}"), 1);
    let schema = "        compare_type=True,\n        version_table_schema=\"public\",\n";
    shop.project.write("migrations/env.py", &with_path.replace("        compare_type=True,\n", schema));
    shop.script(1, "op.execute('CREATE TABLE t (id int)')", "op.execute('DROP TABLE t')");
    let role = format!("limbeck_import_{}", std::process::id());
    shop.script(2, "for row in op.get_bind().execute(text('SELECT id FROM t')):\n    op.execute('ANALYZE t')", "pass");
    shop.script(3, &format!("op.execute('CREATE ROLE {role}')"), &format!("op.execute('DROP ROLE {role}')"));
    // Without the settings of env.py, the name means this table, which has no rows.
    shop.database.psql("CREATE TABLE public.t (id int)");
    let report = import(&shop);
    for number in [1, 3] {
        assert_eq!(result_of(&report, &script_id(number)), ("sql", ""));
    }
    let text = text_of(&report, &script_id(1));
    let upgrade = "CREATE SCHEMA IF NOT EXISTS app;\nSET search_path = app, public;\nCREATE TABLE t (id int);\n";
    assert!(text.contains(&format!("-- @upgrade\n{upgrade}")), "{text}");
    assert!(text.contains("-- @downgrade\nSET search_path = app, public;\nDROP TABLE t;\n"), "{text}");
    let roles = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'");
    assert_eq!(shop.database.psql(&roles), "0", "the scripts ran on a private server");
    imported(&shop, "upgrade +1").expect_status(0);
    assert_eq!(shop.database.psql("SELECT to_regclass('app.t')"), "app.t");
    assert_eq!(result_of(&report, &script_id(2)).0, "sql");
    let guarded = text_of(&report, &script_id(2));
    assert!(guarded.contains("-- @upgrade\nSET search_path = app, public;\n\n-- The Python script "), "{guarded}");
    shop.database.psql("INSERT INTO app.t VALUES (1)");
    let refused = imported(&shop, "upgrade +1").expect_status(1).stderr;
    assert!(refused.contains("this upgrade depends on the rows of t"), "{refused}");
}
