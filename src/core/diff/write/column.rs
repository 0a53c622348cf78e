//! Columns of tables.

use super::super::carry;
use super::super::context::{Context, Verdict, Written};
use super::cast::{self, Cast};
use super::{anew, children, identity, not_null, options};
use crate::core::schema::{Column, Generation, Identity, Kind, Object, ObjectId, Table};
use crate::core::sql::identifier::{qualified, quote};

/// The first version with SET EXPRESSION.
const SET_EXPRESSION: u32 = 17;

pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    let (Some(old), Some(new)) = (effective(context, id), context.new.column(id)) else { return Verdict::Same };
    let retyped = is_retyped(&old, new) && !carry::stays_typed(context, id);
    let regenerated = old.generated != new.generated || old.generated.is_some() && old.default != new.default;
    if regenerated {
        let in_place = match (old.generated, new.generated) {
            (Some(Generation::Stored), None) => true,
            (before, now) => before == now && context.options.version >= SET_EXPRESSION,
        };
        return if in_place { Verdict::Alter { disturbs: retyped } } else { Verdict::Replace };
    }
    if retyped && new.generated.is_some() && cast::cast(&old.type_name, &new.type_name, "").using.is_some() {
        return Verdict::Replace;
    }
    let told = |column: &Column| {
        let column = Column { local: true, inherited: false, ..column.clone() };
        if retyped {
            column
        } else {
            Column { type_name: new.type_name.clone(), collation: new.collation.clone(), ..column }
        }
    };
    let is_renamed = !not_null::changes(context, id, old.not_null).is_empty();
    // A type that comes down from a parent is no statement here, and yet in the way of what stands on it.
    let comes_down = context.old.column(id).is_some_and(|column| column.inherited && is_retyped(column, new));
    let disturbs = retyped || comes_down;
    if told(&old) == told(new) && !is_renamed && !disturbs { Verdict::Same } else { Verdict::Alter { disturbs } }
}

/// What the note says above a statement that a person has to give a value.
const TO_FILL: &str = "put the value for the rows that are there in place of NULL";

/// The 1-based line of a script on which a person has to put a value, where there is one.
#[must_use]
pub fn line_to_fill(script: &str) -> Option<usize> {
    let note = script.lines().position(|line| line.trim_start_matches(['-', ' ']) == TO_FILL)?;
    Some(note + 2)
}

/// ADD COLUMN. What has to have a value and gets none by itself comes in three steps.
pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    let (Some(column), Some(table)) = (context.new.column(id), context.new.table(&id.schema, &id.of)) else {
        return Vec::new();
    };
    let name = qualified(&id.schema, &id.of);
    let lacks_value = column.default.is_none() && column.identity.is_none() && column.generated.is_none();
    let filled = column.not_null && lacks_value && table.foreign.is_none() && !is_filled_by_domain(context, column);
    let nullable = Column { not_null: column.not_null && !filled, ..column.clone() };
    let definition = definition(context, &table_id(id), table, &nullable);
    let mut statements: Vec<Written> = vec![format!("ALTER TABLE {name} ADD COLUMN {definition}").into()];
    if filled {
        statements.push(Written {
            sql: format!("UPDATE {name} SET {} = NULL", quote(&column.name)),
            note: Some(TO_FILL.to_owned()),
        });
        statements.extend(not_null::set(context, id));
    }
    statements.extend(children::afterwards_with(context, id, column));
    statements
}

pub(super) fn drop(context: &Context, id: &ObjectId) -> Vec<Written> {
    let only = if carry::leaves_children(context, id) { "ONLY " } else { "" };
    vec![format!("ALTER TABLE {only}{} DROP COLUMN {}", qualified(&id.schema, &id.of), quote(&id.name)).into()]
}

pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    let (Some(mut old), Some(new)) = (effective(context, id), context.new.column(id)) else { return Vec::new() };
    if context.decisions.released.contains(id) && old.generated.is_none() {
        old.default = None;
        old.identity = old.identity.filter(|_| new.identity.is_some());
    }
    let (prefix, mut statements) = (prefix(id), Vec::new());
    if old.generated.is_some() && new.generated.is_none() {
        statements.push(format!("{prefix} DROP EXPRESSION").into());
        old.default = None;
    }
    statements.extend(retype(context, id, &mut old, new));
    if new.generated.is_some() && old.default != new.default {
        let expression = bracketed(new.default.as_deref().unwrap_or_default());
        statements.push(format!("{prefix} SET EXPRESSION AS {expression}").into());
    } else if old.default != new.default {
        let set = new.default.as_ref().map(|default| format!("{prefix} SET DEFAULT {default}"));
        statements.push(set.unwrap_or_else(|| format!("{prefix} DROP DEFAULT")).into());
    }
    statements.extend(not_null::changes(context, id, old.not_null));
    statements.extend(numbered(context, id, &old, new));
    statements.extend(afterwards(context.options.version, id, Some(&old), new).into_iter().map(Written::from));
    statements
}

