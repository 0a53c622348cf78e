//! Kinds of tables, keys and rows: what comes back where, and what stays.

use super::{Case, there_and_back};
