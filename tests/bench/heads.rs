//! `heads` on 5,000 scripts, compared with a real Alembic on the same graph.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{TestProject, python_with_alembic};
use crate::{Figure, milliseconds, scripts};

const REVISIONS: usize = 5000;
/// How often each program runs, alternating. The shortest time counts: it was disturbed least by other programs.
const ROUNDS: usize = 3;
const TURNS: usize = 10;

pub fn measure() -> Vec<Figure> {
    let project = TestProject::new("");
    scripts::write(&project, REVISIONS);
    project.write("alembic.ini", "[alembic]\nscript_location = alembic\n");
    project.write("alembic/env.py", "");
    for n in 0..REVISIONS {
        project.write(&format!("alembic/versions/{}_change_{n}.py", scripts::id(n)), &scripts::python(n));
    }
    let mut alembic = Command::new(python_with_alembic());
    alembic.args(["-m", "alembic.config", "heads"]).current_dir(project.root());
    let mut limbeck = project.command(&["-c", "limbeck.toml", "heads"]);
    let mut limbeck_python = project.command(&["-c", "alembic.ini", "heads"]);
    // The first run compiles the Python scripts to byte code.
    let (_, theirs) = time(&mut alembic);
    let (mut slow, mut fast, mut python) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        slow = slow.min(time(&mut alembic).0);
        for _ in 0..TURNS {
            let (elapsed, ours) = time(&mut limbeck);
            assert_eq!(ours, theirs, "both programs list the same heads");
            fast = fast.min(elapsed);
            let (elapsed, ours) = time(&mut limbeck_python);
            assert_eq!(ours, theirs, "both programs list the same heads of the same scripts");
            python = python.min(elapsed);
        }
    }
    let of_python = Figure {
        work: format!("heads on {REVISIONS} Python scripts"),
        measured: milliseconds(python),
        bound: 100.0,
        unit: "ms",
        note: String::new(),
    };
    let of_sql = Figure {
        work: format!("heads on {REVISIONS} scripts, a hundredth of Alembic's time"),
        measured: milliseconds(fast),
        bound: (milliseconds(slow) / 100.0 * 100.0).round() / 100.0,
        unit: "ms",
        note: format!(
            " ({:.0} times faster than Alembic's {:.2} s)",
            slow.as_secs_f64() / fast.as_secs_f64(),
            slow.as_secs_f64()
        ),
    };
    vec![of_sql, of_python]
}

fn time(command: &mut Command) -> (Duration, Vec<String>) {
    let since = Instant::now();
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().unwrap();
    let elapsed = since.elapsed();
    assert!(output.status.success());
    let mut lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    (elapsed, lines)
}
