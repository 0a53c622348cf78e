"""Half typed

Revision ID: 5c0ffee00001
Revises: e18a7c40d9b2

"""
revision = "5c0ffee00001"
down_revision = "e18a7c40d9b2"


def upgrade(:
    pass
