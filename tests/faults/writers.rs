//! Sessions that write all the time, each to its own rows, and know what the tables must contain if no write is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{RwLock, RwLockWriteGuard};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::Random;
use super::tables::{Key, Table};
use crate::support::eventually;

/// The columns of a row with their values as text. `None`: NULL.
pub type Values = BTreeMap<String, Option<String>>;

/// The rows of each table, by their number.
pub type Contents = Vec<BTreeMap<u32, Values>>;

/// The pause between two writes of a session.
const PAUSE: Duration = Duration::from_millis(2);

/// The number of rows per session and table above which no rows are inserted.
const MANY_ROWS: usize = 300;

/// Sessions that write until they are stopped.
pub struct Writers {
    sessions: Vec<(Sender<()>, JoinHandle<Contents>)>,
    writes: Arc<AtomicUsize>,
    /// Each write holds this for reading.
    gate: Arc<RwLock<()>>,
}

impl Writers {
    /// Starts one session for each part of the rows.
    pub fn start(url: &str, tables: &[Table], parts: Vec<Contents>, seed: u64, nulls: bool) -> Self {
        let (writes, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(RwLock::new(())));
        let count = u32::try_from(parts.len()).unwrap();
        let sessions = parts.into_iter().zip(0..).map(|(contents, number)| {
            let (stop, stopped) = channel();
            let (url, tables) = (url.to_owned(), tables.to_vec());
            let (writes, gate) = (Arc::clone(&writes), Arc::clone(&gate));
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let random = Random::new(seed.wrapping_add(u64::from(number)));
                runtime.block_on(async {
                    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                    tokio::spawn(connection);
                    let next = (0..).map(move |turn| 100_000 + turn * count + number);
                    let mut session = Writer {
                        client,
                        random,
                        tables,
                        contents,
                        nulls,
                        again: BTreeSet::new(),
                        next: Box::new(next),
                    };
                    while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                        let _permission = gate.read().await;
                        session.write().await;
                        writes.fetch_add(1, Ordering::Relaxed);
                    }
                    session.contents
                })
            });
            (stop, thread)
        });
        Self { sessions: sessions.collect(), writes, gate }
    }

    /// Waits for some more writes.
    pub fn wait(&self, writes: usize) {
        let goal = self.writes.load(Ordering::Relaxed) + writes;
        eventually("the writers write", 60, || {
            let ended = self.sessions.iter().any(|(_, thread)| thread.is_finished());
            ended || self.writes.load(Ordering::Relaxed) >= goal
        });
    }

    /// Stops all writes until the value is dropped.
    pub fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.gate.blocking_write()
    }

    /// Stops the sessions. Returns what the tables must contain.
    pub fn stop(self) -> Vec<Contents> {
        let threads = self.sessions.into_iter().map(|(stop, thread)| {
            drop(stop);
            thread
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().expect("a writer works")).collect()
    }
}

struct Writer {
    client: Client,
    random: Random,
    tables: Vec<Table>,
    contents: Contents,
    nulls: bool,
    /// Rows that were inserted again after a revision had deleted them. They are not deleted: nobody could tell whether
    /// the old row must come back.
    again: BTreeSet<(usize, u32)>,
    /// New numbers of rows and values.
    next: Box<dyn Iterator<Item = u32> + Send>,
}

impl Writer {
    /// Writes once, as its own transaction or as one of two statements of a transaction.
    async fn write(&mut self) {
        if self.random.chance(15) {
            let before = self.contents.clone();
            self.client.simple_query("BEGIN").await.unwrap();
            let both = self.write_one().await && self.write_one().await;
            let end = if both && !self.random.chance(20) { "COMMIT" } else { "ROLLBACK" };
            if self.client.simple_query(end).await.is_err() || end == "ROLLBACK" {
                self.contents = before;
            }
        } else {
            self.write_one().await;
        }
    }

    /// Executes one statement and records what it wrote. Returns false if the server rejected it.
    async fn write_one(&mut self) -> bool {
        let place = self.random.below(self.tables.len());
        let rows: Vec<u32> = self.contents[place].keys().copied().collect();
        let kind = self.random.below(100);
        if kind < 15 && rows.len() < MANY_ROWS {
            let row = self.next.next().unwrap();
            // If a column does not exist now, the row is inserted without values.
            return self.insert(place, row, true).await || self.insert(place, row, false).await;
        }
        let Some(row) = rows.get(self.random.below(rows.len().max(1))).copied() else { return true };
        match kind {
            15..25 if !self.again.contains(&(place, row)) => self.delete(place, row).await,
            // A row that a revision has deleted. If it still exists, the key is not unique.
            25..35 if self.tables[place].key != Key::Missing => {
                self.insert(place, row, true).await && self.again.insert((place, row))
            }
            _ => self.update(place, row).await,
        }
    }

    async fn insert(&mut self, place: usize, row: u32, with_values: bool) -> bool {
        let table = &self.tables[place];
        let columns: Vec<_> = table.columns.iter().filter(|_| with_values).cloned().collect();
        let (key, key_value) = table.key_of(row);
        let names = columns.iter().map(|(name, _)| name.clone());
        let values = columns.iter().map(|(_, ty)| ty.value(self.next.next().unwrap()));
        let names: Vec<String> = std::iter::once(key.to_owned()).chain(names).collect();
        let values: Vec<String> = std::iter::once(key_value).chain(values).collect();
        let texts: Vec<String> = columns.iter().map(|(name, _)| format!(", {name}::text")).collect();
        let insert = format!(
            "INSERT INTO {} ({}) VALUES ({}) RETURNING 1{}",
            table.name,
            names.join(", "),
            values.join(", "),
            texts.concat()
        );
        let Some(mut rows) = self.run(&insert).await else { return false };
        let mut texts = rows.pop().unwrap().into_iter().skip(1);
        let columns = self.tables[place].columns.iter();
        let values = columns.map(|(name, _)| (name.clone(), texts.next().flatten())).collect();
        self.contents[place].insert(row, values);
        true
    }

    async fn update(&mut self, place: usize, row: u32) -> bool {
        let table = &self.tables[place];
        let (column, ty) = self.random.pick(&table.columns).clone();
        let value = ty.value(self.next.next().unwrap());
        let value = if self.nulls && self.random.chance(15) { "NULL".to_owned() } else { value };
        let update = format!(
            "UPDATE {} SET {column} = {value} WHERE {} RETURNING {column}::text",
            table.name,
            table.is_row(row)
        );
        let Some(mut rows) = self.run(&update).await else { return false };
        if let Some(mut texts) = rows.pop() {
            self.contents[place].get_mut(&row).unwrap().insert(column, texts.pop().unwrap());
        }
        true
    }

    async fn delete(&mut self, place: usize, row: u32) -> bool {
        let table = &self.tables[place];
        let delete = format!("DELETE FROM {} WHERE {} RETURNING 1", table.name, table.is_row(row));
        let Some(rows) = self.run(&delete).await else { return false };
        if !rows.is_empty() {
            self.contents[place].remove(&row);
        }
        true
    }

    /// Runs a statement. Returns its rows as text, or `None` if the server rejected it.
    async fn run(&self, sql: &str) -> Option<Vec<Vec<Option<String>>>> {
        let answer = match self.client.simple_query(sql).await {
            Ok(answer) => answer,
            Err(error) => {
                assert!(error.as_db_error().is_some(), "{sql}: {error}");
                return None;
            }
        };
        let rows = answer.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Some(rows.collect())
    }
}
