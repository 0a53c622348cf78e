"""Users have an email address

Revision ID: 20260102_email
Revises: 10b5d7c2a9e4
"""
from alembic import op
import sqlalchemy as sa

revision = '20260102_email'
down_revision = '10b5d7c2a9e4'


def upgrade():
    op.add_column('users', sa.Column('email', sa.String(255)))


def downgrade():
    op.drop_column('users', 'email')
