//! Decides which copies a loss requires, according to the catalog.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use super::columns::{self, CatalogColumn};
use super::relations::{self, Relation};
use crate::core::copies::{CopiedColumn, CopyDetail, CopyKind, Loss};
use crate::core::statement::{Effect, RowFilter, table_sql};
use crate::engine::connection::identifier::quote;

/// One copy to make.
#[derive(Debug, Clone)]
pub(super) struct CopyTask {
    pub kind: CopyKind,
    /// The object's name as it is shown: as in the statement, if the statement names it.
    pub object: String,
    pub schema: String,
    pub table: String,
    pub detail: CopyDetail,
    /// The rows to copy. `None`: all rows.
    pub filter: Option<RowFilter>,
    /// Whether the statement itself deletes or updates these rows. Then it must not affect more rows than were copied.
    pub is_direct: bool,
    /// Whether the statement drops the object.
    pub is_dropped: bool,
    /// The maximum size of the copy in bytes.
    pub bytes: u64,
    /// Whether foreign keys may delete or change the rows that reference the copied rows, so that these are copied too.
    pub follows_foreign_keys: bool,
}

/// A loss that is not copied.
#[derive(Debug, Clone)]
pub(super) struct Uncopied {
    pub object: String,
    pub reason: &'static str,
}

/// The copies that a loss requires.
#[derive(Debug, Default)]
pub(super) struct PlannedCopies {
    pub tasks: Vec<CopyTask>,
    pub uncopied: Vec<Uncopied>,
}

/// Finds the relations that a loss affects. The search path must be the script's.
pub(super) async fn find_relations(client: &Client, loss: &Loss) -> Result<AffectedRelations, CopyError> {
    let mut found = AffectedRelations::default();
    match &loss.effect {
        Effect::Truncates { table } => {
            found.remaining = relations::find_with_children(client, &table_sql(table)).await?;
            let tables = found.remaining_oids();
            found.remaining.extend(relations::find_referencing(client, &tables).await?);
            let tables = found.remaining_oids();
            found.remaining.extend(relations::find_sequences(client, &tables).await?);
        }
        Effect::DeletesRows { table, .. }
        | Effect::OverwritesValues { table, .. }
        | Effect::ChangesType { table, .. } => {
            found.remaining = relations::find_with_children(client, &table_sql(table)).await?;
        }
        Effect::ChangesAttribute { .. } => {
            (found.remaining, found.dropped) = relations::find_by_attribute(client, &loss.object).await?;
        }
        effect => {
            (found.dropped, found.remaining) = relations::find_dropped(client, effect).await?;
            found.names_column = matches!(effect, Effect::DropsColumn { .. });
        }
    }
    Ok(found)
}

/// The relations that a loss affects.
#[derive(Debug, Default)]
pub(super) struct AffectedRelations {
    /// The relations and columns that are dropped.
    dropped: Vec<Relation>,
    /// The relations and columns that remain, but lose rows or values.
    remaining: Vec<Relation>,
    /// Whether the statement names a column.
    names_column: bool,
}

impl AffectedRelations {
    /// Returns all relations.
    pub fn into_all(self) -> Vec<Relation> {
        let Self { mut dropped, remaining, .. } = self;
        dropped.extend(remaining);
        dropped
    }

    fn remaining_oids(&self) -> Vec<Oid> {
        self.remaining.iter().map(|relation| relation.oid).collect()
    }
}

/// Plans the copies that a loss requires.
pub(super) async fn plan_copies(
    client: &Client,
    loss: &Loss,
    found: &AffectedRelations,
) -> Result<PlannedCopies, CopyError> {
    let mut planned = PlannedCopies::default();
    if let Some(reason) = loss.not_copied() {
        planned.uncopied.push(Uncopied { object: loss.object.clone(), reason: reason.reason() });
        return Ok(planned);
    }
    let count = found.dropped.iter().filter(|relation| !matches!(relation.kind, 'S' | 'm')).count();
    for relation in &found.dropped {
        // The object that the statement names is shown as written there. Objects that are dropped with it are shown by
        // their own names.
        let is_named = (relation.column == 0 && is_name_of(&loss.object, relation))
            || (found.names_column && relation.column > 0 && count == 1);
        let object = is_named.then(|| loss.object.clone());
        plan_dropped(client, relation, object, &mut planned).await?;
    }
    let names_relation = matches!(
        loss.effect,
        Effect::Truncates { .. }
            | Effect::DeletesRows { .. }
            | Effect::OverwritesValues { .. }
            | Effect::ChangesType { .. }
    );
    for (index, relation) in found.remaining.iter().enumerate() {
        let object = (index == 0 && names_relation).then(|| loss.object.clone());
        plan_remaining(client, loss, relation, object, &mut planned).await?;
    }
    Ok(planned)
}

