//! The position of a step in a script that reads well: related statements together, in a fixed order of kinds.

use crate::core::diff::operation::Action;
use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, ObjectId, Schema};

/// The position of a step. Steps without requirements run in the order of their positions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadingPosition {
    stage: u8,
    /// The position of the group's kind.
    group_rank: u8,
    pub group: ObjectId,
    /// The position in the group: of the action, then of the column.
    pub in_group: (u8, usize),
    id: ObjectId,
}

impl ReadingPosition {
    /// Whether this position is before every position of the other one's group.
    pub fn is_before_group(&self, other: &Self) -> bool {
        (self.stage, self.group_rank, &self.group) < (other.stage, other.group_rank, &other.group)
    }

    /// Whether both are in the same group.
    pub fn is_in_same_group(&self, other: &Self) -> bool {
        self.stage == other.stage && self.group == other.group
    }
}

/// The position of a step.
pub fn reading_position(
    context: &DiffContext,
    changes: &ObjectChanges,
    id: &ObjectId,
    action: Action,
) -> ReadingPosition {
    let is_removed = changes.get(id) == Some(&ObjectChange::Drop);
    let is_renamed = context.decisions.temporary_names.contains_key(id);
    let is_last = action == Action::Drop && (is_removed || is_renamed);
    let stage = match action {
        // An event trigger would fire for the statements after it.
        Action::Drop if id.kind == Kind::EventTrigger => 0,
        _ if is_last => 2,
        _ if id.kind == Kind::DefaultPrivileges => 3,
        _ => 1,
    };
    let schema = if action == Action::Drop { context.old } else { context.new };
    let group = group(schema, id);
    let column = column_number(schema, id);
    let (group_rank, in_group) = (group_rank(group.kind), rank_in_group(id, action));
    let (group_rank, in_group) = if is_last { (99 - group_rank, 99 - in_group) } else { (group_rank, in_group) };
    ReadingPosition { stage, group_rank, group, in_group: (in_group, column), id: id.clone() }
}

/// The table, view or other object whose statements a script lists together with those of this object.
fn group(schema: &Schema, id: &ObjectId) -> ObjectId {
    if let Some(holder) = schema.holder(id) {
        return holder.clone();
    }
    let column = ownership::owning_column(schema, id);
    column.and_then(|column| schema.holder(&column).cloned()).unwrap_or_else(|| id.clone())
}

/// The order of groups.
fn group_rank(kind: Kind) -> u8 {
    match kind {
        Kind::Schema => 0,
        Kind::Extension => 1,
        Kind::Collation => 2,
        Kind::Enum | Kind::Domain | Kind::CompositeType | Kind::RangeType => 3,
        Kind::Sequence | Kind::ForeignDataWrapper | Kind::ForeignServer | Kind::UserMapping => 4,
        Kind::Table | Kind::Column | Kind::Constraint | Kind::Index => 5,
        Kind::Function | Kind::Procedure | Kind::Aggregate => 6,
        Kind::View | Kind::MaterializedView => 7,
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => 8,
        Kind::EventTrigger => 9,
        Kind::Publication | Kind::PublishedTable => 10,
        Kind::DefaultPrivileges => 11,
    }
}

/// The order of the steps in a group.
fn rank_in_group(id: &ObjectId, action: Action) -> u8 {
    match (action, id.kind) {
        (Action::Comment, _) => 20,
        // REVOKE on a table also revokes the grants on its columns.
        (Action::Grant, Kind::Column) => 22,
        (Action::Grant, _) => 21,
        (Action::Own, _) => 3,
        (_, Kind::Sequence) => 0,
        (Action::Copy, _) => 3,
        (Action::Alter, Kind::Table) => 8,
        (_, Kind::Column) => 2,
        (_, Kind::Constraint) => 4,
        (_, Kind::Index) => 5,
        (_, Kind::Statistics) => 6,
        (_, Kind::Trigger) => 9,
        (_, Kind::Rule) => 10,
        (_, Kind::Policy) => 11,
        _ => 1,
    }
}

/// A column's 0-based position in its table; 0 for other objects.
fn column_number(schema: &Schema, id: &ObjectId) -> usize {
    let columns = schema.table(&id.schema, &id.of).filter(|_| id.kind == Kind::Column).map(|table| &table.columns);
    columns.and_then(|columns| columns.iter().position(|column| column.name == id.name)).unwrap_or_default()
}
