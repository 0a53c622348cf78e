"""The customers."""

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(sa.Uuid, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(100))


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(255))
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    level: Mapped[str] = mapped_column(sa.Enum("basic", "gold", name="user_level"), server_default="basic")
    search_name: Mapped[str | None] = mapped_column(sa.Text)


class Preference(Base):
    __tablename__ = "preferences"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[dict] = mapped_column(sa.JSON)
    label: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[datetime.date] = mapped_column(sa.Date)
