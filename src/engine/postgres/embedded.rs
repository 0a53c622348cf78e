//! The embedded server: PostgreSQL's own programs, started for one project and stopped with its last user.

/// A running embedded server and this process's claim on it; dropped, the claim ends.
#[derive(Debug)]
pub struct EmbeddedServer {}
