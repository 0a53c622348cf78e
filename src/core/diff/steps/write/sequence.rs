//! Sequences, including those of `serial` columns.

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Object, ObjectId, Persistence, Schema, Sequence, SequenceOptions};
use crate::core::sql::identifier::{literal, qualified, quote};

/// The first version in which a sequence can be unlogged.
const UNLOGGED: u32 = 15;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = (sequence(context.old, id), sequence(context.new, id)) else {
        return Alteration::None;
    };
    let is_logged_alike = old.persistence == new.persistence || context.options.version < UNLOGGED;
    let is_same = old.options == new.options && is_logged_alike;
    if is_same { Alteration::None } else { Alteration::InPlace { rebuilds_dependents: false } }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(sequence) = sequence(context.new, id) else { return Vec::new() };
    let unlogged = if sequence.persistence == Persistence::Unlogged { "UNLOGGED " } else { "" };
    let head = format!("CREATE {unlogged}SEQUENCE {}", qualified(&id.schema, &id.name));
    let lines: Vec<String> = [head].into_iter().chain(create_options(&sequence.options)).collect();
    vec![lines.join("\n    ").into()]
}

pub(super) fn drop(_: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    vec![format!("DROP SEQUENCE {}", qualified(&id.schema, &id.name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = (sequence(context.old, id), sequence(context.new, id)) else { return Vec::new() };
    let name = qualified(&id.schema, &id.name);
    let mut statements = Vec::new();
    let parts = alter_options(&old.options, &new.options);
    if !parts.is_empty() {
        statements.extend(move_value_within_bounds(&name, &old.options, &new.options).map(NotedSql::from));
        let restart = if must_restart(&old.options, &new.options) { " RESTART" } else { "" };
        statements.push(format!("ALTER SEQUENCE {name} {}{restart}", parts.join(" ")).into());
    }
    if old.persistence != new.persistence && context.options.version >= UNLOGGED {
        let logged = if new.persistence == Persistence::Unlogged { "UNLOGGED" } else { "LOGGED" };
        statements.push(format!("ALTER SEQUENCE {name} SET {logged}").into());
    }
    statements
}

/// Whether the new schema's sequence is exactly the one that `serial` creates. The column is then defined as `serial`.
pub fn is_serial(context: &DiffContext, id: &ObjectId) -> bool {
    let Some(sequence) = sequence(context.new, id) else { return false };
    let Some(owner) = ownership::owning_column(context.new, id) else { return false };
    let Some(column) = context.new.column(&owner) else { return false };
    let Some(table) = context.new.table(&owner.schema, &owner.of) else { return false };
    let is_as_table = context.options.version < UNLOGGED || table.persistence == sequence.persistence;
    // The columns of these tables are defined by a parent or a type.
    let defines_it = table.partition_of.is_none() && table.of_type.is_none() && (column.local || !column.inherited);
    let default = format!("nextval({}::regclass)", literal(&qualified(&id.schema, &id.name)));
    let has_name = id.schema == owner.schema && id.name == chosen_name(&owner.of, &owner.name, "seq");
    let is_plain = create_options(&sequence.options).iter().all(|part| part.starts_with("AS "));
    column.default.as_ref() == Some(&default)
        && column.not_null
        && column.type_name == sequence.options.type_name
        && has_name
        && is_plain
        && is_as_table
        && defines_it
}

/// ALTER SEQUENCE … OWNED BY, as in the new schema.
pub fn own(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let owner = ownership::owning_column(context.new, id).map_or_else(
        || "NONE".to_owned(),
        |column| format!("{}.{}", qualified(&column.schema, &column.of), quote(&column.name)),
    );
    vec![format!("ALTER SEQUENCE {} OWNED BY {owner}", qualified(&id.schema, &id.name)).into()]
}

/// The options of CREATE SEQUENCE that are not the defaults.
pub(super) fn create_options(options: &SequenceOptions) -> Vec<String> {
    let one = options;
    let (minimum, maximum) = bounds(one);
    let start = if one.increment < 0 { one.maximum } else { one.minimum };
    let options = [
        (one.type_name != "bigint", format!("AS {}", one.type_name)),
        (one.start != start, format!("START WITH {}", one.start)),
        (one.increment != 1, format!("INCREMENT BY {}", one.increment)),
        (one.minimum != minimum, format!("MINVALUE {}", one.minimum)),
        (one.maximum != maximum, format!("MAXVALUE {}", one.maximum)),
        (one.cache != 1, format!("CACHE {}", one.cache)),
        (one.cycle, "CYCLE".to_owned()),
    ];
    options.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, part)| part).collect()
}

/// The options of ALTER SEQUENCE that turn one list into the other.
pub(super) fn alter_options(old: &SequenceOptions, new: &SequenceOptions) -> Vec<String> {
    let retyped = old.type_name != new.type_name;
    let old = &adapt_bounds_to_type(old, &new.type_name);
    let cycle = if new.cycle { "CYCLE" } else { "NO CYCLE" };
    let options = [
        (retyped, format!("AS {}", new.type_name)),
        (old.increment != new.increment, format!("INCREMENT BY {}", new.increment)),
        (old.minimum != new.minimum, format!("MINVALUE {}", new.minimum)),
        (old.maximum != new.maximum, format!("MAXVALUE {}", new.maximum)),
        (old.start != new.start, format!("START WITH {}", new.start)),
        (old.cache != new.cache, format!("CACHE {}", new.cache)),
        (old.cycle != new.cycle, cycle.to_owned()),
    ];
    options.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, part)| part).collect()
}

