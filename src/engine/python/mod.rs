//! The project's Python: which interpreter it is, and the user's consent to run it.

mod consent;
mod interpreter;
mod versions;

pub use consent::{give_consent, has_consent, require_consent, require_consent_in, require_program_consent};
pub use interpreter::Interpreter;
pub(super) use interpreter::folders_of_repository;
pub use versions::PythonVersions;
