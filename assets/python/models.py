"""Prints the DDL of a project's SQLAlchemy models as JSON. It never connects to a database.

limbeck passes this file on standard input, after a line that sets REQUEST to a request in JSON:
  metadata  pairs of a module and an attribute; empty: the metadata that env.py passes to Alembic
  imports   modules to import first
  path      folders for sys.path
  folder    the project's folder
  server_version  the major version of PostgreSQL
  alembic   {"ini", "toml", "section"} of the Alembic project, or null
  tables    pairs of schema and name: the tables of the database, which env.py may exclude
The answer has either "error", or "ddl" (a list of statements), "tables" (their number), "modules" (name, file,
whether it has the metadata) and "excluded" (pairs of schema and name: the tables that env.py excludes).
"""
import sys

# The working directory is the project's folder. A file there must not replace a module of the standard library.
sys.path = [path for path in sys.path if path]

import importlib.util
import json
import os
import re
import sysconfig
import traceback
import types


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, kind, **facts):
        super().__init__(kind)
        self.facts = dict(facts, kind=kind)


class Found(BaseException):
    """Ends env.py when it has passed its metadata. It is no Exception, so that env.py does not catch it."""


def main():
    request = json.loads(REQUEST)  # noqa: F821
    # What the project prints must not be part of the answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        answer = read(request)
    except Refusal as refusal:
        answer = {"error": refusal.facts}
    json.dump(answer, answers)
    answers.flush()
    # Threads and exit handlers of the project must not keep the process alive.
    os._exit(0)


def read(request):
    sys.path[:0] = request["path"]
    try:
        import sqlalchemy
    except ImportError as error:
        raise Refusal("no-sqlalchemy", exception=describe(error))
    try:
        from sqlalchemy.engine.mock import MockConnection  # noqa: F401
    except ImportError:
        raise Refusal("old-sqlalchemy", exception=sqlalchemy.__version__)
    folder = os.path.realpath(request["folder"])
    options = {}
    for name in request["imports"]:
        import_module(name, folder)
    if request["metadata"]:
        found = []
        for module, attribute in request["metadata"]:
            name = module + ":" + attribute
            found.extend(metadata_of(resolve(module, attribute, folder), name))
    else:
        found, options = metadata_of_env_py(request["alembic"], folder)
    unique = []
    for metadata in found:
        if not any(metadata is known for known in unique):
            unique.append(metadata)
    return {
        "ddl": statements_of(unique, folder, request["server_version"]),
        "tables": sum(len(metadata.tables) for metadata in unique),
        "modules": modules_of(unique, folder),
        "excluded": excluded_tables(options, unique, request["tables"], folder),
    }


# Importing


def import_module(name, folder):
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise failure("import", error, folder, name=name)


def resolve(module_name, attribute, folder):
    """The object of a dotted attribute. A part may be a submodule that nothing has imported."""
    found = import_module(module_name, folder)
    for part in attribute.split("."):
        owner = found
        try:
            found = getattr(owner, part)
            continue
        except AttributeError:
            pass
        except BaseException as error:
            raise failure("import", error, folder, name=module_name)
        submodule = isinstance(owner, types.ModuleType) and owner.__name__ + "." + part
        if submodule and has_module(submodule):
            found = import_module(submodule, folder)
            continue
        raise Refusal(
            "attribute",
            name=getattr(owner, "__name__", repr(owner)),
            attribute=part,
            candidates=candidates(owner),
            file=getattr(owner, "__file__", None),
        )
    return found


def has_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def candidates(owner):
    names = []
    for name, value in sorted(vars(owner).items() if hasattr(owner, "__dict__") else []):
        try:
            if is_metadata(value) or is_metadata(getattr(value, "metadata", None)):
                names.append(name)
        except Exception:
            pass
    return names


def is_metadata(value):
    from sqlalchemy import MetaData

    return isinstance(value, MetaData)


def metadata_of(value, name):
    """The MetaData of a MetaData, a declarative base, or a list of them."""
    if is_metadata(value):
        return [value]
    if is_metadata(getattr(value, "metadata", None)):
        return [value.metadata]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)) and value:
        return [metadata for part in value for metadata in metadata_of(part, name)]
    raise Refusal("no-metadata", name=name, exception=type(value).__name__)


# env.py


