"""The history of the auditors: the same database, another version table."""

from alembic import context

from app.database import call_with_connection


def run_with(connection):
    context.configure(connection=connection, version_table="audit_version")
    with context.begin_transaction():
        context.run_migrations()


call_with_connection(run_with)
