//! `limbeck.toml` as data.

/// The whole configuration, with defaults filled in.
#[derive(Debug, Clone, Default)]
pub struct Config {}
