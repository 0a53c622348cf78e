"""Preferences, with the first ones

Revision ID: c1975b3e8fa0
Revises: b8e0f15a62d7
Create Date: 2026-01-23 10:10:00+00:00

"""
import datetime

import sqlalchemy as sa
from alembic import op

revision = "c1975b3e8fa0"
down_revision = "b8e0f15a62d7"
branch_labels = None
depends_on = None


def upgrade():
    preferences = op.create_table(
        "preferences",
        sa.Column("key", sa.String(40), primary_key=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
    )
    op.bulk_insert(
        preferences,
        [
            {
                "key": "newsletter",
                "value": {"on": True, "topics": ["books", "it's new"]},
                "label": "The customer's newsletter: 10 % off",
                "valid_from": datetime.date(2026, 1, 23),
            },
            {
                "key": "reminder",
                "value": {"days": 3, "at": "09:30"},
                "label": 'A "reminder" at :time, 50%% earlier %(never)s',
                "valid_from": datetime.date(2026, 2, 1),
            },
        ],
    )


def downgrade():
    op.drop_table("preferences")
