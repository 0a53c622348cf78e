//! Alembic projects in the UI.

use super::{linear_project, run, script};
use crate::support::{Driver, Shop, TestProject, server};

fn screen(project: &TestProject, keys: &str) -> String {
    project.run(&["--keys", keys, "--size", "120x40", "--print"]).expect_status(0).stdout
}

#[test]
fn the_tree_and_the_script_are_shown() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    run(&project, "stamp b2b2").expect_status(0);
    let shown = screen(&project, "");
    for part in ["it's third", "second", "first", "c3c3_x.py", "revision: str = 'c3c3'", "def upgrade() -> None:"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let coloured = project.run(&["--size", "120x40", "--print", "ansi"]).expect_status(0).stdout;
    assert!(!coloured.contains("def upgrade() -> None:"), "the keywords have a colour: {coloured}");
}

#[test]
fn the_editor_saves_python_and_reports_syntax_errors() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    let shown = screen(&project, "e");
    for part in ["op.execute('SELECT 1')", "not proved yet", "shown in the plan; prepare one to see"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    screen(&project, "e<^end># a remark<^s>");
    assert!(project.read("migrations/versions/c3c3_x.py").contains("# a remark"));
    let refused = screen(&project, "e<^end><enter>def (<^s>");
    assert!(refused.contains("Python syntax error"), "{refused}");
}

#[test]
fn the_first_run_of_scripts_asks_for_consent_and_shows_the_plan() {
    let shop = Shop::new(Driver::Psycopg2);
    for keys in ["u", "v"] {
        let shown = screen(&shop.project, keys);
        assert!(shown.contains("Run the project's Python?"), "{keys}: {shown}");
    }
    let shown = screen(&shop.project, "u<tab><enter>");
    for part in ["CREATE TABLE users", "depends on data", "CREATE TYPE order_status"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert_eq!(shop.database.psql("SELECT to_regclass('alembic_version') IS NULL"), "t");
    // The consent is stored.
    let shown = screen(&shop.project, "u");
    assert!(shown.contains("CREATE TABLE users"), "{shown}");
}

#[test]
fn a_file_that_cannot_be_read_and_a_wrong_docstring_are_marked() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    let wrong = script("d4d4", "'c3c3'", "wrong", "").replace("Revises: c3c3", "Revises: a1a1");
    project.write("migrations/versions/d4.py", &wrong);
    let shown = screen(&project, "");
    assert!(shown.contains("the docstring says Revises: a1a1"), "{shown}");
    project.write("migrations/versions/broken.py", "revision = (\n");
    let shown = screen(&project, "");
    assert!(shown.contains("broken.py") && shown.contains("it's third"), "{shown}");
}

#[test]
fn new_revisions_are_created_in_the_ui() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    screen(&project, "cadd prices<enter>");
    let heads = run(&project, "history").expect_status(0).stdout;
    assert!(heads.contains("c3c3 -> ") && heads.contains("(head), add prices\n"), "{heads}");
}

#[test]
fn a_loss_that_depends_on_rows_is_approved_after_the_run_stopped_at_it() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.script(1, "op.create_table('items', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('items')");
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.database.psql("INSERT INTO items VALUES (1), (2)");
    let body = "bind = op.get_bind()\n\
        for row in bind.execute(text('SELECT id FROM items WHERE id = 2')).fetchall():\n    \
            bind.execute(text('DELETE FROM items WHERE id = :id'), {'id': row.id})";
    shop.script(2, body, "pass");
    let stopped = screen(&shop.project, "u<enter>");
    assert!(stopped.contains("deletes rows") && stopped.contains("Enter plans again"), "{stopped}");
    assert_eq!(shop.database.psql("SELECT count(*) FROM items"), "2");
    let asked = screen(&shop.project, "u<enter><esc><enter><enter>");
    assert!(asked.contains("This destroys data") && asked.contains("Type items to continue"), "{asked}");
    let done = screen(&shop.project, "u<enter><esc><enter><enter>items<enter>");
    assert_eq!(shop.database.psql("SELECT count(*) FROM items"), "1", "{done}");
    shop.limbeck("downgrade -1").expect_status(0);
    assert_eq!(shop.database.psql("SELECT count(*) FROM items"), "2", "the copy comes back");
}
