//! The attributes of the child columns that ADD COLUMN on a parent table adds.

use super::NotedSql;
use super::column_attributes::set_attributes;
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, Kind, Object, ObjectId};

/// Statements for the attributes that ADD COLUMN cannot set, for the new column and for the new columns of the
/// children.
pub(super) fn set_attributes_with_children(context: &DiffContext, id: &ObjectId, column: &Column) -> Vec<NotedSql> {
    let (version, children) = (context.options.version, added_child_columns(context, id));
    let is_inherited = |child: &Column| (&child.storage, child.statistics) == (&column.storage, column.statistics);
    let all_inherited = children.iter().all(|(_, child)| is_inherited(child));
    let mut statements = set_attributes(version, id, None, column);
    if !all_inherited {
        for statement in &mut statements {
            *statement = statement.replacen("ALTER TABLE ", "ALTER TABLE ONLY ", 1);
        }
    }
    for (child_id, child) in children {
        let (storage, statistics) =
            if all_inherited { (column.storage.clone(), column.statistics) } else { (None, None) };
        let had = Column {
            storage,
            statistics,
            options: Vec::new(),
            compression: column.compression.clone(),
            ..child.clone()
        };
        statements.extend(set_attributes(version, &child_id, Some(&had), child));
    }
    statements.into_iter().map(NotedSql::from).collect()
}

/// The columns that a new column of a parent adds to its children and their children.
fn added_child_columns<'a>(context: &DiffContext<'a>, id: &ObjectId) -> Vec<(ObjectId, &'a Column)> {
    let column = |(table, object): (&ObjectId, &'a Object)| {
        let Object::Table(held) = object else { return None };
        let own = held.columns.iter().find(|column| column.name == id.name && column.inherited)?;
        let own_id = ObjectId::on(Kind::Column, &table.schema, &table.name, &own.name);
        let is_below =
            ownership::definition_sources(context.new, &own_id).into_iter().skip(1).any(|source| source == *id);
        (is_below && ownership::is_added_by_parent(context, &own_id)).then_some((own_id, own))
    };
    context.new.objects.iter().filter_map(column).collect()
}
