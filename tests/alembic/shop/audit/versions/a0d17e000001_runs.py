"""Record the runs of the auditors

Revision ID: a0d17e000001
Revises:
Create Date: 2026-03-01 09:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "a0d17e000001"
down_revision = None


def upgrade():
    op.create_table(
        "audit_runs",
        sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True),
        sa.Column("auditor", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("audit_runs")
