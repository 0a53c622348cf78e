//! What a new column of a parent means for the columns of that name that come to its children with it.

use super::NotedSql;
use super::column_attributes::set_attributes;
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, Kind, Object, ObjectId};

/// What the definition of a column that was just added to a table cannot say, for it and for its children's.
pub(super) fn set_attributes_with_children(context: &DiffContext, id: &ObjectId, column: &Column) -> Vec<NotedSql> {
    let (version, children) = (context.options.version, coming_along(context, id));
    let comes_down = |child: &Column| (&child.storage, child.statistics) == (&column.storage, column.statistics);
    let alike = children.iter().all(|(_, child)| comes_down(child));
    let mut statements = set_attributes(version, id, None, column);
    if !alike {
        for statement in &mut statements {
            *statement = statement.replacen("ALTER TABLE ", "ALTER TABLE ONLY ", 1);
        }
    }
    for (child_id, child) in children {
        let (storage, statistics) = if alike { (column.storage.clone(), column.statistics) } else { (None, None) };
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

/// The columns that a new one of a parent makes in its children, and in theirs.
fn coming_along<'a>(context: &DiffContext<'a>, id: &ObjectId) -> Vec<(ObjectId, &'a Column)> {
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
