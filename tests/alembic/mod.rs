//! Alembic projects, read without Python and compared with the real Alembic.

mod autogenerate;
mod commands;
mod compared;
mod discovery;
mod env_py;
mod failures;
mod files;
mod guide;
mod import;
mod import_errors;
mod interpreter;
mod kills;
mod losses;
mod pair;
mod plans;
mod sample;
mod screens;
mod secrets;
mod wire_drivers;

pub use crate::support::run_alembic;
use crate::support::{Output, TestProject};

/// An `env.py` that takes its URL from `sqlalchemy.url`.
pub const ENV: &str = "from alembic import context
from sqlalchemy import create_engine

config = context.config
with create_engine(config.get_main_option('sqlalchemy.url')).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// The template of `alembic init`, in the words that matter.
pub const TEMPLATE: &str = r#""""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# revision identifiers, used by Alembic.
revision: str = ${repr(up_revision)}
down_revision: Union[str, Sequence[str], None] = ${repr(down_revision)}
branch_labels: Union[str, Sequence[str], None] = ${repr(branch_labels)}
depends_on: Union[str, Sequence[str], None] = ${repr(depends_on)}


def upgrade() -> None:
    """Upgrade schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Downgrade schema."""
    ${downgrades if downgrades else "pass"}
"#;

/// The text of a script. `rest` follows the identifiers.
pub fn script(id: &str, parent: &str, message: &str, rest: &str) -> String {
    format!(
        "\"\"\"{message}\n\nRevision ID: {id}\nRevises: {}\nCreate Date: 2026-01-02 03:04:05.678901\n\n\"\"\"\n\
         from alembic import op\nimport sqlalchemy as sa\n\nrevision: str = '{id}'\ndown_revision = {parent}\n{rest}\n\n\
         def upgrade() -> None:\n    op.execute('SELECT 1')\n\n\ndef downgrade() -> None:\n    pass\n",
        parent.trim_matches(['\'', '(', ')']).replace("', '", ", ").replace("None", "")
    )
}

/// A project with `alembic.ini`, `migrations/env.py` and the template, without scripts. `options` are added to the
/// section `[alembic]`.
pub fn empty_project(options: &str) -> TestProject {
    let project = TestProject::without_config();
    project.write("alembic.ini", &format!("[alembic]\nscript_location = %(here)s/migrations\n{options}\n"));
    project.write("migrations/env.py", ENV);
    project.write("migrations/script.py.mako", TEMPLATE);
    std::fs::create_dir(project.path("migrations/versions")).unwrap();
    project
}

/// A project with three revisions in a line.
pub fn linear_project(options: &str) -> TestProject {
    let project = empty_project(options);
    for (id, parent, message) in [
        ("a1a1", "None", "first"),
        ("b2b2", "'a1a1'", "second\nin two lines\n\nand more"),
        ("c3c3", "'b2b2'", "it's third"),
    ] {
        project.write(&format!("migrations/versions/{id}_x.py"), &script(id, parent, message, ""));
    }
    project
}

/// Runs limbeck; the words are separated by spaces.
#[track_caller]
pub fn run(project: &TestProject, line: &str) -> Output {
    project.run(&line.split(' ').collect::<Vec<_>>())
}