def metadata_of_env_py(files, folder):
    """The metadata that env.py passes to context.configure, and the options of that call."""
    try:
        from alembic.config import Config
        from alembic.script import ScriptDirectory
    except ImportError as error:
        raise Refusal("no-alembic", exception=describe(error))
    options = {"ini_section": files["section"]}
    if files["toml"]:
        options["toml_file"] = files["toml"]
    try:
        config = Config(files["ini"], **options)
        script = ScriptDirectory.from_config(config)
    except BaseException as error:
        raise failure("alembic", error, folder)
    env_py = os.path.join(script.dir, "env.py")
    given = options_of_env_py(config, script, env_py, folder)
    if given.get("target_metadata") is None:
        raise Refusal("env-without-metadata", file=env_py)
    return metadata_of(given["target_metadata"], "target_metadata in " + env_py), given


def options_of_env_py(config, script, env_py, folder):
    """Runs env.py in offline mode until it calls context.configure. Returns the options of that call."""
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def stop(*arguments, **options):
        raise Found(options)

    def refuse_connection(*arguments):
        # env.py connects although it is in offline mode.
        raise Found({})

    event.listen(Engine, "do_connect", refuse_connection)
    try:
        environment = EnvironmentContext(config, script, fn=lambda *_: [], as_sql=True)
        environment.configure = stop
        with environment:
            script.run_env()
    except BaseException as error:
        found = found_of(error)
        if found is None:
            raise failure("env", error, folder, file=env_py)
        given = found.args[0]
        return given if given.get("target_metadata") is not None else dict(globals_of(found, env_py), **given)
    finally:
        event.remove(Engine, "do_connect", refuse_connection)
    return {}


def excluded_tables(options, all_metadata, tables, folder):
    """The tables that include_object or include_name of env.py excludes, in the models and in the database."""
    from sqlalchemy import MetaData, Table

    include_object, include_name = options.get("include_object"), options.get("include_name")
    excluded = []

    def check(table, is_reflected):
        name = table.name
        names = {
            "schema_name": table.schema,
            "table_name": name,
            "schema_qualified_table_name": table.schema + "." + name if table.schema else name,
        }
        is_included = not (is_reflected and include_name) or include_name(name, "table", names)
        if is_included and include_object:
            is_included = include_object(table, name, "table", is_reflected, None)
        if not is_included:
            excluded.append((table.schema or "public", name))

    try:
        known = set()
        for metadata in all_metadata:
            for table in metadata.tables.values():
                known.add((table.schema or "public", table.name))
                check(table, False)
        for schema, name in tables:
            if (schema, name) not in known:
                check(Table(name, MetaData(), schema=None if schema == "public" else schema), True)
    except BaseException as error:
        raise failure("env", error, folder)
    return excluded


def found_of(error):
    while error is not None:
        if isinstance(error, Found):
            return error
        error = error.__cause__ or error.__context__
    return None


def globals_of(error, env_py):
    """The conventional names in env.py, for one that connects before it configures the context."""
    trace = error.__traceback__
    while trace is not None:
        if os.path.realpath(trace.tb_frame.f_code.co_filename) == os.path.realpath(env_py):
            names = trace.tb_frame.f_globals
            return {name: names.get(name) for name in ("target_metadata", "include_object", "include_name")}
        trace = trace.tb_next
    return {}


# DDL


def statements_of(all_metadata, folder, server_version):
    if not any(metadata.tables for metadata in all_metadata):
        raise Refusal("no-tables")
    dialect = dialect_of(server_version)
    emitted = []
    connection = recording_connection(dialect, emitted)
    for metadata in all_metadata:
        try:
            metadata.create_all(connection, checkfirst=False)
        except BaseException as error:
            raise failure("ddl", error, folder)
    types_first = missing_types(all_metadata, dialect, emitted)
    statements = []
    for statement in schemas_of(all_metadata, dialect, emitted) + types_first + emitted:
        statement = statement.strip().rstrip(";")
        # Two metadata may share a type.
        if statement and not (statement in statements and statement.startswith("CREATE TYPE")):
            statements.append(statement)
    return statements


def dialect_of(server_version):
    from sqlalchemy.dialects.postgresql.base import PGDialect

    # The parameter style of the drivers would double each percent sign.
    dialect = PGDialect(paramstyle="named")
    # A dialect learns this from a connection.
    dialect.server_version_info = (server_version, 0)
    dialect.supports_virtual_generated_columns = server_version >= 18
    return dialect


def recording_connection(dialect, emitted):
    """A connection that adds the statements to a list and runs nothing."""
    from sqlalchemy.engine.mock import MockConnection

    class Connection(MockConnection):
        """Also takes what listeners of DDL events send."""

        def exec_driver_sql(self, statement, *arguments, **options):
            emitted.append(str(statement))

        def scalar(self, statement, *arguments, **options):
            emitted.append(render(statement, dialect))

        scalars = scalar

    return Connection(dialect, lambda statement, *_, **__: emitted.append(render(statement, dialect)))


