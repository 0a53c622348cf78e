"""Orders come from a channel

Revision ID: e05b9f2c741d
Revises: c1975b3e8fa0
Create Date: 2026-02-03 15:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "e05b9f2c741d"
down_revision = "c1975b3e8fa0"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("orders", sa.Column("channel", sa.String(20), nullable=False, server_default="shop"))


def downgrade():
    op.drop_column("orders", "channel")