pub(super) fn release(context: &Context, id: &ObjectId) -> Vec<Written> {
    let Some(old) = effective(context, id) else { return Vec::new() };
    let loses_identity = old.identity.is_some() && context.new.column(id).is_some_and(|new| new.identity.is_none());
    let what = match (loses_identity, old.default.is_some() && old.generated.is_none()) {
        (true, _) => "IDENTITY",
        (_, true) => "DEFAULT",
        _ => return Vec::new(),
    };
    vec![format!("{} DROP {what}", prefix(id)).into()]
}

/// Whether a column's change of type is one that PostgreSQL carries over to checks, foreign keys and indexes by itself:
/// the same type with another modifier, or one number for another, one text for another.
pub(in crate::core::diff) fn is_light(context: &Context, id: &ObjectId) -> bool {
    let pair = context.old.column(id).zip(context.new.column(id));
    pair.is_none_or(|(old, new)| old.collation == new.collation && cast::is_light(&old.type_name, &new.type_name))
}

/// A column as CREATE TABLE and ADD COLUMN take it; `table` is its identity.
pub(super) fn definition(context: &Context, id: &ObjectId, table: &Table, column: &Column) -> String {
    let column_id = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
    let serial = context.new.serial(&column_id).filter(|sequence| context.decisions.inline.contains(*sequence));
    if serial.is_some() {
        let word = match column.type_name.as_str() {
            "smallint" => "smallserial",
            "integer" => "serial",
            _ => "bigserial",
        };
        return format!("{} {word}{}", quote(&column.name), not_null::named(id, table, column).unwrap_or_default());
    }
    let mut parts = vec![quote(&column.name), column.type_name.clone()];
    if !column.foreign_options.is_empty() {
        parts.push(format!("OPTIONS ({})", options::foreign(&column.foreign_options)));
    }
    parts.extend(column.compression.iter().map(|compression| format!("COMPRESSION {compression}")));
    parts.extend(column.collation.iter().map(|collation| format!("COLLATE {collation}")));
    let identity = column.identity.as_ref().and_then(|identity| identity::definition(id, &column.name, identity));
    let is_numbered = identity.is_some();
    match (&column.default, column.generated) {
        (Some(expression), Some(generated)) => parts.push(generation(generated, expression)),
        (Some(default), None) => parts.push(format!("DEFAULT {default}")),
        _ => parts.extend(identity),
    }
    let sql = parts.join(" ");
    match not_null::named(id, table, column) {
        Some(named) if column.not_null => sql + &named,
        _ if column.not_null && !is_numbered => sql + " NOT NULL",
        _ => sql,
    }
}

/// What a column's definition cannot say, or did not say before. `None`: it has just been made.
pub(super) fn afterwards(version: u32, id: &ObjectId, old: Option<&Column>, new: &Column) -> Vec<String> {
    let (prefix, mut statements) = (prefix(id), Vec::new());
    if old.and_then(|old| old.storage.as_ref()) != new.storage.as_ref() {
        let default = if version >= 16 { "DEFAULT" } else { natural_storage(&new.type_name) };
        let storage = new.storage.as_deref().map_or_else(|| default.to_owned(), str::to_uppercase);
        statements.push(format!("{prefix} SET STORAGE {storage}"));
    }
    if old.is_some_and(|old| old.compression != new.compression) {
        let compression = new.compression.as_deref().unwrap_or("default");
        statements.push(format!("{prefix} SET COMPRESSION {compression}"));
    }
    if old.and_then(|old| old.statistics) != new.statistics {
        statements.push(format!("{prefix} SET STATISTICS {}", new.statistics.unwrap_or(-1)));
    }
    let had = old.map(|old| old.options.as_slice()).unwrap_or_default();
    statements.extend(options::changed(&prefix, had, &new.options));
    if let Some(old) = old.filter(|old| old.foreign_options != new.foreign_options) {
        let changed = options::changed_foreign(&old.foreign_options, &new.foreign_options);
        statements.push(format!("{prefix} OPTIONS ({changed})"));
    }
    statements
}