def render(statement, dialect):
    if isinstance(statement, str):
        return statement
    try:
        from sqlalchemy.schema import ExecutableDDLElement as DDLElement
    except ImportError:
        from sqlalchemy.schema import DDLElement

    options = {} if isinstance(statement, DDLElement) else {"compile_kwargs": {"literal_binds": True}}
    return str(statement.compile(dialect=dialect, **options))


def column_types(all_metadata):
    for metadata in all_metadata:
        for table in metadata.tables.values():
            for column in table.columns:
                yield column.type, metadata


def missing_types(all_metadata, dialect, emitted):
    """Enums with create_type=False: revisions create them, but the models use them."""
    from sqlalchemy.dialects.postgresql import ENUM

    try:
        from sqlalchemy.dialects.postgresql import CreateEnumType
    except ImportError:
        from sqlalchemy.dialects.postgresql.base import CreateEnumType
    statements = []
    for column_type, _ in column_types(all_metadata):
        found = column_type.dialect_impl(dialect)
        while hasattr(found, "impl") and not isinstance(found, ENUM):
            found = found.impl
        found = getattr(found, "item_type", found)
        found = found.dialect_impl(dialect)
        if isinstance(found, ENUM) and found.name:
            statement = render(CreateEnumType(found), dialect)
            if statement.strip() not in [known.strip() for known in statements + emitted]:
                statements.append(statement)
    return statements


def schemas_of(all_metadata, dialect, emitted):
    """The schemas that the models use and no DDL event creates."""
    quote = dialect.identifier_preparer.quote_schema
    names = set()
    for metadata in all_metadata:
        names.update(table.schema for table in metadata.tables.values())
        names.update(sequence.schema for sequence in getattr(metadata, "_sequences", {}).values())
    for column_type, metadata in column_types(all_metadata):
        names.add(getattr(column_type, "schema", None))
        names.add(getattr(getattr(column_type, "item_type", None), "schema", None))
    created = " ".join(" ".join(text.split()) for text in emitted if "SCHEMA" in text.upper()).upper() + " "
    statements = []
    for name in sorted(name for name in names if name and name != "public"):
        quoted = quote(name)
        if "CREATE SCHEMA " + quoted.upper() + " " not in created:
            statements.append("CREATE SCHEMA IF NOT EXISTS " + quoted)
    return statements


# What was loaded


def is_own(file, folder):
    """Whether a file is the project's, not a library's."""
    if not file or not os.path.isfile(file):
        return False
    file = os.path.realpath(file)
    libraries = {sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    libraries = {os.path.realpath(library) for library in libraries}
    parts = file.split(os.sep)
    if "site-packages" in parts or "dist-packages" in parts:
        return False
    # The standard library may be in a folder above the project's.
    return not any(file.startswith(library + os.sep) and not folder.startswith(library) for library in libraries)


def modules_of(all_metadata, folder):
    modules = []
    for name, module in sorted(list(sys.modules.items())):
        file = getattr(module, "__file__", None)
        if name == "__main__" or not is_own(file, folder):
            continue
        has_metadata = False
        for value in list(vars(module).values()):
            try:
                held = value if is_metadata(value) else getattr(value, "metadata", None)
                has_metadata = has_metadata or any(held is metadata for metadata in all_metadata)
            except Exception:
                pass
        modules.append({"name": name, "file": os.path.realpath(file), "has_metadata": has_metadata})
    return modules


# Errors


def describe(error):
    """The type and the message on one line, without the values that pydantic adds and without passwords of URLs."""
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = ""
    text = re.sub(r" \[type=\w+, input_value=.*, input_type=\w+\]", "", str(text))
    text = re.sub(r"For further information visit https://errors\.pydantic\S*", "", text)
    text = re.sub(r"(://[^\s/:@]*):[^\s@]*@", r"\1:***@", text)
    text = " ".join(text.split())
    return type(error).__name__ + (": " + text if text else "")


def failure(kind, error, folder, **facts):
    """The error with the line of the project's code in which it was raised."""
    if isinstance(error, Refusal):
        return error
    place = None
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno)
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if is_own(frame.filename, folder):
                place = (frame.filename, frame.lineno)
    facts = dict(facts, exception=describe(error))
    if place:
        facts.update(file=place[0], line=place[1])
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    return Refusal(kind, missing=missing, **facts)


if __name__ == "__main__":
    main()
