//! Checks everything that limbeck needs, and reports the result of each check with advice.

mod python;

use std::sync::Arc;

use serde::Serialize;

use crate::core::graph::RevisionId;
use crate::core::script::DocstringFault;
use crate::core::sql::qualify_names;
use crate::core::text::plural;
use crate::engine::connection::{
    HostEnvironment, Programs, ServerInfo, Session, Variables, database_error, install_command,
};
use crate::engine::open::open;
use crate::engine::project::{Project, ScriptFile, ScriptTree};
use crate::engine::state::status::read_status;
use crate::engine::state::{VersionTable, script_status};
use crate::engine::{ConnectOptions, Error, Result, Target, editor};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Good,
    /// It works, but can be improved.
    Advice,
    Broken,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// For example `config`, `server`, `privileges`.
    pub subject: &'static str,
    pub health: Health,
    /// What the check found.
    pub found: String,
    /// What to do.
    pub advice: Option<String>,
}

impl CheckResult {
    fn good(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, health: Health::Good, found: found.into(), advice: None }
    }

    fn advice(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject, health: Health::Advice, found: found.into(), advice: Some(advice.into()) }
    }

    /// A result whose text already says what to do.
    fn warning(subject: &'static str, found: &str) -> Self {
        Self { subject, health: Health::Advice, found: found.to_owned(), advice: None }
    }

    fn broken(subject: &'static str, error: &Error) -> Self {
        let mut found = error.message.clone();
        if !error.causes.is_empty() {
            found = format!("{found}: {}", error.causes.join("; "));
        }
        Self { subject, health: Health::Broken, found, advice: error.hint.clone() }
    }
}

/// Runs all checks. A check that depends on a failed one is skipped.
///
/// `project` is the result of opening the project. Only reads, but starts the embedded server if the database is on it.
pub async fn examine(project: Result<Project>, variables: &Variables, options: &ConnectOptions) -> Vec<CheckResult> {
    let mut findings = Vec::new();
    match &project {
        Ok(project) => {
            findings.push(CheckResult::good("config", project.config_path.display().to_string()));
            let tree = project.read_scripts();
            findings.extend(scripts(&tree));
            findings.extend(docstrings(&tree));
            findings.extend(python::check(project, options.yes).await);
            findings.extend(database(project, &tree, options).await);
        }
        Err(error) => findings.push(CheckResult::broken("config", error)),
    }
    findings.extend(programs(variables));
    findings
}

