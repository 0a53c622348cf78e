//! `check` on 1,000 tables: with cached models compared with Alembic's `check`, without a cache compared with `psql`
//! loading the models.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Server, ServerOptions, TestProject, program};
use crate::{Figure, many_tables};

const TABLES: usize = 1000;
/// How often each program runs. The shortest time counts: it was disturbed least by other programs.
const ROUNDS: usize = 3;
/// The time allowed for reading the catalog and comparing, in addition to loading.
const BESIDES: f64 = 1.0;

/// Alembic's `env.py`, online mode only.
const ENVIRONMENT: &str = "import os, sys
sys.path.insert(0, os.getcwd())
from alembic import context
from sqlalchemy import create_engine
from models_in_python import metadata
engine = create_engine(os.environ['ALEMBIC_URL'])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
";

pub fn measure() -> Vec<Figure> {
    let server = Server::start(&ServerOptions::default());
    server.database().psql("CREATE ROLE random_reader");
    let project = TestProject::new("");
    let models = project.write("models/all.sql", &many_tables::sql(TABLES));
    let (mut psql, database) = (Duration::MAX, server.database());
    for _ in 0..ROUNDS {
        let fresh = server.database();
        let mut command = Command::new(program("psql"));
        command.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&models).arg(fresh.url()).env_clear();
        psql = psql.min(time(&mut command));
    }
    database.psql(&many_tables::sql(TABLES));
    let url = database.url();
    let mut check = project.command(&["-c", "limbeck.toml", "-q", "--database-url", &url, "check"]);
    let (mut first, mut touched, mut second) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        for entry in std::fs::read_dir(project.folder().join("cache")).unwrap().flatten() {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
        first = first.min(time(&mut check));
        for _ in 0..ROUNDS {
            second = second.min(time(&mut check));
        }
        database.psql("COMMENT ON TABLE public.t_0 IS 'number 0'");
        touched = touched.min(time(&mut check));
    }
    let mut figures = vec![against_psql(first, psql)];
    match alembic(&project, &server, database.name()) {
        Some(theirs) => figures.push(against_alembic(second, touched, theirs)),
        None => println!("skip check against Alembic: its source is not in {} (ALEMBIC_SOURCE)", source().display()),
    }
    figures
}

fn against_psql(first: Duration, psql: Duration) -> Figure {
    Figure {
        work: format!("check on {TABLES} tables, models never loaded, a second less, against psql -1 -f"),
        measured: (first.as_secs_f64() - BESIDES) / psql.as_secs_f64(),
        bound: 1.3,
        unit: "times",
        note: format!(" (psql {:.2} s, limbeck {:.2} s)", psql.as_secs_f64(), first.as_secs_f64()),
    }
}

fn against_alembic(second: Duration, touched: Duration, theirs: Duration) -> Figure {
    Figure {
        work: format!("check on {TABLES} tables, models loaded before, a twentieth of Alembic's time"),
        measured: second.as_secs_f64(),
        bound: (theirs.as_secs_f64() / 20.0 * 1000.0).round() / 1000.0,
        unit: "s",
        note: format!(
            " ({:.1} times faster than Alembic's {:.2} s; {:.1} times, {:.2} s, when the database was touched since)",
            theirs.as_secs_f64() / second.as_secs_f64(),
            theirs.as_secs_f64(),
            theirs.as_secs_f64() / touched.as_secs_f64(),
            touched.as_secs_f64(),
        ),
    }
}

/// The folder of Alembic's source.
fn source() -> PathBuf {
    std::env::var_os("ALEMBIC_SOURCE").unwrap_or_else(|| "/tmp/alembic-src".into()).into()
}

/// The time of Alembic's `check` on the same tables; `None` if Alembic cannot be imported.
fn alembic(project: &TestProject, server: &Server, database: &str) -> Option<Duration> {
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.args(arguments).current_dir(project.root()).env("PYTHONPATH", source());
        command
    };
    let can = python(&["-c", "import alembic, sqlalchemy, psycopg"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return None;
    }
    project.write("alembic.ini", "[alembic]\nscript_location = alembic\n");
    project.write("alembic/env.py", ENVIRONMENT);
    project.write("alembic/script.py.mako", "");
    std::fs::create_dir_all(project.path("alembic/versions")).unwrap();
    project.write("models_in_python.py", &many_tables::python(TABLES));
    let (folder, port) = (server.socket_folder().display(), server.port);
    let url = format!("postgresql+psycopg://postgres@/{database}?host={folder}&port={port}");
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(time(python(&["-m", "alembic.config", "check"]).env("ALEMBIC_URL", &url)));
    }
    Some(best)
}

fn time(command: &mut Command) -> Duration {
    let since = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let elapsed = since.elapsed();
    let excerpt = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(4000).collect::<String>();
    assert!(output.status.success(), "{command:?}\n{}\n{}", excerpt(&output.stdout), excerpt(&output.stderr));
    elapsed
}
