//! `kill -9` of limbeck and of the Python process while scripts of the sample run. After it, the version table and the
//! schema agree, and the next run completes or says what to do.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::faults::Tally;
use crate::support::{
    Driver, Output, SCRIPTS, Shop, TestDatabase, end_of, end_within, eventually, is_true_within, program,
};

/// Where the trials begin and end: scripts of the sample.
const LOW: usize = 3;
const HIGH: usize = 16;

/// A query for each script that is true while the script is applied. Script 16 changes nothing.
const PROBES: [&str; 15] = [
    "to_regclass('users') IS NOT NULL",
    "column_exists('users', 'email')",
    "column_exists('users', 'nickname')",
    "column_exists('users', 'account_id')",
    "column_exists('orders', 'is_closed')",
    "to_regclass('coupons') IS NOT NULL",
    "column_exists('users', 'level')",
    "column_exists('orders', 'is_returnable')",
    "column_exists('users', 'search_name')",
    "column_exists('orders', 'total')",
    "column_exists('orders', 'currency')",
    "to_regclass('preferences') IS NOT NULL",
    "to_regclass('audit_entries') IS NOT NULL",
    "column_exists('audit_entries', 'details')",
    "column_exists('orders', 'channel')",
];

/// The scripts that commit in the middle. Their effects can be partly there.
const COMMITTING: [usize; 2] = [8, 9];

#[derive(Debug, Clone, Copy)]
enum Victim {
    Limbeck,
    Python,
}

/// The scripts that are applied if the version table has these rows.
fn applied(heads: &[String]) -> Vec<usize> {
    let number = |id: &String| SCRIPTS.iter().position(|script| script == id).map_or(0, |index| index + 1);
    let branches = |head: usize| match head {
        13 | 14 => (1..=12).chain(13..=head).collect::<Vec<_>>(),
        15 => (1..=12).chain([15]).collect(),
        other => (1..=other).collect(),
    };
    let mut all: Vec<usize> = heads.iter().flat_map(|id| branches(number(id))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Fails if the schema is not that of the version table.
fn check_schema(shop: &Shop) -> Result<(), String> {
    let heads = shop.heads();
    let applied = applied(&heads);
    for (index, probe) in PROBES.iter().enumerate() {
        let number = index + 1;
        let exists = |text: &str| {
            let column = "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(TABLE) AND attname = COLUMN
                AND NOT attisdropped)";
            match text.strip_prefix("column_exists(").and_then(|rest| rest.strip_suffix(')')?.split_once(", ")) {
                Some((table, name)) => column.replace("TABLE", table).replace("COLUMN", name),
                None => text.to_owned(),
            }
        };
        let is = shop.database.psql(&format!("SELECT {}", exists(probe))) == "t";
        if is != applied.contains(&number) && !COMMITTING.contains(&number) {
            return Err(format!("heads are {heads:?}, but {probe} is {is}"));
        }
    }
    Ok(())
}

/// A process below another one whose name begins with `python`.
fn python_below(parent: u32) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let numbers: Vec<u32> = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let parent_of = |number: u32| -> Option<(u32, String)> {
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        Some((rest.split_whitespace().nth(1)?.parse().ok()?, name.to_owned()))
    };
    let is_below = |number: u32| {
        let mut at = number;
        while let Some((above, _)) = parent_of(at) {
            if above == parent {
                return true;
            }
            at = above;
        }
        false
    };
    let is_python = |number: u32| parent_of(number).is_some_and(|(_, name)| name.starts_with("python"));
    numbers.into_iter().find(|number| is_python(*number) && is_below(*number))
}

fn kill(process: u32) {
    Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status().unwrap();
}

/// Waits until no session of limbeck or of its Python is in the database.
fn wait_for_sessions(database: &TestDatabase<'_>) -> Result<(), String> {
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'shop'";
    if is_true_within(30, || database.psql(sessions) == "0") { Ok(()) } else { Err("sessions remain".to_owned()) }
}

/// The arguments of a run to a script.
fn arguments(number: usize) -> [String; 6] {
    let verb = if number == HIGH { "upgrade" } else { "downgrade" };
    [verb, SCRIPTS[number - 1], "--yes", "--allow", "all", "--no-keep"].map(str::to_owned)
}

fn run(shop: &Shop, number: usize) -> Output {
    shop.project.run(&arguments(number).each_ref().map(String::as_str))
}

