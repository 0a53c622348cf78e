"""Orders have a total

Revision ID: af42c7d9018e
Revises: 9d36a8e15b0c
Create Date: 2026-01-19 12:00:00+00:00

"""
import decimal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

revision = "af42c7d9018e"
down_revision = "9d36a8e15b0c"
branch_labels = None
depends_on = None


class Base(DeclarativeBase):
    pass


class Order(Base):
    """The table as it is at this revision, without the columns that do not matter."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str]
    total: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(10, 2))


def upgrade():
    op.add_column("orders", sa.Column("total", sa.Numeric(10, 2)))
    with Session(bind=op.get_bind()) as session:
        for order in session.scalars(sa.select(Order).order_by(Order.id)):
            order.total = decimal.Decimal(len(order.reference)) / 4
        session.flush()


def downgrade():
    op.drop_column("orders", "total")
