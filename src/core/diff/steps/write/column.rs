//! Columns of tables.

use super::cast::{self, Cast};
use super::{Alteration, NotedSql, Writer};
use super::{child_columns, column_attributes, identity, not_null, options, recreated_type};
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, Generation, Identity, Kind, Object, ObjectId, Table};
use crate::core::sql::identifier::{qualified, quote};

/// The first version with SET EXPRESSION.
const SET_EXPRESSION: u32 = 17;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = (column_after_parent(context, id), context.new.column(id)) else {
        return Alteration::None;
    };
    let retyped = is_retyped(&old, new) && !ownership::keeps_type(context, id);
    let regenerated = old.generated != new.generated || old.generated.is_some() && old.default != new.default;
    if regenerated {
        let in_place = match (old.generated, new.generated) {
            (Some(Generation::Stored), None) => true,
            (before, now) => before == now && context.options.version >= SET_EXPRESSION,
        };
        return if in_place { Alteration::InPlace { rebuilds_dependents: retyped } } else { Alteration::Recreate };
    }
    if retyped && new.generated.is_some() && cast::cast(&old.type_name, &new.type_name, "").using.is_some() {
        return Alteration::Recreate;
    }
    let comparable = |column: &Column| {
        let column = Column { local: true, inherited: false, ..column.clone() };
        if retyped {
            column
        } else {
            Column { type_name: new.type_name.clone(), collation: new.collation.clone(), ..column }
        }
    };
    let is_renamed = !not_null::changes(context, id, old.not_null).is_empty();
    // A type that changes through the parent needs no statement here, but the dependents must be rebuilt.
    let changes_through_parent =
        context.old.column(id).is_some_and(|column| column.inherited && is_retyped(column, new));
    let rebuilds_dependents = retyped || changes_through_parent;
    if comparable(&old) == comparable(new) && !is_renamed && !rebuilds_dependents {
        Alteration::None
    } else {
        Alteration::InPlace { rebuilds_dependents }
    }
}

/// The note above a statement in which the user must insert a value.
const TODO_NOTE: &str = "TODO: replace NULL with a value for existing rows";

/// The 1-based line of a script on which the user must insert a value, if there is one.
#[must_use]
pub fn find_todo_line(script: &str) -> Option<usize> {
    let note = script.lines().position(|line| line.trim_start_matches(['-', ' ']) == TODO_NOTE)?;
    Some(note + 2)
}

