//! Revisions that destroy data are applied and undone while other sessions write. Afterwards, every old value that nobody
//! overwrote is back, and no later write is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use super::losses::{Revision, random_revisions};
use super::tables::{CREATE_TYPES, Table};
use super::writers::{Contents, Writers};
use super::{Random, Tally};
use crate::support::{TestDatabase, TestProject, end_within, server};

/// The number of writing sessions, and the number of rows in each table at first.
const SESSIONS: u32 = 3;
const ROWS: u32 = 40;

/// The numbers of the first values start here: higher than those of later values, so that a narrower type loses a part.
const FIRST_VALUE: u32 = 0x0100_0000;

/// How often a run is repeated that stopped because of a write, e.g. because of a deadlock.
const REPETITIONS: usize = 4;

struct Case {
    database: TestDatabase<'static>,
    project: TestProject,
    tables: Vec<Table>,
    revisions: Vec<Revision>,
    /// What limbeck printed, for the description of a fault.
    printed: Vec<String>,
}

impl Case {
    /// Creates the tables, and the scripts of the revisions after a first empty one.
    fn new(random: &mut Random, nulls: bool) -> Self {
        let database = server().database();
        let project = TestProject::on(&database);
        let tables: Vec<Table> = (0..=random.below(3)).map(|number| Table::random(random, number)).collect();
        let revisions = random_revisions(random, &tables, nulls);
        let create: Vec<String> = tables.iter().map(|table| table.create(&table.name, &table.all_columns())).collect();
        database.psql(&format!("{CREATE_TYPES} {}", create.concat()));
        project.script(&id(0), "", "SELECT 1;", "SELECT 1;");
        for (revision, number) in revisions.iter().zip(1..) {
            let (upgrade, downgrade) = (revision.upgrade.join("\n"), revision.downgrade.join("\n"));
            let path = project.script(&id(number), &id(number - 1), &upgrade, &downgrade);
            if !revision.is_transactional {
                let script = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, script.replace("grade\n", "grade transaction=off\n")).unwrap();
            }
        }
        project.run(&["upgrade", &id(0)]).expect_status(0);
        Self { database, project, tables, revisions, printed: Vec::new() }
    }

    /// Inserts the first rows. Returns the rows of each session.
    fn fill(&self, random: &mut Random) -> Vec<Contents> {
        let mut parts = vec![vec![BTreeMap::new(); self.tables.len()]; SESSIONS as usize];
        for (place, table) in self.tables.iter().enumerate() {
            let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
            let rows: Vec<String> = (0..ROWS)
                .map(|row| {
                    let value =
                        |value: String, random: &mut Random| if random.chance(15) { "NULL".into() } else { value };
                    let values = table.columns.iter().map(|(_, ty)| value(ty.value(FIRST_VALUE + row), random));
                    let values: Vec<String> = values.collect();
                    format!("({}, {})", table.key_of(row).1, values.join(", "))
                })
                .collect();
            let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
            let (key, name) = (table.key_of(0).0, &table.name);
            let insert = format!(
                "INSERT INTO {name} ({key}, {}) VALUES {} RETURNING {}",
                names.join(", "),
                rows.join(", "),
                texts.join(", ")
            );
            for (row, texts) in (0..ROWS).zip(self.database.query(&insert)) {
                let values = texts.into_iter().map(|text| Some(text).filter(|text| !text.is_empty()));
                let values = names.iter().map(|name| (*name).to_owned()).zip(values).collect();
                parts[(row % SESSIONS) as usize][place].insert(row, values);
            }
        }
        parts
    }

    /// Runs limbeck, and sometimes kills the first run. Repeats a run that was killed, or that a write has stopped.
    fn run(&mut self, random: &mut Random, verb: &str, target: &str) -> Result<(), String> {
        // After a kill outside a transaction, limbeck may ask whether a statement took effect. Nobody here knows.
        if self.revisions.iter().all(|revision| revision.is_transactional) && random.chance(15) {
            let moment = Duration::from_millis(random.below(800) as u64);
            let killed = self.project.run_until(&[verb, target, "--allow", "data-loss"], |child| {
                end_within(child, moment);
                child.kill().ok();
            });
            self.printed.push(format!("$ {verb} {target}: killed after {moment:?}\n{}", killed.stderr));
        }
        for _ in 0..REPETITIONS {
            let run = self.project.run(&[verb, target, "--allow", "data-loss"]);
            self.printed.push(format!("$ {verb} {target}: exit {:?}\n{}", run.status, run.stderr));
            if run.status == Some(0) {
                return Ok(());
            }
            if !["deadlock", "lock timeout", "when the plan was made"].iter().any(|why| run.stderr.contains(why)) {
                break;
            }
        }
        Err("the run fails".to_owned())
    }

    /// Applies and undoes the revisions at random moments. In some cases the writers pause during the runs.
    fn perform(&mut self, random: &mut Random, writers: &Writers) -> Result<(), String> {
        let pauses = random.chance(40);
        self.printed.push(format!("the writers pause during the runs: {pauses}"));
        let move_to = |case: &mut Self, random: &mut Random, verb: &str, numbers: Vec<usize>| {
            let last = numbers.len() - 1;
            let steps = random.chance(40);
            for (place, number) in numbers.into_iter().enumerate() {
                if steps || place == last {
                    writers.wait(1 + random.below(120));
                    let _pause = pauses.then(|| writers.pause());
                    case.run(random, verb, &id(number))?;
                }
            }
            Ok::<(), String>(())
        };
        let last = self.revisions.len();
        for _ in 0..=usize::from(random.chance(30)) {
            move_to(self, random, "upgrade", (1..=last).collect())?;
            move_to(self, random, "downgrade", (0..last).rev().collect())?;
        }
        writers.wait(20);
        Ok(())
    }

    /// Compares the tables with what they must contain.
    fn compare(&self, expected: &[Contents]) -> Result<(), String> {
        self.database.psql("CREATE SCHEMA expected");
        for (place, table) in self.tables.iter().enumerate() {
            let name = &table.name;
            let mut sql = vec![table.create(&format!("expected.{name}"), &table.all_columns())];
            for (row, values) in expected.iter().flat_map(|contents| &contents[place]) {
                let values = table.columns.iter().map(|(name, ty)| match values.get(name).and_then(Option::as_ref) {
                    Some(text) => format!("'{}'::text::{}", text.replace('\'', "''"), ty.name),
                    None => "NULL".to_owned(),
                });
                let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
                let values: Vec<String> = values.collect();
                let (key, key_value) = table.key_of(*row);
                sql.push(format!(
                    "INSERT INTO expected.{name} ({key}, {}) VALUES ({key_value}, {});",
                    names.join(", "),
                    values.join(", ")
                ));
            }
            self.database.psql(&sql.concat());
            let checksum = |schema| {
                let query = format!(
                    "SELECT count(*), md5(string_agg(to_jsonb(t)::text, ' ' ORDER BY to_jsonb(t)::text)) FROM {schema}.{name} t"
                );
                self.database.psql(&query)
            };
            if checksum("public") != checksum("expected") {
                return Err(self.describe_difference(name));
            }
        }
        Ok(())
    }

    fn describe_difference(&self, name: &str) -> String {
        let rows = |a: &str, b: &str| {
            let query = format!(
                "SELECT to_jsonb(t)::text FROM {a}.{name} t EXCEPT ALL SELECT to_jsonb(t)::text FROM {b}.{name} t
                 ORDER BY 1 LIMIT 12"
            );
            self.database.query(&query).concat()
        };
        let (missing, surplus) = (rows("expected", "public"), rows("public", "expected"));
        format!("{name}: missing {missing:#?}, surplus {surplus:#?}")
    }

    fn describe(&self, fault: &str) -> String {
        let tables: Vec<String> =
            self.tables.iter().map(|table| table.create(&table.name, &table.all_columns())).collect();
        let revisions = self.revisions.iter().zip(1..).map(|(revision, number)| {
            let Revision { upgrade, downgrade, is_transactional } = revision;
            format!(
                "{} (transactional: {is_transactional})\n  up:   {}\n  down: {}",
                id(number),
                upgrade.join(" "),
                downgrade.join(" ")
            )
        });
        let revisions: Vec<String> = revisions.collect();
        let copies = "SELECT id, revision, direction, kind, state, object, rows, detail FROM limbeck.kept ORDER BY id";
        let copies: Vec<String> = self.database.query(copies).iter().map(|row| row.join(" ")).collect();
        let parts = [tables, revisions, self.printed.clone(), copies].map(|lines| lines.join("\n"));
        format!("{fault}\n{}", parts.join("\n"))
    }
}

/// The case that a person wants to repeat. The writers make another choice of moments each time.
fn chosen_case() -> Option<u64> {
    std::env::var("LIMBECK_TEST_CASE").ok()?.parse().ok()
}

fn id(number: usize) -> String {
    format!("ad{number:0>10}")
}

fn undo(random: &mut Random) -> Result<(), String> {
    // If both write NULL, nobody can tell whose NULL a value is.
    let nulls = random.chance(50);
    let mut case = Case::new(random, nulls);
    let parts = case.fill(random);
    let writers = Writers::start(&case.database.url(), &case.tables, parts, random.next(), !nulls);
    let done = case.perform(random, &writers);
    let expected = writers.stop();
    done.and_then(|()| case.compare(&expected)).map_err(|fault| case.describe(&fault))
}

#[test]
fn undone_losses_lose_neither_old_values_nor_later_writes() {
    let mut tally = Tally::new("undo with writers", 4, 1);
    let mut random = tally.random();
    while tally.continues() {
        let seed = chosen_case().unwrap_or_else(|| random.next());
        tally.count(undo(&mut Random::new(seed)).map_err(|fault| format!("case {seed}: {fault}")));
    }
    tally.finish();
}
