//! Jobs that run the project's Python ask for the consent once, and run again with it.

use super::fixtures::*;
use super::harness::*;
use crate::engine::{Error, ErrorKind, ProjectCommand};

fn needs_python() -> Harness {
    let mut harness = Harness::with(120, 40, sample(), &["51ab90de3c44"]);
    let command = ProjectCommand::Python(["uv", "run", "python"].map(String::from).to_vec());
    harness.python_consent = Some(Error {
        needs_consent: Some(Box::new(command)),
        ..Error::of(ErrorKind::Approval, "limbeck needs the project's Python: uv run python (PATH)")
    });
    harness
}

#[test]
fn a_job_that_needs_python_asks_and_runs_again() {
    for (keys, job) in [
        ("u", "prepare upgrade head"),
        ("v", "verify 9f3b6c10a7d2"),
        ("V", "verify all"),
        ("=", "drift"),
        ("e<c-p>", "prove 9f3b6c10a7d2"),
    ] {
        let mut harness = needs_python();
        let screen = harness.press(keys).screen();
        assert!(screen.contains("Run the project's Python?"), "{keys}\n{screen}");
        assert!(screen.contains("uv run python (PATH)"), "{keys}\n{screen}");
        let runs = |harness: &Harness| harness.asked.iter().filter(|asked| *asked == job).count();
        assert_eq!(runs(&harness), 1, "{keys}: {:?}", harness.asked);
        harness.press("<enter>");
        assert!(harness.model.jobs.running().is_none() && harness.model.dialogs.is_empty(), "{keys}");
        assert!(!harness.asked.iter().any(|asked| asked.starts_with("give consent")), "{keys}: No is the default");
        harness.press(if keys.starts_with('e') { "<c-p>" } else { keys });
        harness.press("<right><enter>");
        let given = harness.asked.iter().position(|asked| asked == "give consent: uv run python");
        let again = harness.asked.iter().rposition(|asked| asked == job);
        assert!(given.is_some() && given < again, "{keys}: {:?}", harness.asked);
        assert_eq!(runs(&harness), 3, "{keys}");
        assert!(harness.model.dialogs.is_empty(), "{keys}\n{}", harness.screen());
    }
}
