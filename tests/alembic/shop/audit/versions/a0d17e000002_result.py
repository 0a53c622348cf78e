"""Record the result of each run

Revision ID: a0d17e000002
Revises: a0d17e000001
Create Date: 2026-03-02 09:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "a0d17e000002"
down_revision = "a0d17e000001"


def upgrade():
    op.add_column("audit_runs", sa.Column("result", sa.Text()))


def downgrade():
    op.drop_column("audit_runs", "result")
