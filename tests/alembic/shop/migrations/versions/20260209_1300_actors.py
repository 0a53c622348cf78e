"""Record who acted

Revision ID: f2647d0be3a8
Revises: e18a7c40d9b2
Create Date: 2026-02-09 13:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "f2647d0be3a8"
down_revision = "e18a7c40d9b2"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("audit_entries", sa.Column("actor", sa.String(60), nullable=False))


def downgrade():
    raise NotImplementedError("actors must be kept")
