"""Fill the names for the search, in batches

Revision ID: 9d36a8e15b0c
Revises: 8b1c6f40e7d3
Create Date: 2026-01-16 07:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "9d36a8e15b0c"
down_revision = "8b1c6f40e7d3"
branch_labels = None
depends_on = None

BATCH = sa.text(
    "UPDATE users SET search_name = lower(name) WHERE id IN"
    " (SELECT id FROM users WHERE search_name IS NULL ORDER BY id LIMIT 500)"
)


def upgrade():
    bind = op.get_bind()
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS search_name text")
    bind.commit()
    while bind.execute(BATCH).rowcount:
        bind.commit()


def downgrade():
    op.drop_column("users", "search_name")
