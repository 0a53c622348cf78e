"""Merge the audit branch

Revision ID: e18a7c40d9b2
Revises: d92c4e7a05b1, e05b9f2c741d
Create Date: 2026-02-05 09:00:00+00:00

"""

revision = "e18a7c40d9b2"
down_revision = ("d92c4e7a05b1", "e05b9f2c741d")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