/// The options after `AS type`: bounds equal to the range of the old type become the range of the new type.
pub(super) fn adapt_bounds_to_type(options: &SequenceOptions, type_name: &str) -> SequenceOptions {
    let mut changed = options.clone();
    let ((least, most), (new_least, new_most)) = (range(&options.type_name), range(type_name));
    if options.minimum == least {
        changed.minimum = new_least;
    }
    if options.maximum == most {
        changed.maximum = new_most;
    }
    changed
}

/// Whether no value of the sequence is within the new bounds, so that it must start again.
pub(super) fn must_restart(old: &SequenceOptions, new: &SequenceOptions) -> bool {
    new.minimum > old.maximum || new.maximum < old.minimum
}

/// Moves the current value into the new bounds, which ALTER SEQUENCE would otherwise reject. `None` if the start value
/// is within them.
pub(super) fn move_value_within_bounds(name: &str, old: &SequenceOptions, new: &SequenceOptions) -> Option<String> {
    let (function, bound, context) = if old.start < new.minimum && new.minimum <= old.maximum {
        ("GREATEST", new.minimum, ">=")
    } else if old.start > new.maximum && new.maximum >= old.minimum {
        ("LEAST", new.maximum, "<=")
    } else {
        return None;
    };
    let (of, value) = (literal(name), format!("{function}(last_value, {bound})"));
    Some(format!("SELECT setval({of}, {value}, is_called AND last_value {context} {bound}) FROM {name}"))
}

/// The name that PostgreSQL chooses for an object that belongs to a column, shortened to at most 63 bytes.
pub(super) fn chosen_name(table: &str, column: &str, label: &str) -> String {
    let room = 63 - label.len() - 2;
    let (mut table, mut column) = (table, column);
    while table.len() + column.len() > room {
        let longer = if table.len() > column.len() { &mut table } else { &mut column };
        let end = longer.char_indices().next_back().map_or(0, |(at, _)| at);
        *longer = &longer[..end];
    }
    format!("{table}_{column}_{label}")
}

/// The options after the column gets another type: bounds that were the defaults of the old type become those of the
/// new type.
pub(super) fn with_column_type(options: &SequenceOptions, type_name: &str) -> SequenceOptions {
    let mut new = SequenceOptions { type_name: type_name.to_owned(), ..options.clone() };
    let (was, is) = (bounds(options), bounds(&new));
    new.minimum = if options.minimum == was.0 { is.0 } else { options.minimum };
    new.maximum = if options.maximum == was.1 { is.1 } else { options.maximum };
    new
}

/// The default minimum and maximum of a sequence.
fn bounds(options: &SequenceOptions) -> (i64, i64) {
    let (least, most) = range(&options.type_name);
    if options.increment < 0 { (least, -1) } else { (1, most) }
}

/// The smallest and the largest value of a type.
fn range(type_name: &str) -> (i64, i64) {
    match type_name {
        "smallint" => (i16::MIN.into(), i16::MAX.into()),
        "integer" => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

fn sequence<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Sequence> {
    match schema.objects.get(id) {
        Some(Object::Sequence(sequence)) => Some(sequence),
        _ => None,
    }
}
