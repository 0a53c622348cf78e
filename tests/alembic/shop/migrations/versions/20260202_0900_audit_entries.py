"""Record what the staff did

Revision ID: d3f8610b9e57
Revises: c1975b3e8fa0
Create Date: 2026-02-02 09:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "d3f8610b9e57"
down_revision = "c1975b3e8fa0"
branch_labels = ("audit",)
depends_on = None


def upgrade():
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade():
    op.drop_table("audit_entries")
