//! The hints of the errors that a user can act on.
