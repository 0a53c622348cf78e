//! limbeck: Alembic's workflow for PostgreSQL as one binary with a command line and a terminal UI.
//!
//! # Map
//!
//! Four layers: [`core`] ← [`engine`] ← [`cli`], [`tui`]. A test (`tests/tidy`) reads the imports and fails on any
//! other edge between layers, and on any import cycle between the files and folders of one folder.
//!
//! [`core`] is pure: no IO, no async, no clock, no printing.
//!
//! - [`core::graph`]: revision identifiers, parents and dependencies, what a target means, paths as data.
//! - [`core::script`]: a migration script, in SQL or Python. Reads the text of SQL scripts and writes it.
//! - [`core::python`]: reads Python source without running it: syntax, functions, and the values of constants.
//! - [`core::alembic`]: Alembic projects as text: `alembic.ini`, scripts, `env.py`, and the template of new scripts.
//! - [`core::sql`]: SQL as text: tokens, statements with their positions, identifiers.
//! - [`core::statement`]: analyses a statement once. It is the only folder that calls the SQL parser. A
//!   [`core::statement::Statement`] contains facts: its actions, how it runs in a transaction, what it calls. A
//!   [`core::statement::ScriptState`] contains what earlier statements have created, renamed and filled.
//! - [`core::hazard`]: what a statement risks, one rule per file. Rules read actions and return findings with a
//!   [`core::statement::Effect`].
//! - [`core::copies`]: from effects, what must be copied before it is destroyed, and the SQL that copies and restores it.
//! - [`core::plan`]: what will run, and the [`core::plan::Approval`] without which nothing runs.
//! - [`core::schema`]: the contents of a database catalog as plain data.
//! - [`core::conflict`]: two branches compared as data: what each touches, and how the results of both orders differ.
//! - [`core::diff`]: the difference between two schemas: ownership, renames, steps, their order, and the SQL.
//! - [`core::finding`]: the findings of checks, their codes and pages. [`core::text`]: numbers, sizes and plurals in messages. [`core::escape`]: control characters made visible.
//! - [`core::sqlstate`], [`core::os_error`]: hints for errors of the server and of the operating system.
//!
//! [`engine`] contains everything that uses a disk, a process or a server. Its folders from the bottom to the top:
//!
//! - [`engine::files`]: reads files that a project names: only regular files, up to a limit.
//! - [`engine::connection`]: connections with libpq's options, TLS, the embedded server.
//! - [`engine::alembic`]: an Alembic project on disk, read without Python: configuration, folders, scripts, template.
//! - [`engine::project`]: `limbeck.toml`, `.env`, environments, the scripts on disk, atomic writes.
//! - [`engine::python`]: the interpreter of a project, and the user's consent to run the project's code.
//! - [`engine::catalog`]: reads a schema from a server. [`engine::state`]: the version table, the ledger, the lock.
//! - [`engine::scratch`]: databases for trying things out. [`engine::models`]: the schema that the models define.
//! - [`engine::preflight`]: counts on the target what hazards affect, and runs earlier statements on a scratch copy to
//!   find out what later ones affect.
//! - [`engine::copies`]: makes copies in the transaction of the step, and restores them.
//! - [`engine::gate`]: decides about one statement on one session: evidence, approval, copy, then permission to run. It
//!   needs neither a script nor a plan around the statement.
//! - [`engine::prepare`] makes a plan, [`engine::apply`] runs it, and [`engine::apply::rehearse`] runs it and rolls back.
//! - [`engine::autogenerate`] compares models and database, writes the script and proves it. [`engine::verify`] runs
//!   scripts up, down and up again. [`engine::drift`] compares a database with its own history.
//! - [`engine::conflicts`] runs two branches in both orders on scratch databases; [`engine::rebase`] moves a branch onto
//!   another revision, after a proof.
//! - [`engine::import`] converts the scripts of an Alembic project to SQL scripts, and proves them on scratch databases.
//! - [`engine::python`] finds the project's Python and asks for consent. [`engine::wire`] is the proxy between a database
//!   driver and a session. [`engine::script_process`] is the Python process that runs Alembic's scripts over the wire;
//!   [`engine::recording`] runs them on a scratch database, and `engine::apply::python` on the target.
//! - [`engine::lint`] finds the hazards of scripts without a target. [`engine::findings`] turns the results of commands into
//!   findings with a place. [`engine::ci`] runs all checks of a pull request; [`engine::git`] asks git what it changes.
//! - [`engine::backup`] runs `pg_dump` and `pg_restore`. [`engine::log`] reads the runs in the ledger. [`engine::draft`],
//!   [`engine::stamp`], [`engine::init`], [`engine::doctor`] and [`engine::open`] are the other use cases.
//!
//! [`cli`] is the command line: one file per verb, text and JSON output, exit codes.
//!
//! [`tui`] is the UI: `app` is a pure state machine, `view` draws it, `runtime` contains the loop and the background
//! tasks. `app/job` runs everything that takes time; `app/list` is the screen that lists configure.
//!
//! # What happens to a statement
//!
//! 1. [`core::statement::analyse`] parses its text once, together with the state that earlier statements have left.
//! 2. [`core::hazard::examine_script`] applies the rules to its actions. Each hazard has a code, an object and an effect.
//! 3. [`engine::preflight::count`] counts the rows and values that each effect affects on the target.
//! 4. A person accepts the hazards: [`core::plan::Approval`].
//! 5. [`engine::gate::Gate`] locks the objects, counts again, makes the copies and admits the statement.
//! 6. The caller runs it; [`engine::gate::Gate::complete`] completes the copies.
//!
//! A statement of a Python script comes from the wire instead: [`engine::wire::Observer`] decides whether it is forwarded,
//! or held until the gate has admitted it. limbeck's own client uses the same session between two messages of the driver
//! (`engine/connection/connect/turns.rs`).
//!
//! # What `u` does
//!
//! The keymap turns the key into a command (`tui/app/command.rs`). The tree screen answers with a job that prepares a
//! plan; the runtime runs [`engine::prepare::prepare`] in the background (`tui/runtime/task/plan.rs`). The plan screen
//! (`tui/app/screen/plan`) shows the plan, asks for approval and starts the job that applies it.
//! [`engine::apply::apply`] takes the lock, reads the state again, sends each statement through the gate, and reports its
//! progress. `limbeck upgrade` calls the same two functions.
//!
//! # What `a` does
//!
//! The form (`tui/app/screen/revision/create.rs`) asks for a message and starts the job of `tui/app/screen/generate`. The
//! runtime calls [`engine::autogenerate::generate_unless_renames`], which stops if objects may have been renamed; a list
//! asks which were, and the second run gets the answers. The script opens in the editor beside its proof, its operations
//! and its hazards, which [`engine::autogenerate::plan_draft`] counts. Nothing is written to disk until the user saves.
//! In an Alembic project, Alembic itself writes the script on a scratch copy (`engine/autogenerate/python.rs`).
//!
//! # Invariants
//!
//! - No `.await`, clock or IO in `core`, `tui/app` or `tui/view`.
//! - SQL changes a target only as part of a [`core::plan::Plan`]. Exceptions: the version table, the ledger, copies and
//!   their restoration, and a backup that is restored.
//! - [`engine::apply::apply`] takes a [`core::plan::Approval`], which can be made only from a plan and accepted hazards.
//! - Only `core::statement` calls the SQL parser. `engine` does not search SQL text.
//! - Text from scripts, databases and files reaches a terminal only through [`core::escape`]: in `cli/terminal.rs`, and in
//!   `tui/view/pen.rs`.
//! - limbeck's own SQL passes through [`core::sql::qualify_names`] or runs with `search_path = pg_catalog`, so that it calls
//!   nothing from other schemas (`tests/shadowing`). Conditions of the user keep the search path of the script.
//! - Colours come from the theme, keys from `assets/keymap.toml`. Only [`cli`] prints.
//! - No password appears in any `Debug`, `Display`, log, error or panic.
#![forbid(unsafe_code)]

pub mod cli;
pub mod core;
pub mod engine;
pub mod tui;
