//! Sequences before and after a rehearsal: no rollback gives back what was drawn from one.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::MovedSequence;

/// A sequence's last value, and whether it counts upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    last: Option<i64>,
    rises: bool,
}

/// The sequences by their names as SQL.
pub type Positions = BTreeMap<String, Position>;

/// Where all sequences are that the role may read.
pub async fn read(client: &Client) -> Positions {
    let query = "SELECT format('%I.%I', schemaname, sequencename), last_value, increment_by > 0 FROM pg_sequences
        WHERE cycle IS FALSE";
    let rows = client.query(query, &[]).await.unwrap_or_default();
    rows.iter().map(|row| (row.get(0), Position { last: row.get(1), rises: row.get(2) })).collect()
}

/// Sets back those that are behind where they were, which would give out numbers a second time; gives those that are
/// further on.
pub async fn put_back(client: &Client, before: Positions) -> Vec<MovedSequence> {
    let after = read(client).await;
    let mut moved = Vec::new();
    for (sequence, was) in before {
        let Some(is) = after.get(&sequence).filter(|is| is.last != was.last) else { continue };
        match was.last {
            Some(last) if is_behind(*is, last) => {
                let query = "SELECT setval(($1::text)::regclass, $2)";
                // Whoever may set a sequence may set it back; should that fail, it is told as moved.
                if client.query(query, &[&sequence, &last]).await.is_err() {
                    moved.push(MovedSequence { sequence, from: was.last, to: is.last });
                }
            }
            _ => moved.push(MovedSequence { sequence, from: was.last, to: is.last }),
        }
    }
    moved
}

fn is_behind(is: Position, last: i64) -> bool {
    is.last.is_none_or(|now| if is.rises { now < last } else { now > last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_depends_on_the_direction() {
        let at = |last, rises| Position { last, rises };
        assert!(is_behind(at(Some(4), true), 5));
        assert!(!is_behind(at(Some(6), true), 5));
        assert!(is_behind(at(Some(6), false), 5));
        assert!(is_behind(at(None, true), 5));
    }
}
