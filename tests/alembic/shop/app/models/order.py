"""What the customers buy."""

import datetime
import decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app import CURRENCY
from app.database import Base


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("reference", name="one_reference"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(
        sa.Enum("new", "paid", "shipped", "returned", name="order_status"), server_default="new"
    )
    placed_on: Mapped[datetime.date] = mapped_column(sa.Date, index=True)
    note: Mapped[str | None] = mapped_column(sa.Text)
    is_closed: Mapped[bool] = mapped_column(server_default=sa.false())
    is_returnable: Mapped[bool] = mapped_column(server_default=sa.true())
    total: Mapped[decimal.Decimal | None] = mapped_column(sa.Numeric(10, 2))
    currency: Mapped[str] = mapped_column(sa.String(3), server_default=CURRENCY)
    channel: Mapped[str] = mapped_column(sa.String(20), server_default="shop")


class Coupon(Base):
    __tablename__ = "coupons"

    code: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    percent: Mapped[int] = mapped_column(sa.SmallInteger)
