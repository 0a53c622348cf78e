"""Orders have a currency

Revision ID: b8e0f15a62d7
Revises: af42c7d9018e
Create Date: 2026-01-21 09:45:00+00:00

"""
from app import CURRENCY
from app.migration_helpers import add_code_column, drop_code_column

revision = "b8e0f15a62d7"
down_revision = "af42c7d9018e"
branch_labels = None
depends_on = None


def upgrade():
    add_code_column("orders", "currency", 3, CURRENCY)


def downgrade():
    drop_code_column("orders", "currency")
