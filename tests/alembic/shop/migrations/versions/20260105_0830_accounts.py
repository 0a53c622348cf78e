"""Give every user an account

Revision ID: 4e2b90cd5f18
Revises: 3d94e1f06b7a
Create Date: 2026-01-05 08:30:00+00:00

"""
import uuid

import sqlalchemy as sa
from alembic import op

revision = "4e2b90cd5f18"
down_revision = "3d94e1f06b7a"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("users", sa.Column("account_id", sa.Uuid(), nullable=True))

    connection = op.get_bind()
    insert = sa.text("INSERT INTO accounts (id, owner) VALUES (:id, :owner)").bindparams(sa.bindparam("id", type_=sa.Uuid()))
    update = sa.text("UPDATE users SET account_id = :id WHERE id = :user").bindparams(sa.bindparam("id", type_=sa.Uuid()))
    for user in connection.execute(sa.text("SELECT id, name FROM users ORDER BY id")).fetchall():
        account = uuid.uuid4()
        connection.execute(insert, {"id": account, "owner": user.name})
        connection.execute(update, {"id": account, "user": user.id})

    op.alter_column("users", "account_id", nullable=False)
    op.create_foreign_key(None, "users", "accounts", ["account_id"], ["id"])


def downgrade():
    op.drop_constraint("fk_users_account_id", "users", type_="foreignkey")
    op.drop_column("users", "account_id")
    op.drop_table("accounts")
