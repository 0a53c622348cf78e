"""Close the orders that were shipped

Revision ID: 5a71f3e8c026
Revises: 4e2b90cd5f18
Create Date: 2026-01-07 14:00:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "5a71f3e8c026"
down_revision = "4e2b90cd5f18"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("orders", sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false()))
    rows = op.get_bind().execute(sa.text("SELECT id FROM orders WHERE status = 'shipped' ORDER BY id"))
    if rows:
        for row in rows.fetchall():
            op.execute(f"UPDATE orders SET is_closed = true WHERE id = {row.id}")


def downgrade():
    op.drop_column("orders", "is_closed")
