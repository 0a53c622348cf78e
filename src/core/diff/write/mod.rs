//! Puts the steps into SQL. Each function dispatches by the kind of object; each kind has a file.
//!
//! Create writes the new schema's object, Drop the old one's. Names are always qualified; statements have no semicolon.

use super::context::{Context, Verdict, Written};
use crate::core::schema::{Kind, ObjectId};

mod anew;
mod cast;
mod children;
mod collation;
mod column;
mod comment;
mod constraint;
mod database;
mod domain;
mod grant;
mod identity;
mod index;
mod not_null;
mod options;
mod routine;
mod rules;
mod sequence;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod view;

pub(super) use column::is_light;
pub use column::line_to_fill;
pub(super) use comment::comment;
pub(super) use grant::grant;
pub(super) use sequence::{is_serial, own};

/// Whether, and how, an object that both schemas have differs. Comments and grants are apart. A table's columns and
/// constraints are objects of their own here, as are a domain's constraints.
pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    match id.kind {
        Kind::Table => table::verdict(context, id),
        Kind::Column => column::verdict(context, id),
        Kind::Constraint => constraint::verdict(context, id),
        Kind::Index => index::verdict(context, id),
        Kind::Sequence => sequence::verdict(context, id),
        Kind::Schema | Kind::Extension | Kind::DefaultPrivileges | Kind::EventTrigger => database::verdict(context, id),
        Kind::Collation => collation::verdict(context, id),
        Kind::Domain => domain::verdict(context, id),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => types::verdict(context, id),
        Kind::View | Kind::MaterializedView => view::verdict(context, id),
        Kind::Function | Kind::Procedure | Kind::Aggregate => routine::verdict(context, id),
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => rules::verdict(context, id),
    }
}

/// Makes it as the new schema has it: a table with its columns, and with the constraints that are decided to be inline.
pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    match id.kind {
        Kind::Table => table::create(context, id),
        Kind::Column => column::create(context, id),
        Kind::Constraint => constraint::create(context, id),
        Kind::Index => index::create(context, id),
        Kind::Sequence => sequence::create(context, id),
        Kind::Schema | Kind::Extension | Kind::DefaultPrivileges | Kind::EventTrigger => database::create(context, id),
        Kind::Collation => collation::create(context, id),
        Kind::Domain => domain::create(context, id),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => types::create(context, id),
        Kind::View | Kind::MaterializedView => view::create(context, id),
        Kind::Function | Kind::Procedure | Kind::Aggregate => routine::create(context, id),
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => rules::create(context, id),
    }
}

/// Drops it as the old schema has it; a type that was put aside, under the name that it bears by then.
pub(super) fn drop(context: &Context, id: &ObjectId) -> Vec<Written> {
    match id.kind {
        Kind::Table => table::drop(context, id),
        Kind::Column => column::drop(context, id),
        Kind::Constraint => constraint::drop(context, id),
        Kind::Index => index::drop(context, id),
        Kind::Sequence => sequence::drop(context, id),
        Kind::Schema | Kind::Extension | Kind::DefaultPrivileges | Kind::EventTrigger => database::drop(context, id),
        Kind::Collation => collation::drop(context, id),
        Kind::Domain => domain::drop(context, id),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => types::drop(context, id),
        Kind::View | Kind::MaterializedView => view::drop(context, id),
        Kind::Function | Kind::Procedure | Kind::Aggregate => routine::drop(context, id),
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => rules::drop(context, id),
    }
}

/// Changes it in place, from the old to the new. A column or domain that was released gets its default back here
/// also where nothing else differs, a released table its parent; a forced column its type.
pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    match id.kind {
        Kind::Table => table::alter(context, id),
        Kind::Column => column::alter(context, id),
        Kind::Constraint => constraint::alter(context, id),
        Kind::Index => index::alter(context, id),
        Kind::Sequence => sequence::alter(context, id),
        Kind::Schema | Kind::Extension | Kind::DefaultPrivileges | Kind::EventTrigger => database::alter(context, id),
        Kind::Collation => collation::alter(context, id),
        Kind::Domain => domain::alter(context, id),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => types::alter(context, id),
        Kind::View | Kind::MaterializedView => view::alter(context, id),
        Kind::Function | Kind::Procedure | Kind::Aggregate => routine::alter(context, id),
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => rules::alter(context, id),
    }
}

/// Takes a column's or domain's default away; takes a table from its parents that go, or that it leaves.
pub(super) fn release(context: &Context, id: &ObjectId) -> Vec<Written> {
    match id.kind {
        Kind::Table => table::release(context, id),
        Kind::Column => column::release(context, id),
        Kind::Domain => domain::release(context, id),
        _ => Vec::new(),
    }
}

/// Renames a type to the name that was decided for it.
pub(super) fn aside(context: &Context, id: &ObjectId) -> Vec<Written> {
    types::aside(context, id)
}
