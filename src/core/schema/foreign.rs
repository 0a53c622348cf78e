//! Access to foreign data: wrappers, servers and user mappings.

use serde::{Deserialize, Serialize};

/// A foreign-data wrapper. All lists of options are sorted and have the form `name=value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignDataWrapper {
    pub handler: Option<String>,
    pub validator: Option<String>,
    pub options: Vec<String>,
}

/// A foreign server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    pub wrapper: String,
    #[serde(rename = "type")]
    pub server_type: Option<String>,
    pub version: Option<String>,
    pub options: Vec<String>,
}

/// A user mapping. The identity has the server as `of` and the role as the name; `public` stands for PUBLIC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMapping {
    /// Without passwords and other secrets, which are neither compared nor written.
    pub options: Vec<String>,
}
