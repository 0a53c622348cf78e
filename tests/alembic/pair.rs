//! The same project twice, each with a database: limbeck runs one, Alembic runs the other.

use super::compared::sorted_lines;
use crate::support::{Driver, Output, Shop};

pub struct Pair {
    pub ours: Shop,
    pub theirs: Shop,
}

impl Pair {
    /// The sample project.
    pub fn new(driver: Driver) -> Self {
        Self { ours: Shop::new(driver), theirs: Shop::new(driver) }
    }

    /// Does the same to both projects.
    pub fn each(&self, action: impl Fn(&Shop)) {
        action(&self.ours);
        action(&self.theirs);
    }

    /// Runs a command with both programs. Both succeed, and the databases are equal. Approves everything; no copies are
    /// kept, because a restored copy would be a difference.
    #[track_caller]
    pub fn run(&self, line: &str) {
        let theirs = self.theirs.alembic(line);
        assert_eq!(theirs.status, Some(0), "{}", self.describe(line, "alembic", &theirs));
        let ours = self.ours.limbeck(&approved(line));
        assert_eq!(ours.status, Some(0), "{}", self.describe(line, "limbeck", &ours));
        self.expect_equal_databases(line);
    }

    /// Runs a command that fails with both programs and changes nothing that the other does not change.
    #[track_caller]
    pub fn run_failing(&self, line: &str) -> Output {
        let theirs = self.theirs.alembic(line);
        assert_eq!(theirs.status, Some(1), "{}", self.describe(line, "alembic", &theirs));
        let ours = self.ours.limbeck(&approved(line));
        assert_eq!(ours.status, Some(1), "{}", self.describe(line, "limbeck", &ours));
        self.expect_equal_databases(line);
        ours
    }

    /// Runs a command that prints. The lines of both programs are equal, in any order.
    #[track_caller]
    pub fn print(&self, line: &str) {
        let (ours, theirs) = (self.ours.limbeck(line), self.theirs.alembic(line));
        assert_eq!((ours.status, theirs.status), (Some(0), Some(0)), "{}", self.describe(line, "limbeck", &ours));
        let root = |shop: &Shop| shop.project.root().display().to_string();
        let lines = |shop: &Shop, output: &Output| sorted_lines(&output.stdout.replace(&root(shop), "/project"));
        assert_eq!(lines(&self.ours, &ours), lines(&self.theirs, &theirs), "{line}");
    }

    #[track_caller]
    pub fn expect_equal_databases(&self, line: &str) {
        let (ours, theirs) = (self.ours.contents(), self.theirs.contents());
        let only = |text: &str, other: &str| {
            let lines = text.lines().filter(|line| !other.lines().any(|it| it == *line));
            lines.collect::<Vec<_>>().join("\n")
        };
        let (of_ours, of_theirs) = (only(&ours, &theirs), only(&theirs, &ours));
        let driver = self.ours.driver.name();
        assert_eq!(ours, theirs, "{driver}: {line}\nonly limbeck:\n{of_ours}\nonly Alembic:\n{of_theirs}");
    }

    fn describe(&self, line: &str, program: &str, output: &Output) -> String {
        let Output { status, stdout, stderr } = output;
        let driver = self.ours.driver.name();
        format!("{driver}: {program} {line}: {status:?}\n--- standard output\n{stdout}\n--- standard error\n{stderr}")
    }
}

/// A command line of Alembic with the approvals of limbeck.
fn approved(line: &str) -> String {
    if line.contains("upgrade ") || line.contains("downgrade ") {
        format!("{line} --yes --allow all --no-keep")
    } else {
        format!("{line} --yes")
    }
}