/// The old column as it is once its parent's own changes have come down to it.
fn effective(context: &Context, id: &ObjectId) -> Option<Column> {
    let mut column = context.old.column(id)?.clone();
    let follows = column.inherited && carry::stays_child(context, &table_id(id));
    let parent = carry::parent_column(context.old, id).filter(|_| follows);
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

/// Whether a parent's column that gets its type anew takes this one along.
fn is_retyped_with_parent(context: &Context, id: &ObjectId) -> bool {
    let follows = context.old.column(id).is_some_and(|column| column.inherited);
    let parent =
        carry::parent_column(context.old, id).filter(|_| follows && carry::stays_child(context, &table_id(id)));
    parent.is_some_and(|parent| context.decisions.forced.contains(&parent))
}

/// The new type, with the default out of the way where PostgreSQL might not know what to make of it.
fn retype(context: &Context, id: &ObjectId, old: &mut Column, new: &Column) -> Vec<Written> {
    let forced = context.decisions.forced.contains(id) && !is_retyped_with_parent(context, id);
    if !forced && (!is_retyped(old, new) || carry::stays_typed(context, id)) {
        return Vec::new();
    }
    let prefix = prefix(id);
    let mut statements: Vec<Written> = Vec::new();
    // A new type brings its own storage.
    (old.storage, old.compression) = (None, None);
    let light = !forced && cast::is_light(&old.type_name, &new.type_name) && old.default == new.default;
    if old.default.is_some() && old.generated.is_none() && !light {
        statements.push(format!("{prefix} DROP DEFAULT").into());
        old.default = None;
    }
    let name = quote(&id.name);
    let Cast { using, note } = if forced {
        anew::cast(context, &new.type_name, &name)
    } else {
        plain_cast(context, &name, &old.type_name, &new.type_name)
    };
    let collation = new.collation.as_ref().map(|collation| format!(" COLLATE {collation}")).unwrap_or_default();
    let using = using.filter(|_| new.generated.is_none());
    let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
    let sql = format!("{prefix} TYPE {}{collation}{using}", new.type_name);
    statements.push(Written { sql, note: note.map(|note| format!("{}: {note}", id.name)) });
    // The new type comes with what it has by itself.
    (old.storage, old.compression) = (None, None);
    statements
}

/// What PostgreSQL does for a domain's type, it does for the domain.
pub(super) fn plain_cast(context: &Context, name: &str, old: &str, new: &str) -> Cast {
    let (from, to) = (cast::resolved(context.old, old), cast::resolved(context.new, new));
    let under = cast::cast(&from, &to, name);
    if under.using.is_none() || to == new { under } else { cast::cast(&from, new, name) }
}

/// Whether rows that are there get a value of a new column from its domain's default.
fn is_filled_by_domain(context: &Context, column: &Column) -> bool {
    context.new.objects.iter().any(|(id, object)| match object {
        Object::Domain(domain) => domain.default.is_some() && carry::is_of_type(&column.type_name, id),
        _ => false,
    })
}

/// `GENERATED ALWAYS AS (…) STORED`
pub(super) fn generation(kept: Generation, expression: &str) -> String {
    let kept = if kept == Generation::Stored { "STORED" } else { "VIRTUAL" };
    format!("GENERATED ALWAYS AS {} {kept}", bracketed(expression))
}

/// An expression in brackets, where it has none yet.
fn bracketed(text: &str) -> String {
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

/// Identity that is added or changed; a sequence that begins to number a column that has values goes on after them.
fn numbered(context: &Context, id: &ObjectId, old: &Column, new: &Column) -> Vec<Written> {
    let (prefix, table) = (prefix(id), table_id(id));
    let mut statements = Vec::new();
    match (&old.identity, &new.identity) {
        (None, Some(identity)) => {
            if let Some(definition) = identity::definition(&table, &new.name, identity) {
                statements.push(format!("{prefix} ADD {definition}").into());
                let options = identity.sequence.as_ref().map(|own| &own.options);
                let set = options.and_then(|options| identity::go_on_after(&table, new, None, options));
                statements.extend(set.map(Written::from));
            }
        }
        (Some(old), Some(new)) => {
            statements.extend(identity::changes(&prefix, old, new).into_iter().map(Written::from));
        }
        _ => {}
    }
    let sequence = context.new.serial(id).filter(|sequence| !context.old.objects.contains_key(*sequence));
    if let Some((sequence, Some(Object::Sequence(made)))) = sequence.map(|id| (id, context.new.objects.get(id))) {
        let set = identity::go_on_after(&table, new, Some(sequence), &made.options);
        statements.extend(set.map(Written::from));
    }
    statements
}

/// How PostgreSQL keeps a type by itself, where it cannot be told to choose (before 16).
fn natural_storage(type_name: &str) -> &'static str {
    if ["numeric", "inet", "cidr"].contains(&type_name.split('(').next().unwrap_or_default()) {
        "MAIN"
    } else {
        "EXTENDED"
    }
}

fn prefix(id: &ObjectId) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {}", qualified(&id.schema, &id.of), quote(&id.name))
}

fn table_id(id: &ObjectId) -> ObjectId {
    ObjectId::new(Kind::Table, &id.schema, &id.of)
}
