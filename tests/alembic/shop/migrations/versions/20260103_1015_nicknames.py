# Copyright (c) 2026 The Shop. All rights reserved.
# Licence: the same as that of the program.
"""Users may choose a nickname
that the other users see

Revision ID: 3d94e1f06b7a
Revises: 10b5d7c2a9e4
Create Date: 2026-01-03 10:15:00.123456+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "3d94e1f06b7a"
# Rebased onto the email address; the docstring was forgotten.
down_revision = "20260102_email"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("nickname", sa.String(length=40), nullable=True))


def downgrade():
    op.drop_column("users", "nickname")
