"""Record the nickname and the details of an action

Revision ID: d92c4e7a05b1
Revises: d3f8610b9e57
Create Date: 2026-02-03 11:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d92c4e7a05b1"
down_revision = "d3f8610b9e57"
branch_labels = None
depends_on = "3d94e1f06b7a"


def upgrade():
    op.add_column("audit_entries", sa.Column("nickname", sa.String(40)))
    op.add_column(
        "audit_entries",
        sa.Column("details", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )


def downgrade():
    op.drop_column("audit_entries", "details")
    op.drop_column("audit_entries", "nickname")
