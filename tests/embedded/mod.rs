//! The embedded server: its life, and what becomes of it when processes are killed.

mod failures;
mod life;
mod user;
