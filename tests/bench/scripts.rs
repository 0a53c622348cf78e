//! Generates histories of any length: a line with a merged side branch of ten revisions in every fifty.

use std::fs;

use crate::support::TestProject;

/// The period of side branches, where one starts, and its length.
const ROUND: usize = 50;
const BRANCH: usize = 40;

/// The id of revision number `n`.
pub fn id(n: usize) -> String {
    format!("{n:06x}{:06x}", n * 40503 % 0x00ff_ffff)
}

/// The parents of revision number `n`.
pub fn parents(n: usize) -> Vec<String> {
    match n % ROUND {
        _ if n == 0 => Vec::new(),
        0 => vec![id(n - 1), id(n - 1 - (ROUND - BRANCH))],
        BRANCH => vec![id(n - 30)],
        _ => vec![id(n - 1)],
    }
}

/// The text of the script.
pub fn text(n: usize) -> String {
    format!(
        "-- change number {n} of the schema\n--\n-- Revision ID: {}\n-- Revises: {}\n\
         -- Create Date: 2026-11-22 10:00:00+00:00\n\n-- @upgrade\n\
         CREATE TABLE t_{n} (id bigint PRIMARY KEY, name text NOT NULL);\n\
         CREATE INDEX ix_t_{n}_name ON t_{n} (name);\n\n-- @downgrade\nDROP TABLE t_{n};\n",
        id(n),
        parents(n).join(", ")
    )
}

/// The same revision for Alembic.
pub fn python(n: usize) -> String {
    let parents = parents(n);
    let down = match parents.as_slice() {
        [] => "None".to_owned(),
        [one] => format!("'{one}'"),
        several => format!("({})", several.iter().map(|parent| format!("'{parent}'")).collect::<Vec<_>>().join(", ")),
    };
    format!(
        "\"\"\"change number {n} of the schema\n\nRevision ID: {id}\nRevises: {}\nCreate Date: 2026-11-22 10:00:00\n\n\
         \"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = {down}\n\
         branch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    op.create_table('t_{n}', \
         sa.Column('id', sa.BigInteger(), primary_key=True), sa.Column('name', sa.Text(), nullable=False))\n    \
         op.create_index('ix_t_{n}_name', 't_{n}', ['name'])\n\n\ndef downgrade():\n    op.drop_table('t_{n}')\n",
        parents.join(", "),
        id = id(n),
    )
}

/// Writes a history with this number of revisions into a project.
pub fn write(project: &TestProject, count: usize) {
    for n in 0..count {
        fs::write(project.path(&format!("versions/{}_change_{n}.sql", id(n))), text(n)).unwrap();
    }
}
