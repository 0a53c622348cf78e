//! From what a statement destroys to the copies that have to be made of it, as the catalog stands.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::Trouble;
use super::describe::{self, Described};
use super::sources::{self, Source};
use crate::core::copies::{Address, Column, Detail, Kind, Loss, What};
use crate::core::hazard::Narrow;
use crate::engine::connection::identifier::quote;

/// One copy to make.
#[derive(Debug, Clone)]
pub(super) struct Doomed {
    pub kind: Kind,
    /// As it is told: the statement's own name where it has one.
    pub object: String,
    pub schema: String,
    pub table: String,
    pub detail: Detail,
    pub narrow: Option<Narrow>,
    /// Whether the statement takes these rows itself, so that it must not take more than were copied.
    pub direct: bool,
    /// Whether the object is to be gone afterwards.
    pub goes: bool,
    /// At most, in bytes.
    pub bytes: u64,
    /// What rows that refer to these become, where foreign keys pass the loss on.
    pub passes_on: bool,
}

/// A loss of which no copy is made.
#[derive(Debug, Clone)]
pub(super) struct Unkept {
    pub object: String,
    pub why: &'static str,
}

/// What comes of a loss.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub doomed: Vec<Doomed>,
    pub unkept: Vec<Unkept>,
}

/// Why a copy stays where there is no key.
pub(super) const NO_KEY: &str = "the table has no primary key, so that nothing tells which row a value belongs to";

/// The sources of a loss, looked up under the script's own search path.
pub(super) async fn look_up(client: &Client, loss: &Loss) -> Result<Found, Trouble> {
    let mut found = Found::default();
    match &loss.what {
        What::Dropped(address) => {
            (found.going, found.standing) = sources::going(client, address).await?;
            found.named_column = matches!(address, Address::Column { .. });
        }
        What::Truncated { table } => {
            found.standing = sources::with_heirs(client, table).await?;
            let numbers: Vec<Oid> = found.standing.iter().map(|source| source.relation).collect();
            found.standing.extend(sources::referring(client, &numbers).await?);
            let numbers: Vec<Oid> = found.standing.iter().map(|source| source.relation).collect();
            found.standing.extend(sources::sequences(client, &numbers).await?);
        }
        What::Deleted { table, .. } | What::Overwritten { table, .. } | What::Retyped { table, .. } => {
            found.standing = sources::with_heirs(client, table).await?;
        }
        What::Attribute { name } => (found.standing, found.going) = sources::of_type(client, name).await?,
        What::Nothing(_) => {}
    }
    Ok(found)
}

/// What was found of a loss.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Relations and columns that go.
    going: Vec<Source>,
    /// Those that stay, with other rows or values.
    standing: Vec<Source>,
    named_column: bool,
}

impl Found {
    /// All of it.
    pub fn into_sources(self) -> Vec<Source> {
        let Self { mut going, standing, .. } = self;
        going.extend(standing);
        going
    }
}

/// The copies that a loss calls for.
pub(super) async fn resolve(client: &Client, loss: &Loss, found: &Found) -> Result<Resolved, Trouble> {
    let mut resolved = Resolved::default();
    if let What::Nothing(why) = loss.what {
        resolved.unkept.push(Unkept { object: loss.object.clone(), why });
        return Ok(resolved);
    }
    let many = found.going.iter().filter(|source| !matches!(source.kind, 'S' | 'm')).count();
    for source in &found.going {
        // The object that is named is told as it was named; what goes with it, by its own name.
        let is_named = (source.number == 0 && names(&loss.object, source))
            || (found.named_column && source.number > 0 && many == 1);
        let object = is_named.then(|| loss.object.clone());
        going(client, source, object, &mut resolved).await?;
    }
    for (place, source) in found.standing.iter().enumerate() {
        let is_named = place == 0 && !matches!(loss.what, What::Dropped(_) | What::Attribute { .. });
        let object = is_named.then(|| loss.object.clone());
        standing(client, loss, source, object, &mut resolved).await?;
    }
    Ok(resolved)
}

