"""Runs a project's own Alembic and env.py for limbeck, one request after the other.

The argument is a private folder with two sockets: limbeck sends requests to `control` and gets events from it, one JSON
object a line; `position` gets the line of the script before each statement. New database connections are redirected to
limbeck's socket in the same folder.
"""

import functools
import inspect
import json
import os
import socket
import sys
import tokenize
import traceback
import types

FOLDER = sys.argv[1]
PORT = 5432
# The folder of this file must not be searched for modules.
sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != os.path.realpath(FOLDER)]


def connect(name):
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(os.path.join(FOLDER, name))
    # Programs that the project starts must not keep the channel open.
    channel.set_inheritable(False)
    return channel


class Found(BaseException):
    """Ends env.py when it connects, because only the connection's parameters were asked for."""


class MissingFunction(Exception):
    """A script without the function of a direction."""

    def __init__(self, path, name):
        super().__init__("the script has no function %s()" % name)
        self.path = path


class Bootstrap:
    def __init__(self):
        self.position = connect("position")
        # limbeck reads the lines when a statement arrives. A script must never wait for that.
        self.position.setblocking(False)
        self.control = connect("control")
        self.lines = self.control.makefile("r", encoding="utf-8", newline="\n")
        self.line = None
        self.script_path = None
        self.finds_url = False
        self.allows_unseen = False
        self.directories = {}
        self.engines = []

    def tell(self, **event):
        self.control.sendall((json.dumps(event) + "\n").encode())

    def serve(self):
        for line in self.lines:
            request = json.loads(line)
            try:
                event = getattr(self, request.pop("request"))(**request)
            except BaseException as error:  # SystemExit of a script must not end this process either
                event = {"event": "failed", **self.describe(error)}
            sys.stdout.flush()
            sys.stderr.flush()
            self.tell(**event)

    def describe(self, error):
        """The error, and the innermost line of the project's own code."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if self.is_own(frame.filename)]
        if isinstance(error, MissingFunction):
            place = {"path": error.path, "line": None}
        elif isinstance(error, SyntaxError) and error.filename and self.is_own(error.filename):
            place = {"path": error.filename, "line": error.lineno}
        else:
            place = {"path": own[-1].filename, "line": own[-1].lineno} if own else {"path": None, "line": None}
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        return {
            "kind": type(error).__name__,
            "message": str(error),
            "is_database_error": self.is_database_error(error),
            "missing_module": missing,
            "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
            **place,
        }

    @staticmethod
    def is_own(path):
        parts = path.replace("\\", "/").split("/")
        library = "site-packages" in parts or "dist-packages" in parts or os.path.dirname(os.__file__) in path
        return not library and not path.startswith("<") and not path.startswith(FOLDER)

    @staticmethod
    def is_database_error(error):
        module = sys.modules.get("sqlalchemy.exc")
        return module is not None and isinstance(error, module.DBAPIError)

    # Requests

    def versions(self):
        import alembic
        import sqlalchemy

        python = ".".join(str(part) for part in sys.version_info[:3])
        return {
            "event": "versions",
            "python": python,
            "alembic": alembic.__version__,
            "sqlalchemy": sqlalchemy.__version__,
        }

    def url(self, **place):
        """Runs env.py until it connects."""
        self.listen()
        self.finds_url = True
        try:
            self.run_env(place, lambda heads, context: [])
        except Found as found:
            driver, parameters = found.args
            return {"event": "url", "driver": driver, "parameters": parameters}
        finally:
            self.finds_url = False
        return {"event": "failed", **self.describe(RuntimeError("env.py did not connect to a database"))}

    def run(self, token, steps, allows_unseen, unsaved=(), **place):
        """Runs revisions in this order. A marker on the connection tells limbeck when each begins and ends. Unsaved
        scripts are added to the history of this run."""
        self.listen()
        self.allows_unseen = allows_unseen
        if unsaved:
            self.directories.clear()
            self.add_scripts(self.directory(place), unsaved)
        try:
            return self.run_steps(token, steps, place)
        finally:
            if unsaved:
                self.directories.clear()

    def run_steps(self, token, steps, place):
        runs = []

        def migrate(heads, context):
            runs.append(context)
            if len(runs) > 1:
                raise RuntimeError("env.py runs the migrations more than once; limbeck can run them once")
            directory = self.directory(place)
            return self.announced([self.step(directory, *step) for step in steps], context, token)

        try:
            self.run_env(place, migrate)
        finally:
            self.dispose()
        if not runs:
            return {"event": "failed", **self.describe(RuntimeError("env.py did not call context.run_migrations()"))}
        return {"event": "done"}

    def autogenerate(self, options, **place):
        """Lets Alembic write scripts. Returns their text; their files are removed."""
        from alembic import command
        from alembic.script import ScriptDirectory

        self.listen()
        written = []
        generate = ScriptDirectory._generate_template

        def generate_new(directory, source, path, **values):
            if os.path.exists(path):
                raise RuntimeError("the file of the new script exists: %s" % path)
            written.append(os.path.abspath(path))
            generate(directory, source, path, **values)

        # The compiled script would stay in the folder.
        writes_no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        ScriptDirectory._generate_template = generate_new
        try:
            command.revision(self.config(place), autogenerate=True, **options)
            return {"event": "written", "scripts": [self.read_script(path) for path in written]}
        finally:
            ScriptDirectory._generate_template = generate
            sys.dont_write_bytecode = writes_no_bytecode
            for path in written:
                if os.path.exists(path):
                    os.remove(path)
            self.dispose()

    @staticmethod
    def read_script(path):
        with tokenize.open(path) as file:
            return {"path": path, "text": file.read()}

    @staticmethod
    def add_scripts(directory, unsaved):
        """Adds scripts that have no file, or another text than their file, to the history."""
        from alembic.script import Script
        from alembic.script.revision import RevisionMap

        scripts = {script.revision: script for script in directory._load_revisions()}
        for script in unsaved:
            module = types.ModuleType(os.path.basename(script["path"]).rpartition(".")[0])
            module.__file__ = script["path"]
            exec(compile(script["text"], script["path"], "exec"), module.__dict__)
            scripts[module.revision] = Script(module, module.revision, script["path"])
        directory.revision_map = RevisionMap(lambda: list(scripts.values()))

    # The parts of a run

    @staticmethod
    def step(directory, direction, revision):
        from alembic.runtime.migration import RevisionStep

        script = directory.get_revision(revision)
        if not hasattr(script.module, direction):
            raise MissingFunction(script.path, direction)
        return RevisionStep(directory.revision_map, script, direction == "upgrade")

    def announced(self, steps, context, token):
        """Marks on the connection where each step begins, where its function ends, and where it ends."""

        def mark(place, number):
            self.tell_line(None)
            result = context.connection.exec_driver_sql("SELECT 'limbeck %s %s %d'" % (token, place, number))
            result.close()

        def marked(function, number, path):
            # Alembic logs the name of the function.
            @functools.wraps(function)
            def run(*arguments, **options):
                mark("begin", number)
                self.script_path = path
                try:
                    function(*arguments, **options)
                finally:
                    self.script_path = None
                mark("body", number)

            return run

        current = []
        # Called by Alembic after it has written the version table, in the transaction of the step.
        context.on_version_apply_callbacks = (
            *context.on_version_apply_callbacks,
            lambda **_: mark("end", current[-1]),
        )
        for number, step in enumerate(steps):
            current.append(number)
            step.migration_fn = marked(step.migration_fn, number, step.revision.path)
            yield step

    def config(self, place):
        from alembic.config import CommandLine, Config

        words = ["-n", place["section"]]
        if place["ini"]:
            words += ["-c", place["ini"]]
        options = CommandLine(prog="alembic").parser.parse_args(words + ["upgrade", "head"])
        named = {"file_": place["ini"], "ini_section": place["section"], "cmd_opts": options}
        if "toml_file" in inspect.signature(Config).parameters:
            named["toml_file"] = place["toml"]
        return Config(**named)

    def directory(self, place):
        """The scripts of the project, which are read once."""
        from alembic.script import ScriptDirectory

        key = json.dumps(place, sort_keys=True)
        if key not in self.directories:
            self.directories[key] = ScriptDirectory.from_config(self.config(place))
        return self.directories[key]

    def run_env(self, place, migrate):
        from alembic.runtime.environment import EnvironmentContext

        directory = self.directory(place)
        options = {"fn": migrate, "as_sql": False, "starting_rev": None, "destination_rev": "head", "tag": None}
        with EnvironmentContext(self.config(place), directory, **options):
            directory.run_env()

    # Connections

    def listen(self):
        if self.engines or getattr(self, "is_listening", False):
            return
        self.is_listening = True
        import alembic  # noqa: F401  (if it is missing, this is the error to report)
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.pool import Pool

        event.listen(Engine, "do_connect", self.redirect)
        event.listen(Pool, "connect", self.check_redirected)
        event.listen(Engine, "before_cursor_execute", self.report_line)
        event.listen(Engine, "engine_connect", self.remember)

    def redirect(self, dialect, record, arguments, parameters):
        if dialect.name != "postgresql":
            raise RuntimeError("env.py connects to %s; limbeck runs migrations on PostgreSQL only" % dialect.name)
        if self.finds_url:
            # The parameters may contain objects, such as an SSL context.
            plain = {name: str(value) for name, value in parameters.items() if isinstance(value, (str, int, float))}
            if arguments and isinstance(arguments[0], str) and arguments[0]:
                plain["dsn"] = arguments[0]
            raise Found(dialect.driver, plain)
        record.info["limbeck"] = True
        if dialect.driver in ("pg8000",):
            for name in ("host", "port", "ssl_context", "timeout", "tcp_keepalive"):
                parameters.pop(name, None)
            parameters["unix_sock"] = os.path.join(FOLDER, ".s.PGSQL.%d" % PORT)
            return
        parameters["host"] = FOLDER
        parameters["port"] = PORT
        if "asyncpg" in dialect.driver:
            for name in ("ssl", "direct_tls", "passfile", "service", "servicefile", "target_session_attrs", "krbsrvname"):
                parameters.pop(name, None)
            return
        arguments[:] = [argument for argument in arguments if not isinstance(argument, str)]
        for name in list(parameters):
            if name.startswith(("ssl", "gss", "krb")):
                del parameters[name]
        # libpq takes what is not given from the environment.
        parameters.update(hostaddr="", sslmode="disable", target_session_attrs="any")
        for name in ("service", "passfile", "channel_binding", "require_auth", "load_balance_hosts"):
            parameters.pop(name, None)
        if os.environ.get("PGCHANNELBINDING"):
            parameters["channel_binding"] = "disable"
        if os.environ.get("PGREQUIREAUTH"):
            parameters["require_auth"] = "none"

    def check_redirected(self, connection, record):
        if record.info.get("limbeck") or self.allows_unseen:
            return
        module = type(connection).__module__.split(".")[0]
        self.tell(event="unseen", driver=module)
        raise RuntimeError("this connection cannot be redirected to limbeck: its engine has its own creator")

    def remember(self, connection, *_):
        if connection.engine not in self.engines:
            self.engines.append(connection.engine)

    def dispose(self):
        """Closes pooled connections, which would keep their sessions."""
        for engine in self.engines:
            try:
                engine.dispose()
            except Exception:  # the pool of an asynchronous engine is closed by its event loop
                pass
        self.engines.clear()

    # The line of the script

    def report_line(self, connection, cursor, statement, parameters, context, executemany):
        frame = inspect.currentframe()
        while self.script_path and frame is not None:
            if frame.f_code.co_filename == self.script_path:
                self.tell_line(frame.f_lineno)
                return
            frame = frame.f_back

    def tell_line(self, line):
        if line != self.line:
            try:
                self.position.sendall(b"%d\n" % (line or 0))
                self.line = line
            except BlockingIOError:
                self.line = None


Bootstrap().serve()
