//! Identity columns: GENERATED … AS IDENTITY, also for columns that change from or to `serial`.

use super::sequence;
use crate::core::schema::{Column, Identity, ObjectId, SequenceOptions};
use crate::core::sql::identifier::{literal, qualified, quote};

/// `GENERATED … AS IDENTITY` with the options that are not the defaults. `None` for a partition, which uses its
/// parent's identity.
pub(super) fn definition(table: &ObjectId, column: &str, identity: &Identity) -> Option<String> {
    let own = identity.sequence.as_ref()?;
    let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let mut parts = sequence::create_options(&own.options);
    parts.retain(|part| !part.starts_with("AS "));
    let chosen = sequence::chosen_name(&table.name, column, "seq");
    if (own.schema.as_str(), own.name.as_str()) != (table.schema.as_str(), chosen.as_str()) {
        parts.insert(0, format!("SEQUENCE NAME {}", qualified(&own.schema, &own.name)));
    }
    let options = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" ")) };
    Some(format!("GENERATED {when} AS IDENTITY{options}"))
}

/// Statements that turn one identity into the other. `prefix` is `ALTER TABLE … ALTER COLUMN …`.
pub(super) fn alter_identity(prefix: &str, old: &Identity, new: &Identity) -> Vec<String> {
    let mut statements = Vec::new();
    if old.always != new.always {
        let when = if new.always { "ALWAYS" } else { "BY DEFAULT" };
        statements.push(format!("{prefix} SET GENERATED {when}"));
    }
    let (Some(had), Some(has)) = (&old.sequence, &new.sequence) else { return statements };
    // The sequence gets the column's type together with the column.
    let options =
        sequence::alter_options(&sequence::with_column_type(&had.options, &has.options.type_name), &has.options);
    let name = qualified(&had.schema, &had.name);
    if !options.is_empty() {
        let restart = sequence::must_restart(&had.options, &has.options).then(|| "RESTART".to_owned());
        let options: Vec<String> = options.iter().map(|option| format!("SET {option}")).chain(restart).collect();
        statements.extend(sequence::move_value_within_bounds(&name, &had.options, &has.options));
        statements.push(format!("{prefix} {}", options.join(" ")));
    }
    if had.name != has.name {
        statements.push(format!("ALTER SEQUENCE {name} RENAME TO {}", quote(&has.name)));
    }
    statements
}

/// Sets a sequence so that its next value is after the existing values of the column. `None` for a descending sequence
/// and for a column that is no integer.
pub(super) fn continue_after_values(
    table: &ObjectId,
    column: &Column,
    sequence: Option<&ObjectId>,
    options: &SequenceOptions,
) -> Option<String> {
    let (increment, start) = (options.increment, options.start);
    if increment < 0 || !["smallint", "integer", "bigint"].contains(&column.type_name.as_str()) {
        return None;
    }
    let of = qualified(&table.schema, &table.name);
    let sequence = sequence.map_or_else(
        || format!("pg_get_serial_sequence({}, {})", literal(&of), literal(&column.name)),
        |sequence| literal(&qualified(&sequence.schema, &sequence.name)),
    );
    let name = quote(&column.name);
    Some(format!("SELECT setval({sequence}, GREATEST((SELECT max({name}) FROM {of}) + {increment}, {start}), false)"))
}
