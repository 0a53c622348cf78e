"""A shop: the example of a project with many kinds of Alembic scripts."""

CURRENCY = "EUR"