/// Whether a name in a statement is the name of a relation.
fn is_name_of(object: &str, relation: &Relation) -> bool {
    let last = quote(&relation.name);
    object == relation.name
        || object == last
        || object.ends_with(&format!(".{}", relation.name))
        || object.ends_with(&last)
}

/// Plans the copy of a relation or column that is dropped.
async fn plan_dropped(
    client: &Client,
    relation: &Relation,
    object: Option<String>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let object = object.unwrap_or_else(|| object_name(relation, None));
    let uncopied = |reason| Uncopied { object: object.clone(), reason };
    match (relation.kind, relation.column) {
        ('m', _) => {
            planned
                .uncopied
                .push(uncopied("it is a materialized view, which REFRESH MATERIALIZED VIEW can compute again"));
        }
        ('f', _) => planned.uncopied.push(uncopied("its rows are on another server and are not deleted")),
        ('S', _) => planned.tasks.push(plan_sequence_copy(client, relation, object, true).await?),
        (_, 0) => planned.tasks.push(plan_row_copy(client, relation, object, CopyKind::Table, None).await?),
        (_, number) => {
            let columns = columns::read_columns(client, relation.oid).await?;
            let Some(column) = columns.iter().find(|column| column.copied.number == number) else {
                return Ok(());
            };
            if column.current.generated {
                return Ok(());
            }
            let object = if object == object_name(relation, None) {
                object_name(relation, Some(&column.copied.name))
            } else {
                object
            };
            let mut task = plan_value_copy(client, relation, &columns, number, object, None).await?;
            (task.kind, task.is_dropped) = (CopyKind::Column, true);
            planned.tasks.push(task);
        }
    }
    Ok(())
}

/// Plans the copies of a relation that remains but loses rows or values.
async fn plan_remaining(
    client: &Client,
    loss: &Loss,
    relation: &Relation,
    object: Option<String>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let reason = match relation.kind {
        'v' => Some("it is a view, and limbeck does not copy rows through views; make a backup"),
        'f' => Some("its rows are on another server"),
        'm' => Some("it is a materialized view, which REFRESH MATERIALIZED VIEW can compute again"),
        _ => None,
    };
    if let Some(reason) = reason {
        planned.uncopied.push(Uncopied { object: object.unwrap_or_else(|| object_name(relation, None)), reason });
        return Ok(());
    }
    let table_name = || object_name(relation, None);
    match &loss.effect {
        _ if relation.kind == 'S' => {
            planned.tasks.push(plan_sequence_copy(client, relation, table_name(), false).await?);
        }
        Effect::Truncates { .. } => {
            let object = object.unwrap_or_else(table_name);
            planned.tasks.push(plan_row_copy(client, relation, object, CopyKind::Rows, None).await?);
        }
        Effect::DeletesRows { rows: selection, .. } => {
            let object = object.unwrap_or_else(table_name);
            let mut task = plan_row_copy(client, relation, object, CopyKind::Rows, selection.filter().cloned()).await?;
            (task.is_direct, task.follows_foreign_keys) = (true, true);
            planned.tasks.push(task);
        }
        Effect::OverwritesValues { column, rows: selection, .. } => {
            plan_overwritten(client, relation, column, object, selection.filter().cloned(), planned).await?;
        }
        Effect::ChangesType { column, .. } => {
            let before = planned.tasks.len();
            plan_overwritten(client, relation, column, object, None, planned).await?;
            planned.tasks.iter_mut().skip(before).for_each(|task| task.detail.type_changed = true);
        }
        _ => plan_changed_type(client, relation, planned).await?,
    }
    Ok(())
}

/// Plans the copy of a column whose composite type loses an attribute.
async fn plan_changed_type(client: &Client, relation: &Relation, planned: &mut PlannedCopies) -> Result<(), CopyError> {
    let columns = columns::read_columns(client, relation.oid).await?;
    let column = columns.iter().find(|column| column.copied.number == relation.column);
    if let Some(column) = column.filter(|column| !column.current.generated) {
        let object = object_name(relation, Some(&column.copied.name));
        let mut task = plan_value_copy(client, relation, &columns, relation.column, object, None).await?;
        task.detail.type_changed = true;
        planned.tasks.push(task);
    }
    Ok(())
}

/// Plans the copy of the values of a column that are overwritten.
async fn plan_overwritten(
    client: &Client,
    relation: &Relation,
    column: &str,
    object: Option<String>,
    filter: Option<RowFilter>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let columns = columns::read_columns(client, relation.oid).await?;
    let Some(found) = columns.iter().find(|other| other.copied.name == column) else { return Ok(()) };
    if found.current.generated {
        return Ok(());
    }
    let is_direct = filter.is_some();
    // If all values are NULL, the UPDATE destroys nothing.
    if is_direct {
        let table = columns::table_sql(&relation.schema, &relation.name, relation.kind == 'p');
        if !columns::has_values(client, &table, column).await? {
            return Ok(());
        }
    }
    let object = object.unwrap_or_else(|| object_name(relation, Some(column)));
    let mut task = plan_value_copy(client, relation, &columns, found.copied.number, object, filter).await?;
    task.is_direct = is_direct;
    planned.tasks.push(task);
    Ok(())
}

