"""Nobody used the nicknames

Revision ID: fb39e5c8170d
Revises: f2647d0be3a8
Create Date: 2026-02-11 17:00:00+00:00

"""
from alembic import op

revision = "fb39e5c8170d"
down_revision = "e18a7c40d9b2"
branch_labels = None
depends_on = None

# Someone else was faster.
down_revision = "f2647d0be3a8"


def upgrade():
    op.drop_column("users", "nickname")