/// Runs until the goal is reached. A run that fails must name the script that committed in the middle, and ask for
/// `--resume again`; then the test does what a user does: it undoes what was committed, and runs the script again.
fn complete(shop: &Shop, goal: usize) -> Result<(), String> {
    let mut last = String::new();
    let mut resume: &[&str] = &[];
    for _ in 0..3 {
        let arguments = arguments(goal);
        let arguments = arguments.iter().map(String::as_str).chain(resume.iter().copied()).collect::<Vec<_>>();
        let output = shop.project.run(&arguments);
        if output.status == Some(0) {
            return Ok(());
        }
        last = format!("exit {:?}: {}", output.status, output.stderr);
        let is_named = COMMITTING.iter().any(|number| output.stderr.contains(SCRIPTS[number - 1]));
        if !is_named || !output.stderr.contains("--resume again") {
            return Err(format!("the next run fails and does not say what to do: {last}"));
        }
        undo_committed(shop);
        resume = &["--resume", "again"];
    }
    Err(format!("the next run does not complete: {last}"))
}

/// Undoes what script 8 may have committed: it cannot run twice. Script 9 can.
fn undo_committed(shop: &Shop) {
    if applied(&shop.heads()).contains(&8) {
        let column = "ALTER TABLE orders ADD COLUMN IF NOT EXISTS is_returnable boolean NOT NULL DEFAULT true";
        shop.database.psql(column);
    } else {
        shop.database.psql("DROP INDEX IF EXISTS ix_orders_placed_on");
        shop.database.psql("ALTER TABLE orders DROP COLUMN IF EXISTS is_returnable");
    }
}

/// The sample with a row in each table, and its contents at [`LOW`] and at [`HIGH`].
fn subject() -> (Shop, [String; 2]) {
    let shop = Shop::new(Driver::Psycopg2);
    shop.limbeck("upgrade 3d94e1f06b7a --yes").expect_status(0);
    shop.seed(LOW);
    run(&shop, HIGH).expect_status(0);
    let high = shop.contents();
    run(&shop, LOW).expect_status(0);
    let low = shop.contents();
    (shop, [low, high])
}

fn kill_at_random_moments(mut tally: Tally, victim: Victim) {
    let mut random = tally.random();
    let (shop, [low, high]) = subject();
    let (mut shop, mut goal) = (shop, HIGH);
    let since = Instant::now();
    run(&shop, HIGH).expect_status(0);
    let whole = since.elapsed();
    run(&shop, LOW).expect_status(0);
    while tally.continues() {
        let moment = whole.mul_f64(random.fraction());
        let output = shop.project.run_until(&arguments(goal).each_ref().map(String::as_str), |child| {
            stop_at(child, victim, moment);
        });
        tally.count_stopped(output.status != Some(0));
        let result = check_state(&shop, victim, &output).and_then(|()| complete(&shop, goal)).and_then(|()| {
            if shop.contents() == *[&low, &high][usize::from(goal == HIGH)] {
                Ok(())
            } else {
                Err("other contents".to_owned())
            }
        });
        let has_failed = result.is_err();
        tally.count(result.map_err(|fault| {
            format!(
                "{victim:?} after {moment:?} on the way to script {goal}: {fault}\nexit {:?}: {}",
                output.status, output.stderr
            )
        }));
        goal = LOW + HIGH - goal;
        if has_failed {
            (shop, _) = subject();
            goal = HIGH;
        }
    }
    tally.finish();
}

/// Kills the victim after some time, and waits for the end of limbeck.
fn stop_at(child: &mut Child, victim: Victim, moment: Duration) {
    if end_within(child, moment).is_none() {
        match victim {
            Victim::Limbeck => kill(child.id()),
            Victim::Python => {
                let mut python = None;
                is_true_within(20, || {
                    python = python_below(child.id());
                    python.is_some() || child.try_wait().unwrap().is_some()
                });
                python.into_iter().for_each(kill);
            }
        }
    }
    end_of(child, 90);
}

/// Checks the state after the kill: no session is left, and the schema is that of the version table.
fn check_state(shop: &Shop, victim: Victim, output: &Output) -> Result<(), String> {
    wait_for_sessions(&shop.database)?;
    check_schema(shop)?;
    match (victim, output.status) {
        (Victim::Limbeck, _) | (_, Some(0)) => Ok(()),
        (Victim::Python, Some(1)) if output.stderr.contains("error: ") => Ok(()),
        (Victim::Python, status) => Err(format!("exit {status:?} after the end of Python")),
    }
}

#[test]
fn a_kill_of_limbeck_at_a_random_moment_leaves_a_consistent_database() {
    kill_at_random_moments(Tally::new("kill -9 of limbeck with Python scripts", 6, 5), Victim::Limbeck);
}

#[test]
fn a_kill_of_python_at_a_random_moment_leaves_a_consistent_database() {
    kill_at_random_moments(Tally::new("kill -9 of Python", 6, 5), Victim::Python);
}

/// A psql that holds a lock until it is dropped.
struct Holder(Child);