/// ADD COLUMN. A NOT NULL column without a default needs three statements, so that existing rows can get a value.
pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(column), Some(table)) = (context.new.column(id), context.new.table(&id.schema, &id.of)) else {
        return Vec::new();
    };
    let name = qualified(&id.schema, &id.of);
    let lacks_value = column.default.is_none() && column.identity.is_none() && column.generated.is_none();
    let needs_value = column.not_null && lacks_value && table.foreign.is_none() && !has_domain_default(context, column);
    let nullable = Column { not_null: column.not_null && !needs_value, ..column.clone() };
    let definition = definition(context, &table_id(id), table, &nullable);
    let mut statements: Vec<NotedSql> = vec![format!("ALTER TABLE {name} ADD COLUMN {definition}").into()];
    if needs_value {
        statements.push(NotedSql {
            sql: format!("UPDATE {name} SET {} = NULL", quote(&column.name)),
            note: Some(TODO_NOTE.to_owned()),
        });
        statements.extend(not_null::set(context, id));
    }
    statements.extend(child_columns::set_attributes_with_children(context, id, column));
    statements
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let only = if ownership::leaves_child_columns(context, id) { "ONLY " } else { "" };
    vec![format!("ALTER TABLE {only}{} DROP COLUMN {}", qualified(&id.schema, &id.of), quote(&id.name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(mut old), Some(new)) = (column_after_parent(context, id), context.new.column(id)) else {
        return Vec::new();
    };
    if context.decisions.released.contains(id) && old.generated.is_none() {
        old.default = None;
        old.identity = old.identity.filter(|_| new.identity.is_some());
    }
    let (prefix, mut statements) = (column_attributes::alter_column(id), Vec::new());
    if old.generated.is_some() && new.generated.is_none() {
        statements.push(format!("{prefix} DROP EXPRESSION").into());
        old.default = None;
    }
    statements.extend(change_type(context, id, &mut old, new));
    if new.generated.is_some() && old.default != new.default {
        let expression = in_parentheses(new.default.as_deref().unwrap_or_default());
        statements.push(format!("{prefix} SET EXPRESSION AS {expression}").into());
    } else if old.default != new.default {
        let set = new.default.as_ref().map(|default| format!("{prefix} SET DEFAULT {default}"));
        statements.push(set.unwrap_or_else(|| format!("{prefix} DROP DEFAULT")).into());
    }
    statements.extend(not_null::changes(context, id, old.not_null));
    statements.extend(change_identity(context, id, &old, new));
    statements.extend(
        column_attributes::set_attributes(context.options.version, id, Some(&old), new).into_iter().map(NotedSql::from),
    );
    statements
}

pub(super) fn release(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(old) = column_after_parent(context, id) else { return Vec::new() };
    let loses_identity = old.identity.is_some() && context.new.column(id).is_some_and(|new| new.identity.is_none());
    let what = match (loses_identity, old.default.is_some() && old.generated.is_none()) {
        (true, _) => "IDENTITY",
        (_, true) => "DEFAULT",
        _ => return Vec::new(),
    };
    vec![format!("{} DROP {what}", column_attributes::alter_column(id)).into()]
}

/// Whether ALTER COLUMN TYPE itself converts the checks, foreign keys and indexes on a column: the base type stays the
/// same, or both types are integers or both are texts.
pub fn converts_dependents(context: &DiffContext, id: &ObjectId) -> bool {
    let pair = context.old.column(id).zip(context.new.column(id));
    pair.is_none_or(|(old, new)| {
        old.collation == new.collation && cast::converts_dependents(&old.type_name, &new.type_name)
    })
}

/// The column definition in CREATE TABLE and ADD COLUMN. `id` is the table.
pub(super) fn definition(context: &DiffContext, id: &ObjectId, table: &Table, column: &Column) -> String {
    let column_id = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
    let serial = context.new.serial(&column_id).filter(|sequence| context.decisions.inline.contains(*sequence));
    if serial.is_some() {
        let word = match column.type_name.as_str() {
            "smallint" => "smallserial",
            "integer" => "serial",
            _ => "bigserial",
        };
        return format!(
            "{} {word}{}",
            quote(&column.name),
            not_null::named_clause(id, table, column).unwrap_or_default()
        );
    }
    let mut parts = vec![quote(&column.name), column.type_name.clone()];
    if !column.foreign_options.is_empty() {
        parts.push(format!("OPTIONS ({})", options::foreign_list(&column.foreign_options)));
    }
    parts.extend(column.compression.iter().map(|compression| format!("COMPRESSION {compression}")));
    parts.extend(column.collation.iter().map(|collation| format!("COLLATE {collation}")));
    let identity = column.identity.as_ref().and_then(|identity| identity::definition(id, &column.name, identity));
    let is_numbered = identity.is_some();
    match (&column.default, column.generated) {
        (Some(expression), Some(generated)) => parts.push(generation_clause(generated, expression)),
        (Some(default), None) => parts.push(format!("DEFAULT {default}")),
        _ => parts.extend(identity),
    }
    let sql = parts.join(" ");
    match not_null::named_clause(id, table, column) {
        Some(named) if column.not_null => sql + &named,
        _ if column.not_null && !is_numbered => sql + " NOT NULL",
        _ => sql,
    }
}

/// The old column after its parent column has changed.
fn column_after_parent(context: &DiffContext, id: &ObjectId) -> Option<Column> {
    let mut column = context.old.column(id)?.clone();
    let parent = ownership::kept_parent_column(context, context.old, id).filter(|_| column.inherited);
    let Some((old, new)) = parent.and_then(|parent| context.old.column(&parent).zip(context.new.column(&parent)))
    else {
        return Some(column);
    };
    if is_retyped(old, new) {
        column.type_name.clone_from(&new.type_name);
        column.collation.clone_from(&new.collation);
        column.storage.clone_from(&new.storage);
        column.compression = None;
    }
    if old.not_null != new.not_null {
        column.not_null = new.not_null;
    }
    if old.default != new.default {
        column.default.clone_from(&new.default);
    }
    column.generated = if old.generated == new.generated { column.generated } else { new.generated };
    if old.storage != new.storage {
        column.storage.clone_from(&new.storage);
    }
    if old.statistics != new.statistics {
        column.statistics = new.statistics;
    }
    if old.identity != new.identity && column.identity.as_ref().is_none_or(|identity| identity.sequence.is_none()) {
        column.identity = new.identity.as_ref().map(|identity| Identity { sequence: None, ..identity.clone() });
        column.identity = column.identity.filter(|_| context.old.table(&id.schema, &id.of).is_some_and(is_partition));
    }
    Some(column)
}

fn is_partition(table: &Table) -> bool {
    table.partition_of.is_some()
}

fn is_retyped(old: &Column, new: &Column) -> bool {
    old.type_name != new.type_name || old.collation != new.collation
}

/// Whether the conversion of a parent's column to a recreated type also converts this column.
fn is_converted_with_parent(context: &DiffContext, id: &ObjectId) -> bool {
    let follows = context.old.column(id).is_some_and(|column| column.inherited);
    let parent = ownership::kept_parent_column(context, context.old, id).filter(|_| follows);
    parent.is_some_and(|parent| context.decisions.converted.contains(&parent))
}

/// ALTER COLUMN TYPE. Drops the default first if PostgreSQL may not be able to convert it.
fn change_type(context: &DiffContext, id: &ObjectId, old: &mut Column, new: &Column) -> Vec<NotedSql> {
    let is_converted = context.decisions.converted.contains(id) && !is_converted_with_parent(context, id);
    if !is_converted && (!is_retyped(old, new) || ownership::keeps_type(context, id)) {
        return Vec::new();
    }
    let prefix = column_attributes::alter_column(id);
    let mut statements: Vec<NotedSql> = Vec::new();
    (old.storage, old.compression) = (None, None);
    let keeps_default =
        !is_converted && cast::converts_dependents(&old.type_name, &new.type_name) && old.default == new.default;
    if old.default.is_some() && old.generated.is_none() && !keeps_default {
        statements.push(format!("{prefix} DROP DEFAULT").into());
        old.default = None;
    }
    let name = quote(&id.name);
    let Cast { using, note } = if is_converted {
        recreated_type::convert(context, &new.type_name, &name)
    } else {
        cast::cast_column(context, &name, &old.type_name, &new.type_name)
    };
    let collation = new.collation.as_ref().map(|collation| format!(" COLLATE {collation}")).unwrap_or_default();
    let using = using.filter(|_| new.generated.is_none());
    let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
    let sql = format!("{prefix} TYPE {}{collation}{using}", new.type_name);
    statements.push(NotedSql { sql, note: note.map(|note| format!("{}: {note}", id.name)) });
    // A new type resets storage and compression to its own defaults.
    (old.storage, old.compression) = (None, None);
    statements
}

/// Whether existing rows get a value for a new column from the default of its domain.
fn has_domain_default(context: &DiffContext, column: &Column) -> bool {
    context.new.objects.iter().any(|(id, object)| match object {
        Object::Domain(domain) => domain.default.is_some() && ownership::is_type_or_array(&column.type_name, id),
        _ => false,
    })
}

/// `GENERATED ALWAYS AS (…) STORED`
pub(super) fn generation_clause(storage: Generation, expression: &str) -> String {
    let storage = if storage == Generation::Stored { "STORED" } else { "VIRTUAL" };
    format!("GENERATED ALWAYS AS {} {storage}", in_parentheses(expression))
}

/// The expression in parentheses.
fn in_parentheses(text: &str) -> String {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let closes_last = |inner: &str| {
        let (mut depth, mut quoted) = (0_i32, None);
        inner.chars().all(|character| {
            match (quoted, character) {
                (None, '\'' | '"') => quoted = Some(character),
                (Some(open), _) if open == character => quoted = None,
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                _ => {}
            }
            depth >= 0
        })
    };
    if inner.is_some_and(closes_last) { text.to_owned() } else { format!("({text})") }
}

/// Adds or alters an identity. A sequence that starts to number a column continues after the existing values.
fn change_identity(context: &DiffContext, id: &ObjectId, old: &Column, new: &Column) -> Vec<NotedSql> {
    let (prefix, table) = (column_attributes::alter_column(id), table_id(id));
    let mut statements = Vec::new();
    match (&old.identity, &new.identity) {
        (None, Some(identity)) => {
            if let Some(definition) = identity::definition(&table, &new.name, identity) {
                statements.push(format!("{prefix} ADD {definition}").into());
                let options = identity.sequence.as_ref().map(|own| &own.options);
                let set = options.and_then(|options| identity::continue_after_values(&table, new, None, options));
                statements.extend(set.map(NotedSql::from));
            }
        }
        (Some(old), Some(new)) => {
            statements.extend(identity::alter_identity(&prefix, old, new).into_iter().map(NotedSql::from));
        }
        _ => {}
    }
    let sequence = context.new.serial(id).filter(|sequence| !context.old.objects.contains_key(*sequence));
    if let Some((sequence, Some(Object::Sequence(built)))) = sequence.map(|id| (id, context.new.objects.get(id))) {
        let set = identity::continue_after_values(&table, new, Some(sequence), &built.options);
        statements.extend(set.map(NotedSql::from));
    }
    statements
}

fn table_id(id: &ObjectId) -> ObjectId {
    ObjectId::new(Kind::Table, &id.schema, &id.of)
}
