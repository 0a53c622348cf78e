//! Which object belongs to which, and which object depends on which.
//!
//! A column belongs to its table, a partition's column follows its parent's, a `serial` sequence belongs to its column.

mod attached;
mod change;
mod context;
mod covering;
mod dependents;
mod free_name;
mod inheritance;
mod mentions;
mod routines;

pub use attached::{attached_parts, independent_parts, keeps_part, left_behind};
pub use change::{ObjectChange, ObjectChanges};
pub use context::{Decisions, DiffContext, Options};
pub use covering::{created_with, derived_from, dropped_with, is_derived, planned_object};
pub use dependents::{direct_dependents, objects_with_steps};
pub use free_name::free_name;
pub use inheritance::{
    changing_parents, definition_sources, is_added_by_parent, is_dropped_by_parent, is_type_or_array, keeps_parents,
    keeps_type, kept_parent_column, leaves_child_columns, owning_column, parent_column, partitioned_ancestors,
};
pub use mentions::find_mentions;
pub use routines::{is_replaced, is_routine, replaced_routines};
