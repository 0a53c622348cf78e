//! From what a statement destroys to the copies that have to be made, according to the catalog.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use super::columns::{self, Described};
use super::relations::{self, Relation};
use crate::core::copies::{Column, Detail, Kind, Loss};
use crate::core::statement::{Effect, RowFilter, table_sql};
use crate::engine::connection::identifier::quote;

/// One copy to make.
#[derive(Debug, Clone)]
pub(super) struct CopyTask {
    pub kind: Kind,
    /// As it is told: the statement's own name where it has one.
    pub object: String,
    pub schema: String,
    pub table: String,
    pub detail: Detail,
    pub filter: Option<RowFilter>,
    /// Whether the statement takes these rows itself, so that it must not take more than were copied.
    pub direct: bool,
    /// Whether the object is to be gone afterwards.
    pub goes: bool,
    /// At most, in bytes.
    pub bytes: u64,
    /// What rows that refer to these become, where foreign keys pass the loss on.
    pub passes_on: bool,
}

/// A loss that is not copied.
#[derive(Debug, Clone)]
pub(super) struct Uncopied {
    pub object: String,
    pub why: &'static str,
}

/// The copies that a loss requires.
#[derive(Debug, Default)]
pub(super) struct PlannedCopies {
    pub tasks: Vec<CopyTask>,
    pub uncopied: Vec<Uncopied>,
}

/// Why a copy cannot be restored without a key.
pub(super) const NO_KEY: &str = "the table has no primary key, so a value cannot be assigned to its row";

/// The relations that a loss affects, looked up under the script's own search path.
pub(super) async fn find_relations(client: &Client, loss: &Loss) -> Result<AffectedRelations, CopyError> {
    let mut found = AffectedRelations::default();
    match &loss.effect {
        Effect::Truncates { table } => {
            found.remaining = relations::with_children(client, &table_sql(table)).await?;
            let numbers = found.remaining_oids();
            found.remaining.extend(relations::referring(client, &numbers).await?);
            let numbers = found.remaining_oids();
            found.remaining.extend(relations::sequences(client, &numbers).await?);
        }
        Effect::DeletesRows { table, .. }
        | Effect::OverwritesValues { table, .. }
        | Effect::ChangesType { table, .. } => {
            found.remaining = relations::with_children(client, &table_sql(table)).await?;
        }
        Effect::ChangesAttribute { .. } => {
            (found.remaining, found.dropped) = relations::of_type(client, &loss.object).await?;
        }
        effect => {
            (found.dropped, found.remaining) = relations::dropped(client, effect).await?;
            found.names_column = matches!(effect, Effect::DropsColumn { .. });
        }
    }
    Ok(found)
}

/// The relations that a loss affects.
#[derive(Debug, Default)]
pub(super) struct AffectedRelations {
    /// Relations and columns that are dropped.
    dropped: Vec<Relation>,
    /// Those that remain, with other rows or values.
    remaining: Vec<Relation>,
    names_column: bool,
}

impl AffectedRelations {
    /// All of them.
    pub fn into_all(self) -> Vec<Relation> {
        let Self { mut dropped, remaining, .. } = self;
        dropped.extend(remaining);
        dropped
    }

    fn remaining_oids(&self) -> Vec<Oid> {
        self.remaining.iter().map(|relation| relation.oid).collect()
    }
}

