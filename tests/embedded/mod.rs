//! The embedded server: starting, stopping, and killed processes.

mod errors;
mod lifecycle;
mod process;
