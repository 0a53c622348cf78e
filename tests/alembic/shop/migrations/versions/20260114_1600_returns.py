"""Orders can be returned

Revision ID: 8b1c6f40e7d3
Revises: 7f5d2e9b3c81
Create Date: 2026-01-14 16:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "8b1c6f40e7d3"
down_revision = "7f5d2e9b3c81"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("orders", sa.Column("is_returnable", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE order_status ADD VALUE IF NOT EXISTS 'returned'")
        op.create_index("ix_orders_placed_on", "orders", ["placed_on"], postgresql_concurrently=True, if_not_exists=True)
    op.execute("UPDATE orders SET is_returnable = false WHERE status = 'returned'")


def downgrade():
    # PostgreSQL cannot remove a value of an enum: 'returned' stays.
    with op.get_context().autocommit_block():
        op.drop_index("ix_orders_placed_on", table_name="orders", postgresql_concurrently=True, if_exists=True)
    op.drop_column("orders", "is_returnable")
