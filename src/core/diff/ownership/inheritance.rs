//! Columns that follow a parent table or a composite type, and sequences that belong to a column.

use super::DiffContext;
use crate::core::schema::{Kind, Object, ObjectId, QualifiedName, Schema, Table};
use crate::core::sql::identifier::qualified;

/// The column of the nearest parent table that an inherited column follows.
pub fn parent_column(schema: &Schema, id: &ObjectId) -> Option<ObjectId> {
    let table = schema.table(&id.schema, &id.of)?;
    let partitioned_table = table.partition_of.iter().map(|partition| &partition.parent);
    let mut parents = partitioned_table.chain(&table.inherits);
    parents.find_map(|parent| {
        let column = ObjectId::on(Kind::Column, &parent.schema, &parent.name, &id.name);
        schema.column(&column).map(|_| column)
    })
}

/// The object, and for a column also the objects whose changes PostgreSQL applies to it: the columns of its table's
/// parents and the composite type of its table.
pub fn definition_sources(schema: &Schema, id: &ObjectId) -> Vec<ObjectId> {
    let mut sources = vec![id.clone()];
    if id.kind != Kind::Column {
        return sources;
    }
    let type_name = schema.table(&id.schema, &id.of).and_then(|table| table.of_type.as_ref());
    let is_type = |name: &String, id: &ObjectId| id.kind == Kind::CompositeType && is_type_or_array(name, id);
    sources.extend(type_name.and_then(|name| schema.objects.keys().find(|id| is_type(name, id)).cloned()));
    let mut next = parent_column(schema, id);
    while let Some(parent) = next.filter(|parent| !sources.contains(parent)) {
        next = parent_column(schema, &parent);
        sources.push(parent);
    }
    sources
}

/// Whether the table of a column is OF the same type in both schemas. Its columns then change with the type.
pub fn keeps_type(context: &DiffContext, column: &ObjectId) -> bool {
    let of_type = |schema: &Schema| schema.table(&column.schema, &column.of).and_then(|table| table.of_type.clone());
    of_type(context.old).is_some_and(|of| of_type(context.new) == Some(of))
}

/// Whether a table has the same parents and the same partition bounds in both schemas. Changes of the parents then apply
/// to it.
pub fn keeps_parents(context: &DiffContext, table: &ObjectId) -> bool {
    let old = context.old.table(&table.schema, &table.name);
    let new = context.new.table(&table.schema, &table.name);
    let is_same =
        |(old, new): (&Table, &Table)| (&old.partition_of, &old.inherits) == (&new.partition_of, &new.inherits);
    old.zip(new).is_some_and(is_same) && !context.decisions.released.contains(table)
}

/// The column of a parent that the table keeps. Changes of that column then apply to the inherited column.
pub fn kept_parent_column(context: &DiffContext, schema: &Schema, id: &ObjectId) -> Option<ObjectId> {
    let own = ObjectId::new(Kind::Table, &id.schema, &id.of);
    let changing = changing_parents(context, schema, &own);
    let mut kept = all_parents(schema, &own).into_iter().filter(|parent| !changing.contains(parent));
    kept.find_map(|parent| {
        let column = ObjectId::on(Kind::Column, &parent.schema, &parent.name, &id.name);
        schema.column(&column).map(|_| column)
    })
}

/// The parents that a table has in one of the schemas, and that it leaves or joins: those after the first ones that are
/// the same in both schemas. The order of parents matters.
pub fn changing_parents(context: &DiffContext, schema: &Schema, table: &ObjectId) -> Vec<QualifiedName> {
    let parents = all_parents(schema, table);
    if keeps_parents(context, table) {
        return Vec::new();
    }
    let (old, new) = (context.old.table(&table.schema, &table.name), context.new.table(&table.schema, &table.name));
    let alike = match (old, new) {
        (Some(old), Some(new)) if !context.decisions.released.contains(table) => {
            old.inherits.iter().zip(&new.inherits).take_while(|(old, new)| old == new).count()
        }
        _ => 0,
    };
    parents.into_iter().skip(alike).collect()
}

/// The partitioned table of a partition, or the parents of an inheritance child.
fn all_parents(schema: &Schema, table: &ObjectId) -> Vec<QualifiedName> {
    let Some(table) = schema.table(&table.schema, &table.name) else { return Vec::new() };
    table.partition_of.iter().map(|partition| &partition.parent).chain(&table.inherits).cloned().collect()
}

/// The parent of a partition, its parent, and so on.
pub fn partitioned_ancestors(schema: &Schema, table: &ObjectId) -> Vec<QualifiedName> {
    let parent = |at: &str, name: &str| Some(schema.table(at, name)?.partition_of.as_ref()?.parent.clone());
    let first = parent(&table.schema, &table.name);
    std::iter::successors(first, |table| parent(&table.schema, &table.name)).collect()
}

/// Whether a column is added because its parent column or its table's type gets one.
pub fn is_added_by_parent(context: &DiffContext, column: &ObjectId) -> bool {
    is_column_of_type(context, column) || follows_parent(context, context.new, context.old, column)
}

/// Whether a column is dropped because its parent column or its table's type loses it.
pub fn is_dropped_by_parent(context: &DiffContext, column: &ObjectId) -> bool {
    if is_column_of_type(context, column) {
        return true;
    }
    let parent = kept_parent_column(context, context.old, column);
    follows_parent(context, context.old, context.new, column)
        && parent.is_some_and(|parent| !leaves_child_columns(context, &parent))
}

/// Whether children keep a column that their parent drops.
pub fn leaves_child_columns(context: &DiffContext, column: &ObjectId) -> bool {
    let keeps_column = |child: &ObjectId| {
        let own = ObjectId::on(Kind::Column, &child.schema, &child.name, &column.name);
        let was_inherited = context.old.column(&own).is_some_and(|column| column.inherited && !column.local);
        // A partition always has the columns of its table. A column that is inherited in the new schema is added again
        // with the parent's column.
        let stays = context.new.column(&own).is_some_and(|column| column.local || !column.inherited);
        let table = context.old.table(&child.schema, &child.name);
        let is_partition = table.is_some_and(|table| table.partition_of.is_some());
        was_inherited && stays && !is_partition && parent_column(context.old, &own).as_ref() == Some(column)
    };
    context.old.objects.keys().filter(|other| other.kind == Kind::Table).any(keeps_column)
}

fn is_column_of_type(context: &DiffContext, id: &ObjectId) -> bool {
    id.kind == Kind::Column && keeps_type(context, id)
}

/// Whether an inherited column exists in `here` only because of a parent column that `there` does not have.
fn follows_parent(context: &DiffContext, here: &Schema, there: &Schema, id: &ObjectId) -> bool {
    let Some(column) = here.column(id) else { return false };
    let parent = kept_parent_column(context, here, id);
    column.inherited && !column.local && parent.is_some_and(|parent| there.column(&parent).is_none())
}

/// Whether a type name, as `format_type` writes it, is this type or an array of it.
pub fn is_type_or_array(type_name: &str, id: &ObjectId) -> bool {
    let name = qualified(&id.schema, &id.name);
    type_name.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '(']))
}

/// The column that owns a sequence.
pub fn owning_column(schema: &Schema, sequence: &ObjectId) -> Option<ObjectId> {
    match schema.objects.get(sequence) {
        Some(Object::Sequence(sequence)) => sequence.owned_by.clone(),
        _ => None,
    }
}
