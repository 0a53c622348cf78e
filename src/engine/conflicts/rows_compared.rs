//! Compares the rows after both orders. Values that change with each run, such as times, are not compared.

use std::collections::BTreeSet;

use super::order_run::{OrderRun, RunSite, unstable_error};
use super::rows::{DatabaseDigest, LeftOut, TableDigest, read_digest};
use super::{BranchComparison, HeadPair, Side};
use crate::core::conflict::{OrderDifference, Touches};
use crate::core::schema::ObjectId;
use crate::core::text::plural;
use crate::engine::Result;

/// Adds the tables and sequences whose contents depend on the order. If there are any, the first order runs again: what
/// differs between two runs of the same order does not depend on the order.
///
/// # Errors
/// If a database cannot be reached, or the third run fails.
pub(super) async fn compare_rows<'a>(
    site: &'a RunSite<'a>,
    pair: &'a HeadPair,
    runs: &mut Vec<OrderRun<'a>>,
    comparison: &mut BranchComparison,
) -> Result<()> {
    let all = LeftOut::new();
    let [left_first, right_first] = runs.as_slice() else { return Ok(()) };
    let one = read_digest(left_first.target(), left_first.schema(), &all).await?;
    let other = read_digest(right_first.target(), right_first.schema(), &all).await?;
    let unreadable = one.unreadable.iter().map(|(id, why)| format!("the rows of {id} were not compared: {why}"));
    comparison.notes.extend(unreadable);
    if differing_tables(&one, &other).is_empty() && one.sequences == other.sequences {
        return Ok(());
    }
    let repeated = repeat_first_order(site, pair, runs).await?;
    let [left_first, right_first, ..] = runs.as_slice() else { return Ok(()) };
    let left_out = changing_values(&one, &repeated);
    let ours = read_digest(left_first.target(), left_first.schema(), &left_out).await?;
    let theirs = read_digest(right_first.target(), right_first.schema(), &left_out).await?;
    comparison.notes.extend(left_out.iter().map(|(id, columns)| {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        format!("{} of {id} changes with each run and was not compared", columns.join(", "))
    }));
    for id in differing_tables(&ours, &theirs) {
        let is_unstable =
            one.tables.get(&id).map(|table| table.rows) != repeated.tables.get(&id).map(|table| table.rows);
        if let (Some(ours), Some(theirs), false) = (ours.tables.get(&id), theirs.tables.get(&id), is_unstable) {
            comparison.difference.push(describe_rows(&id, pair, ours, theirs));
        }
    }
    for (name, position) in &ours.sequences {
        let is_unstable = one.sequences.get(name) != repeated.sequences.get(name);
        if let Some(other) = theirs.sequences.get(name).filter(|other| *other != position && !is_unstable) {
            comparison.difference.push(describe_sequence(name, pair, *position, *other));
        }
    }
    Ok(())
}

/// Runs the first order again, and reads its rows. The caller drops the database, with those of the other runs.
async fn repeat_first_order<'a>(
    site: &'a RunSite<'a>,
    pair: &'a HeadPair,
    runs: &mut Vec<OrderRun<'a>>,
) -> Result<DatabaseDigest> {
    let mut again = OrderRun::begin(site, &pair.fork, Side::Left).await?;
    let result = again.run(&mut Touches::default()).await;
    let repeated = match result {
        Ok(result) => match unstable_error(&result) {
            Some(error) => Err(error),
            None => read_digest(again.target(), again.schema(), &LeftOut::new()).await,
        },
        Err(error) => Err(error),
    };
    runs.push(again);
    repeated
}

/// The tables that both databases have, with different rows. A table that only one has is a difference of the schema.
fn differing_tables(one: &DatabaseDigest, other: &DatabaseDigest) -> BTreeSet<ObjectId> {
    let differs = |id: &ObjectId, digest: &TableDigest| {
        let other = other.tables.get(id);
        other.is_some_and(|other| other.columns.keys().eq(digest.columns.keys()) && other != digest)
    };
    one.tables.iter().filter(|(id, digest)| differs(id, digest)).map(|(id, _)| id.clone()).collect()
}

/// The columns that differ between two runs of the same order.
fn changing_values(one: &DatabaseDigest, repeated: &DatabaseDigest) -> LeftOut {
    let mut left_out = LeftOut::new();
    for (id, digest) in &one.tables {
        let Some(second) = repeated.tables.get(id) else { continue };
        let changing = digest.columns.iter().filter(|(name, sum)| second.columns.get(*name) != Some(sum));
        let columns: BTreeSet<String> = changing.map(|(name, _)| name.clone()).collect();
        if !columns.is_empty() && second.rows == digest.rows {
            left_out.insert(id.clone(), columns);
        }
    }
    left_out
}

fn describe_rows(id: &ObjectId, pair: &HeadPair, ours: &TableDigest, theirs: &TableDigest) -> OrderDifference {
    let object = format!("rows of {id}");
    let (left, right) = (&pair.left, &pair.right);
    let count = |rows: i64| plural(u64::try_from(rows).unwrap_or_default(), "row");
    let text = if ours.rows == theirs.rows {
        let differing = ours.columns.iter().filter(|(name, sum)| theirs.columns.get(*name) != Some(sum));
        let names: Vec<&str> = differing.map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            [] => format!("{object}: the same values are in other rows if {right} runs first"),
            names => format!("{object}: the values of {} are others if {right} runs first", names.join(", ")),
        }
    } else {
        let (ours, theirs) = (count(ours.rows), count(theirs.rows));
        format!("{object}: {ours} if {left} runs first, and {theirs} if {right} runs first")
    };
    OrderDifference { object, text }
}

fn describe_sequence(name: &str, pair: &HeadPair, ours: Option<i64>, theirs: Option<i64>) -> OrderDifference {
    let shown = |value: Option<i64>| value.map_or_else(|| "not used".to_owned(), |value| format!("at {value}"));
    let (left, right) = (&pair.left, &pair.right);
    let object = format!("position of sequence {name}");
    let text = format!("{object}: {} if {left} runs first, and {} if {right} runs first", shown(ours), shown(theirs));
    OrderDifference { object, text }
}
