//! Random revisions that destroy data, and harmless revisions between them.

use super::Random;
use super::tables::{Key, Table};

/// The statements of a revision.
#[derive(Debug, Clone)]
pub struct Revision {
    pub upgrade: Vec<String>,
    pub downgrade: Vec<String>,
    pub is_transactional: bool,
}

/// The tables as they are after the revisions so far.
struct State {
    tables: Vec<TableState>,
}

struct TableState {
    table: Table,
    /// Its current name.
    name: String,
    /// The existing columns with their types. `None`: the table was dropped.
    columns: Option<Vec<(String, String)>>,
    /// Whether a revision has deleted all rows. Later rows may contain only NULL.
    is_emptied: bool,
}

/// Makes random revisions for these tables; at least the first one destroys data. `nulls`: whether they may write NULL.
pub fn random_revisions(random: &mut Random, tables: &[Table], nulls: bool) -> Vec<Revision> {
    let tables = tables.iter().map(|table| TableState {
        table: table.clone(),
        name: table.name.clone(),
        columns: Some(table.all_columns()),
        is_emptied: false,
    });
    let mut state = State { tables: tables.collect() };
    let mut revisions = Vec::new();
    for number in 0..2 + random.below(4) {
        let mut revision =
            Revision { upgrade: Vec::new(), downgrade: Vec::new(), is_transactional: !random.chance(20) };
        for change_number in 0..=random.below(3) {
            let change = if number > 0 && random.chance(35) {
                Some(state.harmless(random, number * 10 + change_number))
            } else {
                state.loss(random, nulls)
            };
            if let Some((upgrade, downgrade)) = change {
                revision.upgrade.push(upgrade);
                revision.downgrade.extend(downgrade);
            }
        }
        revision.downgrade.reverse();
        revision.upgrade.push("SELECT 1;".to_owned());
        revision.downgrade.push("SELECT 1;".to_owned());
        revisions.push(revision);
    }
    revisions
}

impl State {
    /// A change that destroys no data.
    fn harmless(&mut self, random: &mut Random, number: usize) -> (String, Option<String>) {
        let place = random.below(self.tables.len());
        let TableState { name, columns, .. } = &mut self.tables[place];
        match (random.below(5), columns) {
            (0, Some(columns)) => {
                columns.push((format!("more{number}"), "int".to_owned()));
                (
                    format!("ALTER TABLE {name} ADD COLUMN more{number} int;"),
                    Some(format!("ALTER TABLE {name} DROP COLUMN more{number};")),
                )
            }
            (1, Some(_)) => (
                format!("CREATE INDEX other{number} ON {name} (id);"),
                Some(format!("DROP INDEX IF EXISTS other{number};")),
            ),
            (2, Some(_)) => {
                let old = std::mem::replace(name, format!("{name}_{number}"));
                (format!("ALTER TABLE {old} RENAME TO {name};"), Some(format!("ALTER TABLE {name} RENAME TO {old};")))
            }
            (3, Some(columns)) if !columns.is_empty() => {
                let place = random.below(columns.len());
                let (column, _) = &mut columns[place];
                let old = std::mem::replace(column, format!("{column}_{number}"));
                (
                    format!("ALTER TABLE {name} RENAME COLUMN {old} TO {column};"),
                    Some(format!("ALTER TABLE {name} RENAME COLUMN {column} TO {old};")),
                )
            }
            _ => (format!("CREATE TABLE other{number} (a int);"), Some(format!("DROP TABLE other{number};"))),
        }
    }

    /// A change that destroys data. `None` if the chosen table does not have what it needs.
    fn loss(&mut self, random: &mut Random, nulls: bool) -> Option<(String, Option<String>)> {
        let place = random.below(self.tables.len());
        let TableState { table, name, columns: existing, is_emptied } = &mut self.tables[place];
        let columns = existing.as_mut()?;
        // Without a key, only whole tables can be restored.
        let kind = if table.key == Key::Missing { 10 + random.below(2) } else { random.below(12) };
        let loss = match kind {
            0..3 => {
                let (column, ty) = take(random, columns)?;
                (
                    format!("ALTER TABLE {name} DROP COLUMN {column};"),
                    Some(format!("ALTER TABLE {name} ADD COLUMN {column} {ty};")),
                )
            }
            3..5 => {
                let delete = format!("DELETE FROM {name} WHERE {};", table.is_in_part(random.below(20)));
                (if random.chance(15) { format!("DO $$ BEGIN {delete} END $$;") } else { delete }, None)
            }
            5..8 => {
                let (column, _) = columns.get(random.below(columns.len().max(1)))?;
                let (_, ty) = table.columns.iter().find(|(name, _)| name == column)?;
                let part = table.is_in_part(random.below(20));
                let mut condition = if random.chance(60) { format!(" WHERE {part}") } else { String::new() };
                // An UPDATE that overwrites no value loses nothing, and limbeck makes no copy of NULLs.
                if *is_emptied {
                    let before = if condition.is_empty() { "WHERE" } else { "AND" };
                    condition = format!("{condition} {before} {column} IS NOT NULL");
                }
                let value = if nulls && random.chance(30) { "NULL".to_owned() } else { ty.value(7_000_000) };
                (format!("UPDATE {name} SET {column} = {value}{condition};"), None)
            }
            8..10 => {
                let narrowed = columns.iter_mut().find_map(|(column, ty)| {
                    let (_, original) = table.columns.iter().find(|(name, _)| name == column)?;
                    let (narrow, using) = original.narrow.filter(|_| original.name == *ty)?;
                    narrow.clone_into(ty);
                    Some((column.clone(), original.name, narrow, using.replace('@', column)))
                });
                let (column, original, narrow, using) = narrowed?;
                (
                    format!("ALTER TABLE {name} ALTER COLUMN {column} TYPE {narrow} USING {using};"),
                    Some(format!("ALTER TABLE {name} ALTER COLUMN {column} TYPE {original};")),
                )
            }
            10 => {
                *is_emptied = true;
                (format!("TRUNCATE {name};"), None)
            }
            _ => {
                let create = table.create(name, columns);
                *existing = None;
                (format!("DROP TABLE {name};"), Some(create))
            }
        };
        Some(loss)
    }
}

/// Removes a random column. Returns its name and type.
fn take(random: &mut Random, columns: &mut Vec<(String, String)>) -> Option<(String, String)> {
    if columns.is_empty() {
        return None;
    }
    let place = random.below(columns.len());
    Some(columns.remove(place))
}
