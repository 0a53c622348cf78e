//! The attributes of a column that CREATE TABLE and ADD COLUMN cannot set: storage, statistics, options.

use super::options;
use crate::core::schema::{Column, ObjectId};
use crate::core::sql::identifier::{qualified, quote};

/// Statements that set the attributes that differ. `old` is `None` for a new column.
pub(super) fn set_attributes(version: u32, id: &ObjectId, old: Option<&Column>, new: &Column) -> Vec<String> {
    let (prefix, mut statements) = (alter_column(id), Vec::new());
    if old.and_then(|old| old.storage.as_ref()) != new.storage.as_ref() {
        let default = if version >= 16 { "DEFAULT" } else { natural_storage(&new.type_name) };
        let storage = new.storage.as_deref().map_or_else(|| default.to_owned(), str::to_uppercase);
        statements.push(format!("{prefix} SET STORAGE {storage}"));
    }
    if old.is_some_and(|old| old.compression != new.compression) {
        let compression = new.compression.as_deref().unwrap_or("default");
        statements.push(format!("{prefix} SET COMPRESSION {compression}"));
    }
    if old.and_then(|old| old.statistics) != new.statistics {
        statements.push(format!("{prefix} SET STATISTICS {}", new.statistics.unwrap_or(-1)));
    }
    let had = old.map(|old| old.options.as_slice()).unwrap_or_default();
    statements.extend(options::alter_statements(&prefix, had, &new.options));
    if let Some(old) = old.filter(|old| old.foreign_options != new.foreign_options) {
        let changed = options::foreign_changes(&old.foreign_options, &new.foreign_options);
        statements.push(format!("{prefix} OPTIONS ({changed})"));
    }
    statements
}

/// The default storage of a type. Before version 16 there is no SET STORAGE DEFAULT.
fn natural_storage(type_name: &str) -> &'static str {
    if ["numeric", "inet", "cidr"].contains(&type_name.split('(').next().unwrap_or_default()) {
        "MAIN"
    } else {
        "EXTENDED"
    }
}

/// `ALTER TABLE … ALTER COLUMN …`, to which an action is appended.
pub(super) fn alter_column(id: &ObjectId) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {}", qualified(&id.schema, &id.of), quote(&id.name))
}