impl Holder {
    fn new(database: &TestDatabase<'_>, sql: &str) -> Self {
        let mut psql = Command::new(program("psql"));
        psql.args(["-X", "-q", &database.url()]).env_clear().stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = psql.spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{sql}").unwrap();
        let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND usename = 'postgres' AND state LIKE 'idle%'";
        eventually("the holder has its lock", 20, || database.psql(idle) == "1");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Kills the victim while a statement of the role `shop` that contains a text waits.
fn kill_while(victim: Victim, start: usize, hold: &str, statement: &str) {
    let shop = Shop::new(Driver::Psycopg2);
    shop.limbeck("upgrade 3d94e1f06b7a --yes").expect_status(0);
    shop.seed(LOW);
    shop.limbeck(&format!("upgrade {} --allow all", SCRIPTS[start - 1])).expect_status(0);
    let holder = Holder::new(&shop.database, hold);
    let running = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'shop'
         AND state = 'active' AND query LIKE '%{statement}%'"
    );
    let output = shop.project.run_until(&arguments(HIGH).each_ref().map(String::as_str), |child| {
        eventually("the statement waits", 60, || shop.database.psql(&running) != "0");
        stop_at(child, victim, Duration::ZERO);
    });
    drop(holder);
    shop.database.psql("DROP FUNCTION IF EXISTS hold() CASCADE");
    check_state(&shop, victim, &output).unwrap();
    complete(&shop, HIGH).unwrap();
    assert_eq!(shop.heads(), [SCRIPTS[HIGH - 1]]);
    let rows = "SELECT name, search_name, is_returnable FROM users JOIN orders ON user_id = users.id";
    assert_eq!(shop.database.psql(rows), "Ada Byron|ada byron|t");
    let index = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_orders_placed_on'::regclass";
    assert_eq!(shop.database.psql(index), "t");
}

/// An open transaction with a snapshot, for which `CREATE INDEX CONCURRENTLY` waits.
const OPEN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_namespace;";

/// A trigger that waits for a lock that the session has.
const TRIGGER: &str = "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN new; END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION hold(); SELECT pg_advisory_lock(4711);";

#[test]
fn a_kill_of_limbeck_during_script_8_can_be_completed() {
    kill_while(Victim::Limbeck, 7, OPEN, "CREATE INDEX CONCURRENTLY");
}

#[test]
fn a_kill_of_python_during_script_8_can_be_completed() {
    kill_while(Victim::Python, 7, OPEN, "CREATE INDEX CONCURRENTLY");
}

#[test]
fn a_kill_of_limbeck_during_script_9_can_be_completed() {
    kill_while(Victim::Limbeck, 8, TRIGGER, "UPDATE users SET search_name");
}

#[test]
fn a_kill_of_python_during_script_9_can_be_completed() {
    kill_while(Victim::Python, 8, TRIGGER, "UPDATE users SET search_name");
}

#[test]
fn an_interrupt_is_reported_and_ends_python() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.script(1, "op.execute('CREATE TABLE items (id int)')\nop.execute('SELECT pg_sleep(60)')", "pass");
    shop.script(2, "op.execute('SELECT 1')", "pass");
    // The plan runs the script, too: on a scratch database, where it may sleep as long.
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop' AND state = 'active'
        AND query LIKE '%pg_sleep(60)%'";
    let mut python = None;
    let output = shop.project.run_until(&["upgrade", "head", "--yes"], |child| {
        eventually("the script sleeps", 60, || shop.database.psql(sleeping) != "0");
        python = python_below(child.id());
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        end_of(child, 60);
    });
    assert_eq!(output.status, Some(130), "{}", output.stderr);
    let python = python.expect("a Python process runs");
    eventually("Python has ended", 20, || !std::path::Path::new(&format!("/proc/{python}")).exists());
    eventually("the statement has ended", 20, || shop.database.psql(sleeping) == "0");
    assert_eq!(shop.database.psql("SELECT to_regclass('items') IS NULL"), "t");
}

#[test]
fn of_two_upgrades_at_the_same_time_the_second_waits_and_finds_nothing_to_do() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.script(1, "op.execute('CREATE TABLE items AS SELECT 1 AS id')", "op.drop_table('items')");
    shop.script(2, "op.execute('INSERT INTO items VALUES (2)')", "pass");
    shop.limbeck("upgrade head --yes --dry-run").expect_status(0);
    let mut children = [shop.project.spawn(&["upgrade", "head"]), shop.project.spawn(&["upgrade", "head"])];
    for child in &mut children {
        assert!(end_of(child, 120).unwrap().success());
    }
    assert_eq!(shop.database.psql("SELECT count(*) FROM items"), "2");
    assert_eq!(shop.database.psql("SELECT count(*) FROM limbeck.log WHERE state = 'done'"), "2");
}
