//! What a new column of a parent means for the columns of that name that come to its children with it.

use super::super::carry;
use super::super::context::{Context, Written};
use super::column::afterwards;
use crate::core::schema::{Column, Kind, Object, ObjectId};

/// What the definition of a column that was just added to a table cannot say, for it and for its children's.
pub(super) fn afterwards_with(context: &Context, id: &ObjectId, column: &Column) -> Vec<Written> {
    let (version, children) = (context.options.version, coming_along(context, id));
    let comes_down = |child: &Column| (&child.storage, child.statistics) == (&column.storage, column.statistics);
    let alike = children.iter().all(|(_, child)| comes_down(child));
    let mut statements = afterwards(version, id, None, column);
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
        statements.extend(afterwards(version, &child_id, Some(&had), child));
    }
    statements.into_iter().map(Written::from).collect()
}

/// The columns that a new one of a parent makes in its children, and in theirs.
fn coming_along<'a>(context: &Context<'a>, id: &ObjectId) -> Vec<(ObjectId, &'a Column)> {
    let column = |(table, object): (&ObjectId, &'a Object)| {
        let Object::Table(held) = object else { return None };
        let own = held.columns.iter().find(|column| column.name == id.name && column.inherited)?;
        let own_id = ObjectId::on(Kind::Column, &table.schema, &table.name, &own.name);
        let is_below = carry::with_sources(context.new, &own_id).into_iter().skip(1).any(|source| source == *id);
        (is_below && carry::comes_with_parent(context, &own_id)).then_some((own_id, own))
    };
    context.new.objects.iter().filter_map(column).collect()
}
