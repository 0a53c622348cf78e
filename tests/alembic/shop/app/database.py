"""The base class of the models, and connections."""

import asyncio

from sqlalchemy import MetaData, create_engine, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.settings import settings


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


def call_with_connection(function):
    """Calls a function with a connection to the database, whatever the driver is."""
    if "+asyncpg" not in settings.database_url:
        with create_engine(settings.database_url, poolclass=pool.NullPool).connect() as connection:
            return function(connection)

    async def call():
        engine = create_async_engine(settings.database_url, poolclass=pool.NullPool)
        async with engine.connect() as connection:
            return await connection.run_sync(function)

    return asyncio.run(call())
