# Prints the versions of Python, Alembic and SQLAlchemy as JSON. limbeck passes it on standard input.
import sys

# The working directory is the project's folder. A file there must not replace a module of the standard library.
sys.path = [path for path in sys.path if path]

import json
from importlib import metadata


def version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


print(
    json.dumps(
        {
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "alembic": version("alembic"),
            "sqlalchemy": version("sqlalchemy"),
        }
    )
)
