"""Operations that several scripts need."""

import sqlalchemy as sa
from alembic import op


def add_code_column(table: str, column: str, length: int, default: str) -> None:
    """Adds a column of capital letters, with a check."""
    op.add_column(table, sa.Column(column, sa.String(length), nullable=False, server_default=default))
    op.create_check_constraint(f"{column}_is_code", table, f"{column} ~ '^[A-Z]{{{length}}}$'")


def drop_code_column(table: str, column: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}_is_code"), table, type_="check")
    op.drop_column(table, column)
