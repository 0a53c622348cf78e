//! The sample project of Alembic scripts (`tests/alembic/shop`) in a temporary folder, on a server with passwords.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::{Output, Server, ServerOptions, TestDatabase, TestProject, program, repository, run_alembic};

/// The password of the role `shop`, and the same in a URL.
pub const PASSWORD: &str = "p%ss@word:/";
const PASSWORD_IN_URL: &str = "p%25ss%40word%3A%2F";

/// Ids of the scripts, by their number in the sample.
pub const SCRIPTS: [&str; 18] = [
    "10b5d7c2a9e4",
    "20260102_email",
    "3d94e1f06b7a",
    "4e2b90cd5f18",
    "5a71f3e8c026",
    "6c08b4da17f9",
    "7f5d2e9b3c81",
    "8b1c6f40e7d3",
    "9d36a8e15b0c",
    "af42c7d9018e",
    "b8e0f15a62d7",
    "c1975b3e8fa0",
    "d3f8610b9e57",
    "d92c4e7a05b1",
    "e05b9f2c741d",
    "e18a7c40d9b2",
    "f2647d0be3a8",
    "fb39e5c8170d",
];

/// The scripts after which rows are added.
pub const SEEDED: [usize; 3] = [3, 8, 16];

/// The line of the first statement in a script that [`Shop::script`] writes.
pub const FIRST_LINE: usize = 15;

/// The id of a script that [`Shop::script`] writes.
pub fn script_id(number: usize) -> String {
    format!("c0de{number:08}")
}

/// A driver of SQLAlchemy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    Psycopg2,
    Psycopg,
    /// With the `env.py` of `alembic init -t async`.
    Asyncpg,
    Pg8000,
}

impl Driver {
    pub const ALL: [Self; 4] = [Self::Psycopg2, Self::Psycopg, Self::Asyncpg, Self::Pg8000];

    /// The name in a URL of SQLAlchemy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Psycopg2 => "psycopg2",
            Self::Psycopg => "psycopg",
            Self::Asyncpg => "asyncpg",
            Self::Pg8000 => "pg8000",
        }
    }
}

/// A copy of the sample with a database of its own.
#[derive(Debug)]
pub struct Shop {
    pub project: TestProject,
    pub database: TestDatabase<'static>,
    pub driver: Driver,
}

impl Shop {
    /// Copies the sample, creates an empty database that belongs to the role `shop`, and writes its URL to `.env`.
    pub fn new(driver: Driver) -> Self {
        let database = server_with_passwords().database();
        database.psql(&format!("ALTER DATABASE {} OWNER TO shop", database.name()));
        let project = TestProject::without_config();
        copy(&repository().join("tests/alembic/shop"), &project.root());
        prepare_for(driver, &project);
        write_leftovers(&project);
        let shop = Self { project, database, driver };
        shop.project.write(".env", &format!("DATABASE_URL={}\n", shop.url()));
        let environment = super::python_with_alembic();
        let environment = environment.ancestors().nth(2).expect("bin/python is in a folder");
        std::os::unix::fs::symlink(environment, shop.project.path(".venv")).unwrap();
        shop
    }

    /// A project with the settings of the sample, but without its scripts.
    pub fn without_scripts(driver: Driver) -> Self {
        let shop = Self::new(driver);
        fs::remove_dir_all(shop.project.path("migrations/versions")).unwrap();
        fs::create_dir(shop.project.path("migrations/versions")).unwrap();
        shop
    }

    /// Writes script `number`, which follows the script with the number before. `upgrade` and `downgrade` are lines of
    /// Python. The first line of `upgrade` is line [`FIRST_LINE`] of the file `<id>.py`.
    pub fn script(&self, number: usize, upgrade: &str, downgrade: &str) {
        let (id, parent) = (script_id(number), script_id(number - 1));
        let parent = if number == 1 { "None".to_owned() } else { format!("'{parent}'") };
        let indent = |lines: &str| lines.lines().flat_map(|line| ["    ", line, "\n"]).collect::<String>();
        let text = format!(
            "\"\"\"script {number}\n\nRevision ID: {id}\nRevises: {parent}\n\"\"\"\nimport sqlalchemy as sa\n\
             from alembic import op\nfrom sqlalchemy import text\n\nrevision = '{id}'\ndown_revision = {parent}\n\n\n\
             def upgrade():\n{}\n\ndef downgrade():\n{}",
            indent(upgrade),
            indent(downgrade)
        );
        self.project.write(&format!("migrations/versions/{id}.py"), &text);
    }

    /// The URL in `.env`, with driver and password.
    pub fn url(&self) -> String {
        let (port, name) = (self.database.server().port, self.database.name());
        format!("postgresql+{}://shop:{PASSWORD_IN_URL}@127.0.0.1:{port}/{name}", self.driver.name())
    }

    /// Renames the variable of the URL. limbeck cannot find it without running `env.py`.
    pub fn hide_url(&self) {
        let settings = self.project.read("app/settings.py");
        let renamed = settings.replace("env_file=\".env\",", "env_file=\".env\", env_prefix=\"shop_\",");
        assert_ne!(settings, renamed);
        self.project.write("app/settings.py", &renamed);
        self.project.write(".env", &format!("SHOP_DATABASE_URL={}\n", self.url()));
    }

    /// Runs the real Alembic; the arguments are separated by spaces.
    pub fn alembic(&self, line: &str) -> Output {
        run_alembic(&self.project, &line.split(' ').collect::<Vec<_>>())
    }