/// Returns the URL of a server, without a password.
#[must_use]
pub fn server_url(server: &ServerInfo) -> String {
    let ServerInfo { user, host, port, database, .. } = server;
    if host.starts_with('/') {
        return format!("postgresql://{user}@/{database}?host={host}&port={port}");
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    format!("postgresql://{user}@{host}:{port}/{database}")
}

fn scripts(tree: &ScriptTree) -> Vec<CheckResult> {
    let mut findings: Vec<CheckResult> =
        tree.problems.iter().map(|problem| CheckResult::broken("scripts", &problem.to_error())).collect();
    findings.push(match tree.graph.len() {
        0 => CheckResult::advice("scripts", "no revisions yet", "create the first one: limbeck revision -m \"…\""),
        count => CheckResult::good("scripts", plural(count as u64, "revision")),
    });
    let heads = tree.graph.heads();
    match heads.as_slice() {
        [] => {}
        [head] => findings.push(CheckResult::good("heads", head.as_str())),
        several => {
            findings.push(CheckResult::advice("heads", join(several), "merge them: limbeck merge heads -m \"…\""));
        }
    }
    findings
}

/// Reports Alembic scripts whose docstring contradicts their code.
fn docstrings(tree: &ScriptTree) -> Vec<CheckResult> {
    let mut files: Vec<_> = tree.scripts.values().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let faults = files.into_iter().filter_map(|file| Some((file, file.script.python()?)));
    let faults = faults.flat_map(|(file, code)| code.docstring_faults.iter().map(move |fault| (file, fault)));
    let finding = |(file, fault): (&Arc<ScriptFile>, &DocstringFault)| {
        let found = format!("{}: {fault}", file.path.display());
        CheckResult::advice("docstring", found, "the code is used; correct the docstring")
    };
    faults.map(finding).collect()
}

async fn database(project: &Project, tree: &ScriptTree, options: &ConnectOptions) -> Vec<CheckResult> {
    let session = match connect(project, options).await {
        Ok(session) => session,
        Err(error) => return vec![CheckResult::broken("database", &error)],
    };
    let (target, session) = session;
    let server = session.server();
    let own = if target.embedded_server().is_some() { ", limbeck's own server" } else { "" };
    let place = CheckResult::good("database", format!("{}{own}", server_url(server)));
    let mut findings = vec![place, version(server)];
    let access = session.write_access();
    let read_only = access.obstacle().map(|why| format!("the database is read-only: {why}"));
    findings.extend(read_only.map(|found| CheckResult::advice("database", found, access.remedy())));
    let warnings = target.conninfo().warnings().iter();
    findings.extend(warnings.map(|warning| CheckResult::warning("database", warning)));
    findings.push(privileges(&session).await.unwrap_or_else(|error| CheckResult::broken("privileges", &error)));
    findings.extend(applied_revisions(project, tree, &session).await);
    findings
}

/// Checks the version table, and then the revisions in it.
async fn applied_revisions(project: &Project, tree: &ScriptTree, session: &Session) -> Vec<CheckResult> {
    let status = match read_status(project, session).await {
        Ok(status) => status,
        Err(error) => return vec![CheckResult::broken("table", &error)],
    };
    let overlap = tree.graph.check_rows(&status.heads).err().map(Error::from);
    let faults: Vec<CheckResult> =
        status.faulty_rows.iter().chain(&overlap).map(|fault| CheckResult::broken("table", fault)).collect();
    if !faults.is_empty() {
        return faults;
    }
    let table = VersionTable::new(&project.config.database.version_table);
    let mut findings = match table.advice(session.client()).await {
        Ok(advice) => advice.into_iter().map(|(found, advice)| CheckResult::advice("table", found, advice)).collect(),
        Err(error) => vec![CheckResult::broken("table", &error)],
    };
    findings.push(applied(tree, &status.heads));
    let edited = edited(tree, &status.heads, session).await;
    findings.extend(edited.unwrap_or_else(|error| vec![CheckResult::broken("edited", &error)]));
    findings.push(indexes(session).await.unwrap_or_else(|error| CheckResult::broken("indexes", &error)));
    findings
}

/// Reports applied revisions whose files were edited after they ran.
async fn edited(tree: &ScriptTree, heads: &[RevisionId], session: &Session) -> Result<Vec<CheckResult>> {
    let applied = tree.graph.ancestors(heads);
    let hashes = script_status::read_script_hashes(session.client()).await?;
    let mut edited: Vec<RevisionId> = script_status::find_edited(tree, &hashes).into_iter().collect();
    edited.retain(|id| applied.contains(id));
    edited.sort();
    let finding = |id: &RevisionId| {
        let path = tree.script(id.as_str()).map(|file| file.path.display().to_string()).unwrap_or_default();
        let found = format!("{id} was edited after it ran: {path}");
        let advice = "restore the file as it ran, and write the change as a new revision: limbeck revision -m \"…\"";
        CheckResult::advice("edited", found, advice)
    };
    Ok(edited.iter().map(finding).collect())
}

/// Reports invalid indexes, except those that a session builds now.
async fn indexes(session: &Session) -> Result<CheckResult> {
    let query = "SELECT pg_catalog.quote_ident(n.nspname::text) || '.' || pg_catalog.quote_ident(c.relname::text),
            c.relkind = 'I'
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT (i.indisvalid AND i.indisready)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
        ORDER BY 1";
    let rows = session.client().query(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
    let invalid: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    Ok(rate_indexes(&invalid))
}

/// `invalid`: the names of the invalid indexes, and whether each belongs to a partitioned table.
fn rate_indexes(invalid: &[(String, bool)]) -> CheckResult {
    let Some((first, is_partitioned)) = invalid.first() else {
        return CheckResult::good("indexes", "no invalid index");
    };
    let names: Vec<&str> = invalid.iter().map(|(name, _)| name.as_str()).collect();
    let found = format!("{}: {}", plural(invalid.len() as u64, "invalid index"), names.join(", "));
    let advice = if *is_partitioned {
        format!("attach an index of each partition: ALTER INDEX {first} ATTACH PARTITION …")
    } else {
        format!("REINDEX INDEX CONCURRENTLY {first}, or DROP INDEX CONCURRENTLY {first}")
    };
    CheckResult::advice("indexes", found, advice)
}

/// Also returns the target, which keeps the embedded server running.
async fn connect(project: &Project, options: &ConnectOptions) -> Result<(Target, Session)> {
    let target = open(project, options).await?;
    let session = target.connect("limbeck doctor").await?;
    Ok((target, session))
}

fn version(server: &ServerInfo) -> CheckResult {
    match server.require_supported() {
        Ok(()) => CheckResult::good("server", format!("PostgreSQL {}", server.version)),
        Err(error) => CheckResult::broken("server", &error),
    }
}

async fn privileges(session: &Session) -> Result<CheckResult> {
    let query = "SELECT has_database_privilege(current_database(), 'CREATE'), \
                 coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), \
                 (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user), \
                 current_user::text, coalesce(current_schema()::text, '')";
    let row = session.client().query_one(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
    let read = |column: usize| row.try_get::<_, bool>(column).map_err(|error| database_error(&error));
    let name = |column: usize| row.try_get::<_, String>(column).map_err(|error| database_error(&error));
    Ok(rate_privileges(&Privileges {
        schemas: read(0)?,
        tables: read(1)?,
        databases: read(2)?,
        role: name(3)?,
        schema: name(4)?,
    }))
}

/// What the role may create.
struct Privileges {
    schemas: bool,
    tables: bool,
    databases: bool,
    role: String,
    /// The schema of new tables. Empty when the search path has none.
    schema: String,
}

fn rate_privileges(privileges: &Privileges) -> CheckResult {
    let Privileges { role, schema, .. } = privileges;
    if !privileges.tables {
        let error = Error::new(format!("role {role} may not create tables in schema '{schema}'"))
            .hint(format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}, or set role under [apply]"));
        return CheckResult::broken("privileges", &error);
    }
    let mut missing = Vec::new();
    if !privileges.schemas {
        missing.push("create schemas (the ledger is then in the schema of the version table)");
    }
    if !privileges.databases {
        missing.push("create databases (scratch databases then need [scratch] url or a private server)");
    }
    if missing.is_empty() {
        return CheckResult::good("privileges", format!("role {role} may create tables, schemas and databases"));
    }
    CheckResult::advice(
        "privileges",
        format!("role {role} may create tables, but not {}", missing.join(", nor ")),
        "to allow it, use GRANT CREATE ON DATABASE and ALTER ROLE … CREATEDB",
    )
}

fn applied(tree: &ScriptTree, heads: &[RevisionId]) -> CheckResult {
    let missing: Vec<&RevisionId> = heads.iter().filter(|id| tree.graph.get(id.as_str()).is_none()).collect();
    if !missing.is_empty() {
        let found = format!("the database is at {}, which has no script", join(&missing));
        return CheckResult::advice("applied", found, "restore the script, for example from another git branch");
    }
    let place = if heads.is_empty() { "base".to_owned() } else { join(&heads.iter().collect::<Vec<_>>()) };
    match tree.graph.pending(heads).len() {
        0 => CheckResult::good("applied", format!("at {place}, nothing pending")),
        count => CheckResult::advice("applied", format!("at {place}, {count} pending"), "limbeck upgrade heads"),
    }
}

fn programs(variables: &Variables) -> Vec<CheckResult> {
    let server = match Programs::find(&HostEnvironment::of_process(), None) {
        Ok(programs) => CheckResult::good(
            "programs",
            format!("PostgreSQL {} in {}, used by the embedded server", programs.version, programs.folder.display()),
        ),
        Err(error) => CheckResult::advice("programs", error.message, error.hint.unwrap_or_default()),
    };
    let editor = match editor::command(variables) {
        Ok(command) => CheckResult::good("editor", command.join(" ")),
        Err(error) => CheckResult::advice("editor", error.message, error.hint.unwrap_or_default()),
    };
    vec![server, clients(variables), editor]
}

/// Checks the programs that make and restore backups.
fn clients(variables: &Variables) -> CheckResult {
    let path = variables.environment.get("PATH").map(String::as_str).unwrap_or_default();
    let is_there = |program: &&str| std::env::split_paths(path).any(|folder| folder.join(program).is_file());
    let (found, missing): (Vec<&str>, Vec<&str>) = ["psql", "pg_dump", "pg_restore"].into_iter().partition(is_there);
    if missing.is_empty() {
        return CheckResult::good("clients", found.join(", "));
    }
    let install = install_command().map_or_else(
        || "install PostgreSQL's client programs".to_owned(),
        |command| format!("install them, for example with {command}"),
    );
    CheckResult::advice("clients", format!("not in PATH: {}", missing.join(", ")), install)
}

fn join(ids: &[&RevisionId]) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, version_num: u32) -> ServerInfo {
        ServerInfo {
            database: "app".into(),
            user: "me".into(),
            host: host.into(),
            port: 5432,
            version: "15.1".into(),
            version_num,
            backend_pid: 1,
        }
    }

    #[test]
    fn a_server_is_shown_as_a_url() {
        assert_eq!(server_url(&server("db.example", 1)), "postgresql://me@db.example:5432/app");
        assert_eq!(server_url(&server("::1", 1)), "postgresql://me@[::1]:5432/app");
        assert_eq!(server_url(&server("/tmp/s", 1)), "postgresql://me@/app?host=/tmp/s&port=5432");
    }

    #[test]
    fn old_servers_are_refused() {
        assert_eq!(version(&server("h", 150_001)).health, Health::Good);
        assert_eq!(version(&server("h", 120_004)).health, Health::Broken);
    }

    #[test]
    fn invalid_indexes_are_listed() {
        assert_eq!(rate_indexes(&[]).health, Health::Good);
        let one = rate_indexes(&[("public.i".into(), false)]);
        assert_eq!((one.health, one.found.as_str()), (Health::Advice, "1 invalid index: public.i"));
        let two = rate_indexes(&[("public.i".into(), true), ("s.j".into(), false)]);
        assert_eq!(two.found, "2 invalid indexes: public.i, s.j");
        assert!(two.advice.unwrap().contains("ATTACH PARTITION"));
    }

    #[test]
    fn privileges_are_rated_by_what_limbeck_needs() {
        let rate = |tables, schemas, databases| {
            let (role, schema) = ("app".into(), "public".into());
            rate_privileges(&Privileges { schemas, tables, databases, role, schema }).health
        };
        assert_eq!(rate(true, true, true), Health::Good);
        assert_eq!(rate(true, false, true), Health::Advice);
        assert_eq!(rate(true, true, false), Health::Advice);
        assert_eq!(rate(false, true, true), Health::Broken);
    }
}
