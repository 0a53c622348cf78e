//! For every pair of built-in types: limbeck counts the values that a real ALTER changes or refuses.

use std::fmt::Write as _;

use limbeck::core::hazard::Evidence;
use limbeck::core::statement::cast::{CastOutcome, convert};
use limbeck::core::statement::{Question, Subject};
use limbeck::engine::preflight::{OwnTransactions, count_now};
use tokio_postgres::{Client, NoTls};

use super::casts::{TYPES, literal, samples};
use crate::support::{TestDatabase, server};

const ZONE: &str = "SET TimeZone = 'America/New_York'";

/// The types of this server; each has a table with its values and a NULL.
fn tables(database: &TestDatabase<'_>) -> Vec<(&'static str, String)> {
    let known = |ty: &str| database.psql(&format!("SELECT to_regtype({}) IS NOT NULL", literal(ty))) == "t";
    let mut tables = Vec::new();
    let mut sql = format!("{ZONE};");
    for (number, (ty, values)) in TYPES.iter().enumerate().filter(|(_, (ty, _))| known(ty)) {
        let table = format!("values {number}");
        let samples = samples(values);
        let _ = write!(
            sql,
            "CREATE TABLE \"{table}\" (c {ty}); INSERT INTO \"{table}\" SELECT s::{ty} FROM unnest({samples} || NULL::text) AS s;"
        );
        tables.push((*ty, table));
    }
    database.psql(&sql);
    tables
}

async fn counted(client: &Client, table: &str, to: &str, with_using: bool, refused: bool) -> Option<Evidence> {
    let chain = if with_using { vec![to.to_owned()] } else { Vec::new() };
    let question = Question::Cast { column: "c".into(), to: to.to_owned(), chain, rejected: refused };
    count_now(client, &Subject::Rows { schema: None, table: table.to_owned(), question }, &OwnTransactions::default())
        .await
}

#[test]
fn the_counted_values_are_those_that_an_alter_changes_or_refuses() {
    let database = server().database();
    database.psql(include_str!("alter_effects.sql"));
    let tables = tables(&database);
    let list: Vec<String> = tables.iter().map(|(ty, table)| format!("({}, {})", literal(ty), literal(table))).collect();
    let effects = database.query(&format!(
        "{ZONE}; WITH types (name, source) AS (VALUES {}) \
         SELECT a.name, b.name, a.source, alter_effects(a.source, a.name, b.name) FROM types a CROSS JOIN types b",
        list.join(", ")
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (tested, wrong) = runtime.block_on(compare(&database.url(), &effects));
    assert!(wrong.is_empty(), "{} of {tested}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tested > 500, "{tested}");
}

async fn compare(url: &str, effects: &[Vec<String>]) -> (usize, Vec<String>) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(ZONE).await.unwrap();
    let (mut tested, mut wrong) = (0, Vec::new());
    for row in effects {
        let [from, to, table, outcome] = row.as_slice() else { panic!("{row:?}") };
        let outcome: Vec<&str> = outcome.split(' ').collect();
        let [with_using, changed, refused] = outcome.as_slice() else { continue };
        let (changed, refused): (u64, u64) = (changed.parse().unwrap(), refused.parse().unwrap());
        tested += usize::from(changed + refused > 0);
        let with_using = *with_using == "t";
        let lost = counted(&client, table, to, with_using, false).await;
        let stopped = counted(&client, table, to, with_using, true).await;
        let values = |found: Option<Evidence>| found.filter(|found| found.exact).map(|found| found.values);
        // Values that the server refuses are not lost.
        let expected =
            if matches!(convert(from, &[], to), CastOutcome::MayFail { .. }) { changed } else { changed + refused };
        if (values(lost), values(stopped)) != (Some(expected), Some(refused)) {
            wrong.push(format!("{from} to {to}: {changed} changed, {refused} refused; {lost:?}, {stopped:?}"));
        }
    }
    (tested, wrong)
}