/// The copies that a loss requires.
pub(super) async fn plan_copies(
    client: &Client,
    loss: &Loss,
    found: &AffectedRelations,
) -> Result<PlannedCopies, CopyError> {
    let mut planned = PlannedCopies::default();
    if let Some(reason) = loss.not_copied() {
        planned.uncopied.push(Uncopied { object: loss.object.clone(), why: reason.reason() });
        return Ok(planned);
    }
    let many = found.dropped.iter().filter(|relation| !matches!(relation.kind, 'S' | 'm')).count();
    for relation in &found.dropped {
        // The object that the statement names is shown as it is written; what is dropped with it, by its own name.
        let is_named = (relation.column == 0 && is_name_of(&loss.object, relation))
            || (found.names_column && relation.column > 0 && many == 1);
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
    for (place, relation) in found.remaining.iter().enumerate() {
        let object = (place == 0 && names_relation).then(|| loss.object.clone());
        plan_remaining(client, loss, relation, object, &mut planned).await?;
    }
    Ok(planned)
}

/// Whether a name as written is that of a relation.
fn is_name_of(object: &str, relation: &Relation) -> bool {
    let last = quote(&relation.name);
    object == relation.name
        || object == last
        || object.ends_with(&format!(".{}", relation.name))
        || object.ends_with(&last)
}

async fn plan_dropped(
    client: &Client,
    relation: &Relation,
    object: Option<String>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let object = object.unwrap_or_else(|| object_name(relation, None));
    let uncopied = |why| Uncopied { object: object.clone(), why };
    match (relation.kind, relation.column) {
        ('m', _) => {
            planned
                .uncopied
                .push(uncopied("REFRESH MATERIALIZED VIEW can compute it again, from the data at that time"));
        }
        ('f', _) => planned.uncopied.push(uncopied("its rows are on another server and are not deleted")),
        ('S', _) => planned.tasks.push(sequence(client, relation, object, true).await?),
        (_, 0) => planned.tasks.push(rows(client, relation, object, Kind::Table, None).await?),
        (_, number) => {
            let columns = columns::columns(client, relation.oid).await?;
            let Some(column) = columns.iter().find(|described| described.column.number == number) else {
                return Ok(());
            };
            if column.now.generated {
                return Ok(());
            }
            let object = if object == object_name(relation, None) {
                object_name(relation, Some(&column.column.name))
            } else {
                object
            };
            let mut task = values(client, relation, &columns, number, object, None).await?;
            (task.kind, task.goes) = (Kind::Column, true);
            planned.tasks.push(task);
        }
    }
    Ok(())
}

async fn plan_remaining(
    client: &Client,
    loss: &Loss,
    relation: &Relation,
    object: Option<String>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let why = match relation.kind {
        'v' => Some("it is a view, and limbeck does not follow its tables; make a backup"),
        'f' => Some("its rows are on another server"),
        _ => None,
    };
    if let Some(why) = why {
        planned.uncopied.push(Uncopied { object: object.unwrap_or_else(|| object_name(relation, None)), why });
        return Ok(());
    }
    let table_name = || object_name(relation, None);
    match &loss.effect {
        _ if relation.kind == 'S' => {
            planned.tasks.push(sequence(client, relation, table_name(), false).await?);
        }
        Effect::Truncates { .. } => {
            let object = object.unwrap_or_else(table_name);
            planned.tasks.push(rows(client, relation, object, Kind::Rows, None).await?);
        }
        Effect::DeletesRows { rows: selection, .. } => {
            let object = object.unwrap_or_else(table_name);
            let mut task = rows(client, relation, object, Kind::Rows, selection.filter().cloned()).await?;
            (task.direct, task.passes_on) = (true, true);
            planned.tasks.push(task);
        }
        Effect::OverwritesValues { column, rows: selection, .. } => {
            overwritten(client, relation, column, object, selection.filter().cloned(), planned).await?;
        }
        Effect::ChangesType { column, .. } => {
            let before = planned.tasks.len();
            overwritten(client, relation, column, object, None, planned).await?;
            planned.tasks.iter_mut().skip(before).for_each(|task| task.detail.retyped = true);
        }
        _ => {
            let columns = columns::columns(client, relation.oid).await?;
            let column = columns.iter().find(|described| described.column.number == relation.column);
            if let Some(column) = column.filter(|described| !described.now.generated) {
                let object = object_name(relation, Some(&column.column.name));
                let mut task = values(client, relation, &columns, relation.column, object, None).await?;
                task.detail.retyped = true;
                planned.tasks.push(task);
            }
        }
    }
    Ok(())
}

async fn overwritten(
    client: &Client,
    relation: &Relation,
    column: &str,
    object: Option<String>,
    filter: Option<RowFilter>,
    planned: &mut PlannedCopies,
) -> Result<(), CopyError> {
    let columns = columns::columns(client, relation.oid).await?;
    let Some(described) = columns.iter().find(|described| described.column.name == column) else { return Ok(()) };
    if described.now.generated {
        return Ok(());
    }
    let direct = filter.is_some();
    // If the column has no value at all, nothing is lost, however many rows are filled.
    if direct {
        let table = columns::named(&relation.schema, &relation.name, relation.kind == 'p');
        let has_values = format!("SELECT EXISTS (SELECT FROM {table} WHERE {} IS NOT NULL)", quote(column));
        if !client.query_one(&has_values, &[]).await?.get::<_, bool>(0) {
            return Ok(());
        }
    }
    let object = object.unwrap_or_else(|| object_name(relation, Some(column)));
    let mut task = values(client, relation, &columns, described.column.number, object, filter).await?;
    task.direct = direct;
    planned.tasks.push(task);
    Ok(())
}

/// A copy of whole rows.
pub(super) async fn rows(
    client: &Client,
    relation: &Relation,
    object: String,
    kind: Kind,
    filter: Option<RowFilter>,
) -> Result<CopyTask, CopyError> {
    let columns = columns::columns(client, relation.oid).await?;
    let key = columns::key(client, relation.oid, &[]).await?;
    let stuck = (key.is_none() && kind == Kind::Rows).then(|| NO_KEY.to_owned());
    let key = pick(&columns, key.unwrap_or_default().as_slice());
    // A key that follows from other columns is needed to find a row, and cannot be written.
    let columns: Vec<Column> = columns.into_iter().map(|described| described.column).collect();
    let detail = Detail {
        relation: relation.oid,
        database: None,
        only: relation.kind != 'p',
        columns,
        key,
        retyped: false,
        stuck,
        counter: None,
    };
    let bytes = columns::size(client, relation.oid).await?;
    Ok(CopyTask { bytes, goes: kind == Kind::Table, ..base(relation, kind, object, detail, filter) })
}

/// A copy of the values of a column.
pub(super) async fn values(
    client: &Client,
    relation: &Relation,
    columns: &[Described],
    number: i16,
    object: String,
    filter: Option<RowFilter>,
) -> Result<CopyTask, CopyError> {
    let key = columns::key(client, relation.oid, &[number]).await?;
    let stuck = key.is_none().then(|| NO_KEY.to_owned());
    // Without a key the rest of the row stands beside the value, for a person to read.
    let others = || columns.iter().map(|described| described.column.number).filter(|other| *other != number).collect();
    let key = key.unwrap_or_else(others);
    let width = |numbers: &[i16]| {
        let wanted = columns.iter().filter(|described| numbers.contains(&described.column.number));
        wanted.map(|described| u64::from(described.width)).sum::<u64>()
    };
    let all: Vec<i16> = columns.iter().map(|described| described.column.number).collect();
    let (part, whole) = (28 + width(&key) + width(&[number]), 28 + width(&all));
    let size = columns::size(client, relation.oid).await?;
    let bytes = u64::try_from(u128::from(size) * u128::from(part) / u128::from(whole)).unwrap_or(size);
    let detail = Detail {
        relation: relation.oid,
        database: None,
        only: relation.kind != 'p',
        columns: pick(columns, &[number]),
        key: pick(columns, &key),
        retyped: false,
        stuck,
        counter: None,
    };
    Ok(CopyTask { bytes, ..base(relation, Kind::Values, object, detail, filter) })
}

async fn sequence(client: &Client, relation: &Relation, object: String, goes: bool) -> Result<CopyTask, CopyError> {
    let name = format!("{}.{}", quote(&relation.schema), quote(&relation.name));
    let counter = Some(columns::counter(client, relation.oid, &name).await?);
    let owner = columns::owner(client, relation.oid).await?;
    let detail = Detail {
        relation: relation.oid,
        database: None,
        only: false,
        columns: Vec::new(),
        key: Vec::new(),
        retyped: false,
        stuck: None,
        counter,
    };
    let mut task = base(relation, Kind::Sequence, object, detail, None);
    if let Some((schema, table)) = owner {
        (task.schema, task.table) = (schema, table);
    }
    Ok(CopyTask { goes, ..task })
}

fn base(relation: &Relation, kind: Kind, object: String, detail: Detail, filter: Option<RowFilter>) -> CopyTask {
    CopyTask {
        kind,
        object,
        schema: relation.schema.clone(),
        table: relation.name.clone(),
        detail,
        filter,
        direct: false,
        goes: false,
        bytes: 0,
        passes_on: false,
    }
}

/// Columns by their numbers, in the order of the numbers.
fn pick(columns: &[Described], numbers: &[i16]) -> Vec<Column> {
    let of = |number: &i16| columns.iter().find(|described| described.column.number == *number);
    numbers.iter().filter_map(of).map(|described| described.column.clone()).collect()
}

/// A relation or column as it is told where the statement does not name it.
pub(super) fn object_name(relation: &Relation, column: Option<&str>) -> String {
    use crate::core::sql::identifier::{qualified, quote};
    // The usual schema goes without saying.
    let schema = if relation.schema == "public" { "" } else { relation.schema.as_str() };
    let table = qualified(schema, &relation.name);
    column.map_or_else(|| table.clone(), |column| format!("{table}.{}", quote(column)))
}
