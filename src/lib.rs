//! limbeck: Alembic's workflow for PostgreSQL, as one binary whose face is a terminal UI.
//!
//! # The map
//!
//! Four rooms, one direction: [`core`] ← [`engine`] ← [`cli`], [`tui`]. A test (`tests/tidy`) reads
//! the imports and fails on any other edge.
//!
//! - [`core`] is pure: no IO, no async, no clock, no printing.
//!   - [`core::graph`]: revision ids, what stands on what, what a target means, paths as data.
//!   - [`core::script`]: the text of a script as data, and back.
//!   - [`core::sql`]: SQL as statements with places; what PostgreSQL refuses in a transaction.
//!   - [`core::schema`]: what a database's catalog holds, as plain data; [`core::diff`]: two of them as ordered
//!     statements, the expressions that only look different, renames, and the text of a script.
//!   - [`core::hazard`]: what a statement may cost, one rule a file.
//!   - [`core::copies`]: what has to be copied before it is destroyed, and the SQL that copies it and puts it back.
//!   - [`core::plan`]: what will run; the approval without which nothing does.
//! - [`engine`] is everything that touches a disk, a process or a server; a use case a file.
//!   - [`engine::project`]: `limbeck.toml`, `.env`, the scripts on disk, atomic writes.
//!   - [`engine::postgres`]: connections as libpq takes them, the embedded server, the version
//!     table, the ledger, the lock.
//!   - [`engine::scratch`]: databases to try things on; [`engine::models`]: what the models say, loaded there or from a
//!     cache; [`engine::verify`]: scripts up, down and up again.
//!   - [`engine::autogenerate`] compares the models with the database, writes the difference as a script and proves it;
//!     [`engine::drift`] compares the database with its own history.
//!   - [`engine::preflight`]: counts on the target what a plan may cost; what earlier statements make, rename or fill is
//!     followed on a scratch copy of its schema (`evidence/trail.rs`).
//!   - [`engine::copies`]: copies of what approved steps destroy: made in the step's transaction, put back by the opposite
//!     step or by hand.
//!   - [`engine::prepare`] makes a plan, [`engine::apply`] runs it, [`engine::apply::rehearse`] runs it and takes it back;
//!     [`engine::backup`] writes the whole database to a file by `pg_dump`, and brings it back;
//!     [`engine::draft`], [`engine::stamp`] and [`engine::state::status`] are the rest of the workflow.
//! - [`cli`] is the command line: a verb a file, text and JSON, errors to exit codes.
//! - [`tui`] is the UI: `app` is a pure state machine, `view` its picture, `runtime` the loop.
//!
//! # What `u` does
//!
//! The keymap turns the key into a command (`tui/app/command.rs`); the tree screen answers with
//! `Effect::Prepare`; the runtime calls [`engine::prepare::prepare`] and hands back
//! `Msg::Prepared(plan)`; the plan screen shows it, asks, and answers with `Effect::Apply(approval)`;
//! [`engine::apply::apply`] takes the lock, looks again, runs, and streams its progress. The command
//! line's `upgrade` calls the same two functions.
//!
//! # What `a` does
//!
//! The form (`tui/app/screen/create.rs`) gives a message, and `Effect::Generate` starts it (`screen/generate.rs`). The
//! runtime calls [`engine::autogenerate::generate_unless_renames`], which stops where there may be renames; the list asks which are
//! (`screen/renames.rs`), and the second time [`engine::autogenerate::generate`] is told. What it tells by phase and
//! what comes of it is taken in `screen/generating.rs`: the script opens in the editor beside its proof, its operations
//! and its hazards, counted by [`engine::autogenerate::plan_draft`], and is written nowhere until somebody keeps it.
//!
//! # Invariants
//!
//! - No `.await`, clock or IO in `core`, `tui/app` or `tui/view`.
//! - No SQL changes a target that is not in a [`core::plan::Plan`], but for the version table, the ledger, kept copies and
//!   what puts them back, and a backup that is restored.
//! - [`engine::apply::apply`] takes a [`core::plan::Approval`], and an approval can only be made from
//!   a plan and the hazards that were accepted.
//! - No colour outside the theme, no key outside `assets/keymap.toml`, no printing outside [`cli`].
//! - No password in any `Debug`, `Display`, log, error or panic.
#![forbid(unsafe_code)]

pub mod cli;
pub mod core;
pub mod engine;
pub mod tui;
