//! Rows for the first side of a world, and what has to be left of them on the second.

use super::render::Render;
use super::tables::PARTITIONED;
use super::types::{comparable, is_generated};
use super::world::{At, Side, World};

/// The statements that fill every table of side `a` with three rows.
pub fn filling(world: &World, major: u32) -> String {
    let render = Render::new(world, At::A, major);
    let mut sql = "SET session_replication_role = replica;\n".to_owned();
    for number in (0..world.tables.len()).filter(|&number| render.is_there(number)) {
        for row in 1..=3 {
            sql.push_str(&one(&render, number, row));
        }
    }
    sql
}

fn one(render: &Render<'_>, number: usize, row: u8) -> String {
    let mut columns = vec![("id".to_owned(), row.to_string())];
    let holders = std::iter::once(number).chain(render.parent(number));
    for holder in holders {
        let table = &render.world.tables[holder];
        for (place, column) in table.columns.iter().enumerate() {
            if render.column_type(column).is_none() || is_generated(column, At::A) {
                continue;
            }
            let is_null =
                row == 2 && column.which % 2 == 1 && column.family != 14 && is_nullable(render, holder, place);
            let value = if is_null { "NULL".to_owned() } else { render.value(column, row) };
            columns.push((render.column_name(holder, place), value));
        }
        let letter = if render.parent(holder).is_some() { 'q' } else { 'r' };
        columns.extend((0..table.references.len()).map(|place| (format!("{letter}{place}"), row.to_string())));
    }
    let (names, values): (Vec<String>, Vec<String>) = columns.into_iter().unzip();
    let (name, names, values) = (render.table_name(number), names.join(", "), values.join(", "));
    format!("INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values});\n")
}

fn is_nullable(render: &Render<'_>, number: usize, place: usize) -> bool {
    [At::A, At::B].into_iter().all(|at| !Render::new(render.world, at, render.major).is_not_null(number, place))
}

/// A query for every table that both sides have: the values of the columns that both have.
pub fn shared_values(world: &World, major: u32) -> Vec<String> {
    let (a, b) = (Render::new(world, At::A, major), Render::new(world, At::B, major));
    let mut queries = Vec::new();
    for (number, table) in world.tables.iter().enumerate().filter(|(_, table)| table.side == Side::Both) {
        let mut parts = vec!["id::text".to_owned()];
        for (place, column) in table.columns.iter().enumerate() {
            let is_everywhere = a.column_type(column).is_some() && b.column_type(column).is_some();
            if is_everywhere && !is_generated(column, At::A) && !is_generated(column, At::B) {
                parts.push(comparable(column, &a.column_name(number, place)));
            }
        }
        let letter = if a.parent(number).is_some() { 'q' } else { 'r' };
        parts.extend((0..table.references.len()).map(|place| format!("{letter}{place}::text")));
        // A parent's rows are its own: a child may go.
        let only = if table.shape == PARTITIONED { "" } else { "ONLY " };
        let name = a.table_name(number);
        queries.push(format!("SELECT '{name}', {} FROM {only}{name} ORDER BY 1, 2", parts.join(", ")));
    }
    queries
}