/// Whether an object's name as it was written is that of a relation.
fn names(object: &str, source: &Source) -> bool {
    let last = quote(&source.name);
    object == source.name || object == last || object.ends_with(&format!(".{}", source.name)) || object.ends_with(&last)
}

async fn going(
    client: &Client,
    source: &Source,
    object: Option<String>,
    resolved: &mut Resolved,
) -> Result<(), Trouble> {
    let object = object.unwrap_or_else(|| told(source, None));
    let unkept = |why| Unkept { object: object.clone(), why };
    match (source.kind, source.number) {
        ('m', _) => {
            resolved.unkept.push(unkept("REFRESH MATERIALIZED VIEW fills it again, from what is there by then"));
        }
        ('f', _) => resolved.unkept.push(unkept("its rows lie on another server, and stay there")),
        ('S', _) => resolved.doomed.push(sequence(client, source, object, true).await?),
        (_, 0) => resolved.doomed.push(rows(client, source, object, Kind::Table, None).await?),
        (_, number) => {
            let columns = describe::columns(client, source.relation).await?;
            let Some(column) = columns.iter().find(|described| described.column.number == number) else {
                return Ok(());
            };
            if column.now.generated {
                return Ok(());
            }
            let object = if object == told(source, None) { told(source, Some(&column.column.name)) } else { object };
            let mut doomed = values(client, source, &columns, number, object, None).await?;
            (doomed.kind, doomed.goes) = (Kind::Column, true);
            resolved.doomed.push(doomed);
        }
    }
    Ok(())
}

async fn standing(
    client: &Client,
    loss: &Loss,
    source: &Source,
    object: Option<String>,
    resolved: &mut Resolved,
) -> Result<(), Trouble> {
    let why = match source.kind {
        'v' => Some("it is a view, and what stands behind it is not followed; make a backup"),
        'f' => Some("its rows lie on another server"),
        _ => None,
    };
    if let Some(why) = why {
        resolved.unkept.push(Unkept { object: object.unwrap_or_else(|| told(source, None)), why });
        return Ok(());
    }
    let table_name = || told(source, None);
    match &loss.what {
        _ if source.kind == 'S' => {
            resolved.doomed.push(sequence(client, source, table_name(), false).await?);
        }
        What::Truncated { .. } => {
            let object = object.unwrap_or_else(table_name);
            resolved.doomed.push(rows(client, source, object, Kind::Rows, None).await?);
        }
        What::Deleted { narrow, .. } => {
            let object = object.unwrap_or_else(table_name);
            let mut doomed = rows(client, source, object, Kind::Rows, narrow.clone()).await?;
            (doomed.direct, doomed.passes_on) = (true, true);
            resolved.doomed.push(doomed);
        }
        What::Overwritten { column, narrow, .. } => {
            overwritten(client, source, column, object, narrow.clone(), resolved).await?;
        }
        What::Retyped { column, .. } => {
            let before = resolved.doomed.len();
            overwritten(client, source, column, object, None, resolved).await?;
            resolved.doomed.iter_mut().skip(before).for_each(|doomed| doomed.detail.retyped = true);
        }
        What::Attribute { .. } | What::Dropped(_) => {
            let columns = describe::columns(client, source.relation).await?;
            let column = columns.iter().find(|described| described.column.number == source.number);
            if let Some(column) = column.filter(|described| !described.now.generated) {
                let object = told(source, Some(&column.column.name));
                let mut doomed = values(client, source, &columns, source.number, object, None).await?;
                doomed.detail.retyped = true;
                resolved.doomed.push(doomed);
            }
        }
        What::Nothing(_) => {}
    }
    Ok(())
}

