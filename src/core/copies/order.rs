//! The order in which copies are restored.
//!
//! Copies of the same table are restored in reverse order of their statements, because a later statement may have changed
//! what an earlier one left. Copies of different tables are restored so that a row follows the rows that it references.

use super::CopyKind;

/// A copy that is restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreNode {
    /// A later copy has a greater id.
    pub id: i64,
    /// The id of the first copy of the same statement.
    pub batch: i64,
    pub kind: CopyKind,
    /// The OID of the table into which it is restored.
    pub table: u32,
    /// The column, if it is a copy of values.
    pub column: Option<String>,
}

/// A foreign key between two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyEdge {
    pub from: u32,
    pub to: u32,
    /// The referencing columns.
    pub columns: Vec<String>,
}

/// The order of copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreOrder {
    /// Indices into the copies.
    pub copies: Vec<usize>,
    /// Indices into the foreign keys that the order violates, so that they must be checked later.
    pub violated: Vec<usize>,
}

/// Sorts copies. The result depends only on the ids of the copies, not on their order in the slice.
#[must_use]
pub fn order_restore(copies: &[RestoreNode], keys: &[ForeignKeyEdge]) -> RestoreOrder {
    let mut remaining: Vec<usize> = (0..copies.len()).collect();
    // Without other reasons: the newest statement first, and the copies of one statement in the order in which it made them.
    remaining.sort_by_key(|index| copies.get(*index).map(|copy| (std::cmp::Reverse(copy.batch), copy.id)));
    let mut order = RestoreOrder::default();
    while !remaining.is_empty() {
        let nodes = || remaining.iter().filter_map(|index| copies.get(*index));
        let is_undoable = |copy: &RestoreNode| !nodes().any(|other| undoes_before(other, copy));
        let missing = |copy: &RestoreNode| -> Vec<usize> {
            let keys = keys.iter().enumerate().filter(|(_, key)| applies(key, copy));
            keys.filter(|(_, key)| nodes().any(|other| has_referenced_rows(key, copy, other)))
                .map(|(index, _)| index)
                .collect()
        };
        let position = |condition: &dyn Fn(&RestoreNode) -> bool| {
            remaining.iter().position(|index| copies.get(*index).is_some_and(condition))
        };
        let next = position(&|copy| is_undoable(copy) && missing(copy).is_empty());
        // A cycle: the first copy that no other copy of the same table must precede.
        let next = next.or_else(|| position(&is_undoable)).unwrap_or(0);
        let violated = remaining.get(next).and_then(|index| copies.get(*index)).map(&missing).unwrap_or_default();
        order.violated.extend(violated);
        order.copies.push(remaining.remove(next));
    }
    order.violated.sort_unstable();
    order.violated.dedup();
    order
}

/// Whether `first` must be restored before `second`, because both belong to the same table.
fn undoes_before(first: &RestoreNode, second: &RestoreNode) -> bool {
    let is_sequence = [first, second].iter().any(|copy| copy.kind == CopyKind::Sequence);
    if first.table != second.table || first.id == second.id || is_sequence {
        return false;
    }
    match first.batch.cmp(&second.batch) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        // One statement: its values belong to rows that exist again.
        std::cmp::Ordering::Equal => has_rows(first) && !has_rows(second),
    }
}

/// Whether restoring a copy writes the columns of a foreign key.
fn applies(key: &ForeignKeyEdge, copy: &RestoreNode) -> bool {
    key.from == copy.table
        && (has_rows(copy) || copy.column.as_ref().is_some_and(|column| key.columns.contains(column)))
}

/// Whether another copy contains rows that a foreign key of `copy` may reference. A key within one table needs no order:
/// the rows of one copy are inserted by one statement.
fn has_referenced_rows(key: &ForeignKeyEdge, copy: &RestoreNode, other: &RestoreNode) -> bool {
    key.to == other.table && key.from != key.to && other.id != copy.id && has_rows(other)
}

const fn has_rows(copy: &RestoreNode) -> bool {
    matches!(copy.kind, CopyKind::Rows | CopyKind::Table)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses copies such as `3/1 rows 7` or `2/1 values 7.up`: id, batch, kind, table, column.
    fn nodes(text: &str) -> Vec<RestoreNode> {
        let parse = |line: &str| {
            let parts: Vec<&str> = line.split_whitespace().collect();
            let (id, batch) = parts[0].split_once('/').unwrap();
            let (table, column) =
                parts[2].split_once('.').map_or((parts[2], None), |(table, column)| (table, Some(column)));
            RestoreNode {
                id: id.parse().unwrap(),
                batch: batch.parse().unwrap(),
                kind: CopyKind::parse(parts[1]).unwrap(),
                table: table.parse().unwrap(),
                column: column.map(str::to_owned),
            }
        };
        text.split(", ").map(parse).collect()
    }

    /// Parses foreign keys such as `2.a>1`.
    fn keys(text: &str) -> Vec<ForeignKeyEdge> {
        let parse = |key: &str| {
            let (from, to) = key.split_once('>').unwrap();
            let (from, column) = from.split_once('.').unwrap();
            ForeignKeyEdge { from: from.parse().unwrap(), to: to.parse().unwrap(), columns: vec![column.to_owned()] }
        };
        text.split_whitespace().map(parse).collect()
    }

    #[test]
    fn statements_are_undone_in_reverse_order_and_rows_follow_the_rows_that_they_reference() {
        for (name, copies, references, expected, violated) in [
            ("one table, two statements", "1/1 rows 7, 2/2 values 7.a", "", &[2, 1][..], 0),
            ("a cascade", "1/1 rows 1, 2/1 rows 2, 3/1 rows 3", "2.a>1 3.b>2", &[1, 2, 3], 0),
            ("a diamond", "1/1 rows 1, 2/1 rows 3, 3/1 rows 2", "2.a>1 3.b>2 3.a>1", &[1, 3, 2], 0),
            ("SET NULL", "1/1 rows 1, 2/1 values 2.a", "2.a>1", &[1, 2], 0),
            ("SET NULL of another column", "1/1 values 2.b, 2/2 rows 1", "2.a>1", &[2, 1], 0),
            ("SET NULL in one table", "1/1 rows 1, 2/1 values 1.up", "1.up>1", &[1, 2], 0),
            ("children deleted first", "1/1 rows 2, 2/2 rows 1", "2.a>1", &[2, 1], 0),
            ("values, then rows", "1/1 values 2.a, 2/2 rows 1", "2.a>1", &[2, 1], 0),
            ("a cycle", "1/1 rows 1, 2/1 rows 2", "1.b>2 2.a>1", &[1, 2], 1),
            ("a cycle through NULL", "1/1 rows 1, 2/1 values 2.a", "1.b>2 2.a>1", &[1, 2], 0),
            ("a key against the order of statements", "1/1 rows 2, 2/2 values 2.x, 3/3 rows 2", "", &[3, 2, 1], 0),
            ("a sequence", "1/1 sequence 1, 2/1 table 1", "", &[1, 2], 0),
        ] {
            let copies = nodes(copies);
            let order = order_restore(&copies, &keys(references));
            let ids: Vec<i64> = order.copies.iter().map(|index| copies[*index].id).collect();
            assert_eq!(ids, expected, "{name}");
            assert_eq!(order.violated.len(), violated, "{name}");
            let mut reversed = copies.clone();
            reversed.reverse();
            let again = order_restore(&reversed, &keys(references));
            let again: Vec<i64> = again.copies.iter().map(|index| reversed[*index].id).collect();
            assert_eq!(again, ids, "{name}");
        }
    }
}