    /// Runs limbeck; the arguments are separated by spaces.
    #[track_caller]
    pub fn limbeck(&self, line: &str) -> Output {
        self.project.run(&line.split(' ').collect::<Vec<_>>())
    }

    /// Inserts one row into each table of a database that is at this script, see [`SEEDED`].
    #[track_caller]
    pub fn seed(&self, number: usize) {
        let name = format!("tests/alembic/shop_rows/{number}.sql");
        self.database.psql(&fs::read_to_string(repository().join(name)).unwrap());
    }

    /// Deletes the rows that make script 17 fail.
    #[track_caller]
    pub fn remove_audit_entries(&self) {
        self.database.psql("DELETE FROM audit_entries");
    }

    /// The rows of the version table, sorted.
    #[track_caller]
    pub fn heads(&self) -> Vec<String> {
        self.database.query("SELECT version_num FROM alembic_version ORDER BY 1").concat()
    }

    /// The schema, the rows and the version tables, without limbeck's own objects.
    #[track_caller]
    pub fn contents(&self) -> String {
        let rows = rows(&self.database).into_iter().map(|(table, row)| format!("{table}: {row}"));
        std::iter::once(schema(&self.database)).chain(rows).collect::<Vec<_>>().join("\n")
    }

    /// Changes the text of a script.
    #[track_caller]
    pub fn edit_script(&self, number: usize, edit: impl FnOnce(String) -> String) {
        let folder = self.project.path("migrations/versions");
        let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let path = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "py") && path.is_file())
            .find(|path| fs::read_to_string(path).unwrap().contains(&format!("Revision ID: {}\n", SCRIPTS[number - 1])))
            .expect("the script exists");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, edit(text)).unwrap();
    }
}

/// The server for tests that need a password. Only the role `postgres` on the socket needs none.
fn server_with_passwords() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let hba = "local all postgres trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";
        let options = ServerOptions { hba: Some(hba.to_owned()), tcp_port: Some(port), ..ServerOptions::default() };
        let server = Server::start(&options);
        let database = server.database();
        database.psql(&format!("CREATE ROLE shop LOGIN CREATEDB PASSWORD '{PASSWORD}'"));
        drop(database);
        server
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Adapts what depends on the driver.
fn prepare_for(driver: Driver, project: &TestProject) {
    let other = project.path("migrations/env_async.py");
    if driver == Driver::Asyncpg {
        fs::rename(&other, project.path("migrations/env.py")).unwrap();
    } else {
        fs::remove_file(&other).unwrap();
    }
    if driver == Driver::Pg8000 {
        // SQLAlchemy asks pg8000 for the isolation level before it turns autocommit on. The question begins a transaction.
        let name = "migrations/versions/20260114_1600_returns.py";
        let block = "    with op.get_context().autocommit_block():\n";
        project.write(name, &project.read(name).replace(block, &format!("{block}        op.execute(\"COMMIT\")\n")));
    }
}

/// Writes what editors and Python leave beside the scripts. git does not store it.
fn write_leftovers(project: &TestProject) {
    let lock = project.path("migrations/versions/.#lock.py");
    std::os::unix::fs::symlink("somebody@somewhere.1234:1700000000", lock).unwrap();
    project.write("migrations/versions/add_email.py~", "revision = 'backup'\n");
    project.write("migrations/versions/#add_email.py#", "revision = 'autosave'\n");
    project.write("migrations/versions/__pycache__/gone.cpython-311.pyc", "not a real one");
}

/// The schema as `pg_dump` writes it, without the schema `limbeck` and the random key that newer versions add.
fn schema(database: &TestDatabase<'_>) -> String {
    let mut dump = Command::new(program("pg_dump"));
    let output = dump.args(["--schema-only", "--exclude-schema=limbeck"]).arg(database.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.contains("restrict")).collect::<Vec<_>>().join("\n")
}

/// The rows of all tables and the values of all sequences, each with its name, sorted. Random ids (uuid4) are replaced by
/// their order of appearance.
fn rows(database: &TestDatabase<'_>) -> Vec<(String, String)> {
    let names = "SELECT oid::regclass, CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END FROM pg_class
        WHERE relkind IN ('r', 'S') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema|limbeck)'
        ORDER BY 1::text";
    let mut all = Vec::new();
    for name in database.query(names) {
        let rows = database.query(&format!("SELECT to_jsonb(t)::text FROM (SELECT {} FROM {}) t", name[1], name[0]));
        all.extend(rows.concat().into_iter().map(|row| (name[0].clone(), row)));
    }
    all.sort_by_cached_key(|(name, row)| (name.clone(), replace_uuids(row, &mut |_| "?".to_owned())));
    let mut seen: Vec<String> = Vec::new();
    let mut number = |uuid: &str| {
        let known = seen.iter().position(|other| other == uuid);
        let at = known.unwrap_or_else(|| {
            seen.push(uuid.to_owned());
            seen.len() - 1
        });
        format!("uuid {at}")
    };
    all.into_iter().map(|(name, row)| (name, replace_uuids(&row, &mut number))).collect()
}

/// Replaces each text in quotes that has the form of a UUID.
fn replace_uuids(row: &str, replace: &mut dyn FnMut(&str) -> String) -> String {
    let is_uuid = |part: &str| {
        let groups: Vec<usize> = part.split('-').map(str::len).collect();
        groups == [8, 4, 4, 4, 12] && part.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
    };
    let parts = row.split('"').map(|part| if is_uuid(part) { replace(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("\"")
}