async fn overwritten(
    client: &Client,
    source: &Source,
    column: &str,
    object: Option<String>,
    narrow: Option<Narrow>,
    resolved: &mut Resolved,
) -> Result<(), Trouble> {
    let columns = describe::columns(client, source.relation).await?;
    let Some(described) = columns.iter().find(|described| described.column.name == column) else { return Ok(()) };
    if described.now.generated {
        return Ok(());
    }
    let direct = narrow.is_some();
    // Where a column has no value at all, nothing is lost, however many rows are filled in.
    if direct {
        let table = describe::named(&source.schema, &source.name, source.kind == 'p');
        let has_values = format!("SELECT EXISTS (SELECT FROM {table} WHERE {} IS NOT NULL)", quote(column));
        if !client.query_one(&has_values, &[]).await?.get::<_, bool>(0) {
            return Ok(());
        }
    }
    let object = object.unwrap_or_else(|| told(source, Some(column)));
    let mut doomed = values(client, source, &columns, described.column.number, object, narrow).await?;
    doomed.direct = direct;
    resolved.doomed.push(doomed);
    Ok(())
}

/// A copy of whole rows.
pub(super) async fn rows(
    client: &Client,
    source: &Source,
    object: String,
    kind: Kind,
    narrow: Option<Narrow>,
) -> Result<Doomed, Trouble> {
    let columns = describe::columns(client, source.relation).await?;
    let key = describe::key(client, source.relation, &[]).await?;
    let stuck = (key.is_none() && kind == Kind::Rows).then(|| NO_KEY.to_owned());
    let key = pick(&columns, key.unwrap_or_default().as_slice());
    // A key that follows from other columns is needed to find a row, and cannot be written.
    let columns: Vec<Column> = columns.into_iter().map(|described| described.column).collect();
    let detail = Detail {
        relation: source.relation,
        database: None,
        only: source.kind != 'p',
        columns,
        key,
        retyped: false,
        stuck,
        counter: None,
    };
    let bytes = describe::size(client, source.relation).await?;
    Ok(Doomed { bytes, goes: kind == Kind::Table, ..base(source, kind, object, detail, narrow) })
}

/// A copy of the values of a column.
pub(super) async fn values(
    client: &Client,
    source: &Source,
    columns: &[Described],
    number: i16,
    object: String,
    narrow: Option<Narrow>,
) -> Result<Doomed, Trouble> {
    let key = describe::key(client, source.relation, &[number]).await?;
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
    let size = describe::size(client, source.relation).await?;
    let bytes = u64::try_from(u128::from(size) * u128::from(part) / u128::from(whole)).unwrap_or(size);
    let detail = Detail {
        relation: source.relation,
        database: None,
        only: source.kind != 'p',
        columns: pick(columns, &[number]),
        key: pick(columns, &key),
        retyped: false,
        stuck,
        counter: None,
    };
    Ok(Doomed { bytes, ..base(source, Kind::Values, object, detail, narrow) })
}

async fn sequence(client: &Client, source: &Source, object: String, goes: bool) -> Result<Doomed, Trouble> {
    let name = format!("{}.{}", quote(&source.schema), quote(&source.name));
    let counter = Some(describe::counter(client, source.relation, &name).await?);
    let owner = describe::owner(client, source.relation).await?;
    let detail = Detail {
        relation: source.relation,
        database: None,
        only: false,
        columns: Vec::new(),
        key: Vec::new(),
        retyped: false,
        stuck: None,
        counter,
    };
    let mut doomed = base(source, Kind::Sequence, object, detail, None);
    if let Some((schema, table)) = owner {
        (doomed.schema, doomed.table) = (schema, table);
    }
    Ok(Doomed { goes, ..doomed })
}

fn base(source: &Source, kind: Kind, object: String, detail: Detail, narrow: Option<Narrow>) -> Doomed {
    Doomed {
        kind,
        object,
        schema: source.schema.clone(),
        table: source.name.clone(),
        detail,
        narrow,
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
pub(super) fn told(source: &Source, column: Option<&str>) -> String {
    use crate::core::sql::identifier::{qualified, quote};
    // The usual schema goes without saying.
    let schema = if source.schema == "public" { "" } else { source.schema.as_str() };
    let table = qualified(schema, &source.name);
    column.map_or_else(|| table.clone(), |column| format!("{table}.{}", quote(column)))
}
