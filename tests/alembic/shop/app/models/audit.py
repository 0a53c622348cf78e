"""What the staff did. Nothing imports this module: Alembic does not see its table."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class AuditEntry(Base):
    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    action: Mapped[str] = mapped_column(sa.Text)
    nickname: Mapped[str | None] = mapped_column(sa.String(40))
    details: Mapped[dict] = mapped_column(JSONB, server_default=sa.text("'{}'"))
    actor: Mapped[str] = mapped_column(sa.String(60))
