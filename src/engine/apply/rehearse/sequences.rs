//! The last values of sequences before and after a rehearsal. A rollback does not reset a sequence.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::ChangedSequence;
use crate::core::sql::qualify_names;

/// The last value of a sequence, and whether it is ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequencePosition {
    last: Option<i64>,
    is_ascending: bool,
}

/// Positions by the name of the sequence, as SQL.
pub type Positions = BTreeMap<String, SequencePosition>;

/// Reads the positions of all sequences that the role may read and that do not cycle.
pub async fn read(client: &Client) -> Positions {
    let query = "SELECT format('%I.%I', schemaname, sequencename), last_value, increment_by > 0 FROM pg_sequences
        WHERE cycle IS FALSE";
    let rows = client.query(&qualify_names(query), &[]).await.unwrap_or_default();
    rows.iter().map(|row| (row.get(0), SequencePosition { last: row.get(1), is_ascending: row.get(2) })).collect()
}

/// Restores sequences that `setval` has moved back, because they would return the same numbers again. Returns the other
/// sequences that changed.
pub async fn restore(client: &Client, before: Positions) -> Vec<ChangedSequence> {
    let after = read(client).await;
    let mut changed = Vec::new();
    for (sequence, was) in before {
        let Some(is) = after.get(&sequence).filter(|is| is.last != was.last) else { continue };
        match was.last {
            Some(last) if has_moved_back(*is, last) => {
                let query = "SELECT setval(($1::text)::regclass, $2)";
                // The role could set the sequence, so it can set it again. If this fails, the change is reported.
                if client.query(&qualify_names(query), &[&sequence, &last]).await.is_err() {
                    changed.push(ChangedSequence { sequence, from: was.last, to: is.last });
                }
            }
            _ => changed.push(ChangedSequence { sequence, from: was.last, to: is.last }),
        }
    }
    changed
}

fn has_moved_back(is: SequencePosition, last: i64) -> bool {
    is.last.is_none_or(|now| if is.is_ascending { now < last } else { now > last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descending_sequence_moves_back_to_larger_values() {
        let at = |last, is_ascending| SequencePosition { last, is_ascending };
        assert!(has_moved_back(at(Some(4), true), 5));
        assert!(!has_moved_back(at(Some(6), true), 5));
        assert!(has_moved_back(at(Some(6), false), 5));
        assert!(has_moved_back(at(None, true), 5));
    }
}
