"""Coupons and notes, if an installation does not have them yet

Revision ID: 6c08b4da17f9
Revises: 5a71f3e8c026
Create Date: 2026-01-09 11:30:00+00:00

"""
import sqlalchemy as sa
from alembic import op

revision = "6c08b4da17f9"
down_revision = "5a71f3e8c026"
branch_labels = None
depends_on = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table("coupons"):
        op.create_table(
            "coupons",
            sa.Column("code", sa.String(20), primary_key=True),
            sa.Column("percent", sa.SmallInteger(), nullable=False),
        )
    if "note" not in {column["name"] for column in inspector.get_columns("orders")}:
        op.add_column("orders", sa.Column("note", sa.Text()))


def downgrade():
    op.drop_column("orders", "note")
    op.drop_table("coupons")
