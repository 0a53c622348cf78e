//! Columns, tables and copies for tests.

use super::{CopiedColumn, CopyDetail, CurrentColumn, RestoreTarget};

/// A copied column. `base` is its type.
pub(crate) fn copied(name: &str, base: &str, builtin: bool) -> CopiedColumn {
    CopiedColumn {
        name: name.into(),
        number: 1,
        ty: base.into(),
        base: base.into(),
        builtin,
        custom_collation: false,
        attributes: None,
        created: false,
    }
}

/// A column of the table that is restored.
pub(crate) fn current(name: &str, base: &str) -> CurrentColumn {
    CurrentColumn {
        name: name.into(),
        ty: base.into(),
        base: base.into(),
        not_null: false,
        generated: false,
        always_identity: false,
        attributes: None,
        varies: false,
    }
}

pub(crate) fn detail(columns: Vec<CopiedColumn>, key: Vec<CopiedColumn>) -> CopyDetail {
    CopyDetail {
        relation: 1,
        database: None,
        only: true,
        columns,
        key,
        type_changed: false,
        not_restorable: None,
        sequence_state: None,
        name_before: None,
        batch: None,
    }
}

/// A table without foreign keys.
pub(crate) fn target(table: &str, columns: Vec<CurrentColumn>) -> RestoreTarget {
    RestoreTarget {
        table: table.into(),
        columns,
        references: Vec::new(),
        later_references: Vec::new(),
        allows_on_conflict: true,
        has_unique_index: true,
        older_values: Vec::new(),
    }
}
