//! A database can move between limbeck and Alembic at any time: both write the same rows.

use std::process::Command;

use super::{fresh, heads};
use crate::support::{TestDatabase, TestProject, python_with_alembic};

const ENV: &str = "from alembic import context
from sqlalchemy import create_engine

with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// The same two revisions for both programs: the first creates a table, the second adds a column.
struct Both<'a> {
    project: TestProject,
    database: TestDatabase<'a>,
}

impl Both<'_> {
    fn new() -> Self {
        let (database, project) = fresh();
        let url = database.url().replacen("postgresql://", "postgresql+psycopg://", 1).replace('%', "%%");
        project.write("alembic.ini", &format!("[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"));
        project.write("alembic/env.py", ENV);
        let revisions = [
            ("aaaa00000001", "", "CREATE TABLE t (a int)", "DROP TABLE t"),
            ("aaaa00000002", "aaaa00000001", "ALTER TABLE t ADD b int", "ALTER TABLE t DROP COLUMN b"),
        ];
        for (id, parent, up, down) in revisions {
            project.script(id, parent, &format!("{up};"), &format!("{down};"));
            let parent = if parent.is_empty() { "None".to_owned() } else { format!("'{parent}'") };
            let script = format!(
                "from alembic import op\nrevision = '{id}'\ndown_revision = {parent}\n\
                 def upgrade():\n    op.execute('{up}')\ndef downgrade():\n    op.execute('{down}')\n"
            );
            project.write(&format!("alembic/versions/{id}_script.py"), &script);
        }
        Self { project, database }
    }

    /// Runs the real Alembic and returns its standard output.
    #[track_caller]
    fn alembic(&self, arguments: &[&str]) -> String {
        let run = Command::new(python_with_alembic())
            .args(["-m", "alembic.config"])
            .args(arguments)
            .current_dir(self.project.root())
            .output()
            .unwrap();
        assert!(run.status.success(), "alembic {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    }

    #[track_caller]
    fn limbeck(&self, arguments: &[&str]) -> String {
        self.project.run(arguments).expect_status(0).stdout
    }
}

#[test]
fn alembic_continues_after_limbeck() {
    let both = Both::new();
    both.limbeck(&["upgrade", "aaaa00000001"]);
    assert_eq!(both.alembic(&["current"]).trim(), "aaaa00000001");
    both.alembic(&["upgrade", "head"]);
    assert_eq!(both.alembic(&["current"]).trim(), "aaaa00000002 (head)");
    assert_eq!(both.limbeck(&["current"]).trim(), "aaaa00000002 (head)");
    assert_eq!(
        both.database.psql("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'b'"),
        "1"
    );
}

#[test]
fn limbeck_continues_after_alembic() {
    let both = Both::new();
    both.alembic(&["upgrade", "head"]);
    assert_eq!(both.limbeck(&["current"]).trim(), "aaaa00000002 (head)");
    both.limbeck(&["downgrade", "base", "--allow", "data-loss"]);
    assert_eq!(heads(&both.database), "");
    assert_eq!(both.alembic(&["current"]).trim(), "");
    both.limbeck(&["upgrade", "head"]);
    both.alembic(&["downgrade", "base"]);
    assert_eq!(both.limbeck(&["current"]).trim(), "");
}

#[test]
fn both_create_the_same_version_table() {
    let one = Both::new();
    one.limbeck(&["ensure_version"]);
    let two = Both::new();
    two.alembic(&["ensure_version"]);
    let describe = "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, c.conname, c.contype
        FROM pg_attribute a LEFT JOIN pg_constraint c ON c.conrelid = a.attrelid AND c.contype = 'p'
        WHERE a.attrelid = 'alembic_version'::regclass AND a.attnum > 0";
    assert_eq!(one.database.query(describe), two.database.query(describe));
}
