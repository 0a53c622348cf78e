//! The time from the start of the process to its first frame and to the whole tree, and its memory, with 10,000
//! revisions.

use std::io::Read;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::{TestProject, eventually};
use crate::{Figure, milliseconds, quantile, scripts};

const REVISIONS: usize = 10_000;
const RUNS: usize = 11;
/// The beginning of every script's message, which is visible in the tree's rows.
const ROW: &[u8] = b"change number";
/// The time limit for the tree; longer means a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// The bytes that end a frame.
const SHOWN: &[u8] = b"\x1b[?2026l";

/// One run: the time of the first frame, the time of the tree, and the memory in kilobytes.
struct Run {
    first: Duration,
    tree: Duration,
    kilobytes: u64,
}

pub fn measure() -> Vec<Figure> {
    // No server listens at this address: the measurement needs none.
    let project = TestProject::new("[database]\nurl = \"postgresql://nobody@127.0.0.1:1/nothing\"\n");
    scripts::write(&project, REVISIONS);
    let runs: Vec<Run> = (0..RUNS).map(|_| run(&project)).collect();
    let figure = |work: &str, of: fn(&Run) -> Duration, bound| Figure {
        work: format!("process start to {work}, {REVISIONS} revisions"),
        measured: milliseconds(quantile(runs.iter().map(of).collect(), 0.5)),
        bound,
        unit: "ms",
        note: format!(" (median of {RUNS}, the shortest {:.1})", milliseconds(runs.iter().map(of).min().unwrap())),
    };
    let kilobytes = runs.iter().map(|run| run.kilobytes).max().unwrap();
    vec![
        figure("first frame", |run| run.first, 50.0),
        figure("the whole tree drawn", |run| run.tree, 300.0),
        Figure {
            work: format!("memory at rest, {REVISIONS} revisions"),
            measured: kilobytes as f64 / 1000.0,
            bound: 60.0,
            unit: "MB",
            note: String::new(),
        },
    ]
}

fn run(project: &TestProject) -> Run {
    let size = PtySize { rows: 60, cols: 200, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_limbeck"));
    command.cwd(project.root());
    command.env_clear();
    for (name, value) in project.environment() {
        command.env(name, value);
    }
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (sender, output) = channel();
    // A separate thread reads to the end: the program would block if nothing read its output.
    std::thread::spawn(move || {
        let mut bytes = vec![0; 65536];
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            sender.send(bytes[..length].to_vec()).ok();
        }
    });
    let since = Instant::now();
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut seen = Vec::new();
    let (mut first, mut tree) = (None, None);
    while tree.is_none() {
        let shown = output.recv_timeout(PATIENCE);
        seen.extend(shown.unwrap_or_else(|_| panic!("no tree: {}", String::from_utf8_lossy(&seen))));
        let whole = seen.windows(SHOWN.len()).rposition(|window| window == SHOWN).unwrap_or(0);
        if first.is_none() && whole > 0 {
            first = Some(since.elapsed());
        }
        if seen[..whole].windows(ROW.len()).any(|window| window == ROW) {
            tree = Some(since.elapsed());
        }
    }
    let kilobytes = at_rest(child.process_id().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    Run { first: first.unwrap(), tree: tree.unwrap(), kilobytes }
}

/// The memory after the process has used no CPU time for a while.
fn at_rest(pid: u32) -> u64 {
    let (mut ticks, mut since) = (String::new(), Instant::now());
    eventually("the program is idle", 30, || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let used = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2).collect::<Vec<_>>().join(" ");
        if used != ticks {
            (ticks, since) = (used, Instant::now());
        }
        since.elapsed() > Duration::from_millis(300)
    });
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
