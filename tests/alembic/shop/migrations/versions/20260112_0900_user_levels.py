"""Users have a level

Revision ID: 7f5d2e9b3c81
Revises: 6c08b4da17f9
Create Date: 2026-01-12 09:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "7f5d2e9b3c81"
down_revision = "6c08b4da17f9"
branch_labels = None
depends_on = None

LEVEL = sa.Enum("basic", "gold", name="user_level")


def upgrade():
    LEVEL.create(op.get_bind(), checkfirst=True)
    op.add_column("users", sa.Column("level", LEVEL, nullable=False, server_default="basic"))


def downgrade():
    op.drop_column("users", "level")
    LEVEL.drop(op.get_bind(), checkfirst=True)