/// Plans a copy of whole rows.
pub(super) async fn plan_row_copy(
    client: &Client,
    relation: &Relation,
    object: String,
    kind: CopyKind,
    filter: Option<RowFilter>,
) -> Result<CopyTask, CopyError> {
    let columns = columns::read_columns(client, relation.oid).await?;
    let key = columns::find_key(client, relation.oid, &[]).await?;
    let key = columns::select_columns(&columns, key.unwrap_or_default().as_slice());
    let columns: Vec<CopiedColumn> = columns.into_iter().map(|column| column.copied).collect();
    let detail = CopyDetail {
        relation: relation.oid,
        database: None,
        only: relation.kind != 'p',
        columns,
        key,
        type_changed: false,
        not_restorable: None,
        sequence_state: None,
        name_before: None,
        batch: None,
    };
    let bytes = columns::read_size(client, relation.oid).await?;
    Ok(CopyTask { bytes, is_dropped: kind == CopyKind::Table, ..new_task(relation, kind, object, detail, filter) })
}

/// Plans a copy of the values of a column.
pub(super) async fn plan_value_copy(
    client: &Client,
    relation: &Relation,
    columns: &[CatalogColumn],
    number: i16,
    object: String,
    filter: Option<RowFilter>,
) -> Result<CopyTask, CopyError> {
    let key = columns::find_key(client, relation.oid, &[number]).await?;
    let not_restorable = match &key {
        Some(_) => None,
        None => Some(columns::why_no_key(client, relation.oid).await?.to_owned()),
    };
    // Without a key, the other columns are copied too, so that a person can find the row of a value.
    let others = || columns.iter().map(|column| column.copied.number).filter(|other| *other != number).collect();
    let key = key.unwrap_or_else(others);
    let width = |numbers: &[i16]| {
        let selected = columns.iter().filter(|column| numbers.contains(&column.copied.number));
        selected.map(|column| u64::from(column.width)).sum::<u64>()
    };
    let all: Vec<i16> = columns.iter().map(|column| column.copied.number).collect();
    // 28 bytes: the header and the item pointer of a row.
    let (part, whole) = (28 + width(&key) + width(&[number]), 28 + width(&all));
    let size = columns::read_size(client, relation.oid).await?;
    let bytes = u64::try_from(u128::from(size) * u128::from(part) / u128::from(whole)).unwrap_or(size);
    let detail = CopyDetail {
        relation: relation.oid,
        database: None,
        only: relation.kind != 'p',
        columns: columns::select_columns(columns, &[number]),
        key: columns::select_columns(columns, &key),
        type_changed: false,
        not_restorable,
        sequence_state: None,
        name_before: None,
        batch: None,
    };
    Ok(CopyTask { bytes, ..new_task(relation, CopyKind::Values, object, detail, filter) })
}

/// Plans a copy of the state of a sequence.
async fn plan_sequence_copy(
    client: &Client,
    relation: &Relation,
    object: String,
    is_dropped: bool,
) -> Result<CopyTask, CopyError> {
    let name = format!("{}.{}", quote(&relation.schema), quote(&relation.name));
    let sequence_state = Some(columns::read_sequence_state(client, relation.oid, &name).await?);
    let owner = columns::find_owner_table(client, relation.oid).await?;
    let detail = CopyDetail {
        relation: relation.oid,
        database: None,
        only: false,
        columns: Vec::new(),
        key: Vec::new(),
        type_changed: false,
        not_restorable: None,
        sequence_state,
        name_before: None,
        batch: None,
    };
    let mut task = new_task(relation, CopyKind::Sequence, object, detail, None);
    if let Some((schema, table)) = owner {
        (task.schema, task.table) = (schema, table);
    }
    Ok(CopyTask { is_dropped, ..task })
}

fn new_task(
    relation: &Relation,
    kind: CopyKind,
    object: String,
    detail: CopyDetail,
    filter: Option<RowFilter>,
) -> CopyTask {
    CopyTask {
        kind,
        object,
        schema: relation.schema.clone(),
        table: relation.name.clone(),
        detail,
        filter,
        is_direct: false,
        is_dropped: false,
        bytes: 0,
        follows_foreign_keys: false,
    }
}

/// The name of a relation or column as it is shown if the statement does not name it.
pub(super) fn object_name(relation: &Relation, column: Option<&str>) -> String {
    use crate::core::sql::identifier::{qualified, quote};
    // The schema public is omitted.
    let schema = if relation.schema == "public" { "" } else { relation.schema.as_str() };
    let table = qualified(schema, &relation.name);
    column.map_or_else(|| table.clone(), |column| format!("{table}.{}", quote(column)))
}
