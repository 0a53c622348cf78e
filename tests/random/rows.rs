//! Rows for side `a`, and queries for the values that side `b` must keep.

use super::render::Render;
use super::spec::{PairSpec, Presence, Side};
use super::tables::PARTITIONED;
use super::types::{comparable, is_generated};

/// The statements that insert three rows into every table of side `a`.
pub fn filling(spec: &PairSpec, major: u32) -> String {
    let render = Render::new(spec, Side::A, major);
    let mut sql = "SET session_replication_role = replica;\n".to_owned();
    for number in (0..spec.tables.len()).filter(|&number| render.is_present(number)) {
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
        let table = &render.spec.tables[holder];
        for (place, column) in table.columns.iter().enumerate() {
            if render.column_type(column).is_none() || is_generated(column, Side::A) {
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
    [Side::A, Side::B].into_iter().all(|at| !Render::new(render.spec, at, render.major).is_not_null(number, place))
}

/// One query for every table on both sides: the values of the columns on both sides.
pub fn shared_values(spec: &PairSpec, major: u32) -> Vec<String> {
    let (a, b) = (Render::new(spec, Side::A, major), Render::new(spec, Side::B, major));
    let mut queries = Vec::new();
    for (number, table) in spec.tables.iter().enumerate().filter(|(_, table)| table.presence == Presence::Both) {
        let mut parts = vec!["id::text".to_owned()];
        for (place, column) in table.columns.iter().enumerate() {
            let is_everywhere = a.column_type(column).is_some() && b.column_type(column).is_some();
            if is_everywhere && !is_generated(column, Side::A) && !is_generated(column, Side::B) {
                parts.push(comparable(column, &a.column_name(number, place)));
            }
        }
        let letter = if a.parent(number).is_some() { 'q' } else { 'r' };
        parts.extend((0..table.references.len()).map(|place| format!("{letter}{place}::text")));
        // Only the parent's own rows: a child may be dropped.
        let only = if table.shape == PARTITIONED { "" } else { "ONLY " };
        let name = a.table_name(number);
        queries.push(format!("SELECT '{name}', {} FROM {only}{name} ORDER BY 1, 2", parts.join(", ")));
    }
    queries
}
