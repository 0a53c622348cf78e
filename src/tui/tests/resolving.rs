//! `m`: the conflict screen, with both orders, the merge and the rebase.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use super::fixtures::*;
use super::harness::*;
use crate::core::conflict::{ObjectChange, OrderDifference, Touches};
use crate::core::graph::{Graph, GraphError, Path, RevisionId};
use crate::core::plan::PlanDirection;
use crate::engine::conflicts::{BranchComparison, ConflictEvent, HeadPair, OrderFailure, OrderResult, Side, Verdict};
use crate::engine::connection::Variables;
use crate::engine::prepare::PlanRequest;
use crate::engine::project::{Config, Consents, Project, ScriptTree};
use crate::engine::rebase::{EnvironmentCheck, EnvironmentState, plan_rebase};
use crate::engine::verify::VerifyReport;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Task;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::conflict::ConflictMsg;
use crate::tui::app::screen::conflict::rebase::{ProvedRebase, RebaseMsg};
use crate::tui::app::{Generation, Msg, Start};

const SIZES: [(u16, u16); 4] = [(80, 24), (40, 10), (120, 40), (200, 60)];

/// The results of comparisons and of rebases.
#[derive(Default)]
pub struct Resolved {
    pub verdict: Option<Verdict>,
    /// The error of the whole comparison, or of a rebase.
    pub stops: Option<Error>,
    /// The environment that cannot be read.
    pub unknown: Option<&'static str>,
}

/// The path of a request.
pub fn find_path(
    graph: &Graph,
    request: &PlanRequest,
    missing: &HashSet<RevisionId>,
    heads: &[RevisionId],
) -> Result<Path, GraphError> {
    match request.direction {
        PlanDirection::Upgrade => graph.upgrade(&request.target, heads),
        PlanDirection::Downgrade if request.only_branch => graph.downgrade_branch(&id(&request.target), heads, &[]),
        PlanDirection::Downgrade => graph.downgrade(&request.target, heads),
        PlanDirection::Switch => graph.switch(missing, heads),
    }
}

/// Two branches on a common revision.
fn branches() -> ScriptTree {
    tree(vec![
        file("8e10f3b79a01", "add executions", &[], "CREATE TABLE functions (id int, name text);", ""),
        file("c3d2a981e5b4", "실행 상태 색인 추가", &["8e10f3b79a01"], "SELECT 1;", ""),
        file(
            "7c1d5e02aa10",
            "users.plan",
            &["c3d2a981e5b4"],
            "ALTER TABLE users ADD plan text;\nCREATE INDEX functions_name ON functions (name);",
            "ALTER TABLE users DROP plan;",
        ),
        file("b04e77aa0912", "function timeouts", &["c3d2a981e5b4"], "ALTER TABLE functions ADD timeout int;", ""),
        file("b1577aa09120", "unique names", &["b04e77aa0912"], "ALTER TABLE functions ADD UNIQUE (name);", ""),
    ])
}

fn change(revision: &str, owner: &str, object: &str, change: &str) -> (RevisionId, ObjectChange) {
    (id(revision), ObjectChange { owner: owner.into(), object: object.into(), change: change.into() })
}

fn touches() -> Touches {
    Touches {
        left: vec![
            change("7c1d5e02aa10", "functions", "functions.name", "index functions_name created"),
            change("7c1d5e02aa10", "users", "users.plan", "column added"),
        ],
        right: vec![
            change("b04e77aa0912", "functions", "functions.timeout", "column added"),
            change("b1577aa09120", "functions", "functions.name", "unique constraint functions_name_key added"),
        ],
    }
}

fn failure() -> OrderFailure {
    let error = Error {
        message: String::from("revision b1577aa09120: could not create unique index \"functions_name_key\""),
        causes: vec![String::from("detail: Key (name)=(a) is duplicated."), String::from("SQLSTATE 23505")],
        line: Some(8),
        excerpt: Some(String::from(
            " --> versions/b1577aa0_unique_names.sql:8:1\n8 | ALTER TABLE functions ADD UNIQUE (name);\n  | ^",
        )),
        ..Error::default()
    };
    let statement = Some(String::from("ALTER TABLE functions ADD UNIQUE (name)"));
    OrderFailure { revision: id("b1577aa09120"), path: None, line: Some(8), statement, error }
}

fn comparison(pair: &HeadPair, verdict: Verdict) -> BranchComparison {
    let (left, right) = (&pair.fork.left, &pair.fork.right);
    let order = |first: Side, one: &[RevisionId], other: &[RevisionId]| OrderResult {
        first,
        order: one.iter().chain(other).cloned().collect(),
        failure: (verdict == Verdict::Fail && first == Side::Left).then(failure),
    };
    let object = String::from("enum public.mood");
    let text = format!(
        "{object}: labels is sad, glad if {} runs first, and glad, sad if {} runs first",
        pair.left, pair.right
    );
    BranchComparison {
        pair: pair.clone(),
        verdict,
        touches: touches(),
        difference: if verdict == Verdict::Differ { vec![OrderDifference { object, text }] } else { Vec::new() },
        orders: vec![order(Side::Left, left, right), order(Side::Right, right, left)],
        notes: Vec::new(),
    }
}

fn project() -> Project {
    let config_path = PathBuf::from("/project/migrations/limbeck.toml");
    Project {
        config: Config::parse("", FilePath::new("/project/migrations/limbeck.toml")).unwrap(),
        config_path,
        variables: Variables { environment: BTreeMap::default(), home: None },
        alembic: None,
        consents: Consents::default(),
    }
}

impl Harness {
    /// The messages of a task.
    pub fn resolve(&mut self, generation: Generation, task: Task) -> Vec<Msg> {
        let wrap = |message| ScreenMsg::Conflict(message);
        match task {
            Task::Compare(_, pairs) => {
                if let Some(error) = self.resolved.stops.clone() {
                    return vec![Msg::Ended(generation, wrap(ConflictMsg::Compared(Err(error))))];
                }
                let compared = comparison(&pairs[0], self.resolved.verdict.unwrap_or(Verdict::Commute));
                let mut messages: Vec<ConflictEvent> = Vec::new();
                for order in &compared.orders {
                    messages.push(ConflictEvent::Order { first: order.first });
                    messages.push(ConflictEvent::Ended(order.clone()));
                }
                messages.push(ConflictEvent::Compared(Box::new(compared.clone())));
                let progress = |event| Msg::Progress(generation, wrap(ConflictMsg::Progress(event)));
                let end = Msg::Ended(generation, wrap(ConflictMsg::Compared(Ok(vec![compared]))));
                messages.into_iter().map(progress).chain([end]).collect()
            }
            Task::ProveRebase(tree, revision, onto) => {
                let answer = match self.resolved.stops.clone() {
                    Some(error) => Err(error),
                    None => plan_rebase(&project(), &tree, &revision, &onto),
                };
                let name = |name: &str, state| EnvironmentCheck { name: name.to_owned(), state };
                let mut checks = vec![name("default", EnvironmentState::Free), name("staging", EnvironmentState::Free)];
                let error = Error::of(ErrorKind::Connection, "the server at live:5432 cannot be reached");
                checks.extend(self.resolved.unknown.map(|unknown| name(unknown, EnvironmentState::Unknown(error))));
                let answer = answer.map(|planned| {
                    let revisions = planned.rebase.moved.iter().map(|moved| proved(moved.as_str())).collect();
                    let report = VerifyReport { revisions, ..VerifyReport::default() };
                    Box::new(ProvedRebase { planned: Arc::new(planned), checks, report })
                });
                vec![Msg::Ended(generation, wrap(RebaseMsg::Proved(revision, onto, answer).into()))]
            }
            Task::WriteRebase(planned) => {
                self.tree = Arc::clone(&planned.after);
                vec![Msg::Ended(generation, wrap(RebaseMsg::Written(planned, Ok(())).into()))]
            }
            other => panic!("{other:?}"),
        }
    }
}

fn harness(width: u16, height: u16) -> Harness {
    Harness::with(width, height, branches(), &["c3d2a981e5b4"])
}

fn pictures(name: &str, harness: &mut Harness) {
    for (width, height) in SIZES {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), harness.screen());
    }
}

#[test]
fn pictures_of_branches_that_commute() {
    let mut harness = harness(80, 24);
    harness.press("m");
    pictures("branches", &mut harness);
    let options = Start { ascii: true, ..start(100, 40) };
    let mut ascii = Harness::silent(100, 40, branches(), &["c3d2a981e5b4"], options);
    ascii.run();
    ascii.press("m");
    insta::assert_snapshot!("branches_ascii", ascii.screen());
}

#[test]
fn pictures_of_branches_that_differ_and_that_fail() {
    let mut harness = harness(80, 24);
    harness.resolved.verdict = Some(Verdict::Differ);
    harness.press("m");
    pictures("branches_differ", &mut harness);
    harness.resolved.verdict = Some(Verdict::Fail);
    harness.press("v");
    pictures("branches_fail", &mut harness);
}

#[test]
fn pictures_while_the_orders_run() {
    let mut harness = harness(80, 24);
    harness.hold = true;
    harness.press("m");
    let generation = harness.job();
    let progress = |event| Msg::Progress(generation, ScreenMsg::Conflict(ConflictMsg::Progress(event)));
    for event in [
        ConflictEvent::Order { first: Side::Left },
        ConflictEvent::Running { revision: id("7c1d5e02aa10"), number: 1, count: 3 },
        ConflictEvent::Touched(Touches { right: Vec::new(), ..touches() }),
        ConflictEvent::Running { revision: id("b04e77aa0912"), number: 2, count: 3 },
    ] {
        harness.send(progress(event));
    }
    harness.now = harness.now.saturating_add(jiff::SignedDuration::from_secs(2));
    harness.send(Msg::Tick);
    pictures("branches_running", &mut harness);
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    assert!(harness.screen().contains("cancelling: dropping the scratch databases"), "{}", harness.screen());
    harness.resolved.stops = Some(Error::of(ErrorKind::Interrupted, "cancelled"));
    harness.hold = false;
    harness.run();
    assert!(harness.screen().contains("cancelled; the scratch databases were dropped"), "{}", harness.screen());
    harness.resolved.stops = None;
    assert!(harness.press("v").screen().contains("The branches commute"), "{}", harness.screen());
}

#[test]
fn a_merge_of_the_pair_closes_the_screen() {
    let mut harness = harness(120, 40);
    harness.press("mm<enter>");
    let wanted = "merge 7c1d5e02aa10 b1577aa09120 'merge 7c1d5e02 and b1577aa0'";
    assert!(harness.asked.iter().any(|asked| asked == wanted), "{:?}", harness.asked);
    let mut files: Vec<_> = branches().scripts.into_values().map(|file| (*file).clone()).collect();
    files.push(file("abcdefabcdef", "merge", &["7c1d5e02aa10", "b1577aa09120"], "", ""));
    harness.tree = Arc::new(tree(files));
    harness.send(Msg::ScriptsChanged);
    assert!(harness.model.list().is_none(), "{}", harness.screen());
}

#[test]
fn a_rebase_shows_the_tree_before_and_after_and_asks() {
    let mut harness = harness(120, 40);
    harness.press("mr");
    insta::assert_snapshot!("rebase_120x40", harness.screen());
    harness.resize(80, 24);
    insta::assert_snapshot!("rebase_80x24", harness.screen());
    harness.press("<enter>");
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("write rebase")), "Enter alone is Cancel");
    harness.press("r<tab><enter>");
    assert!(
        harness.asked.contains(&String::from("write rebase b1577aa09120 onto 7c1d5e02aa10")),
        "{:?}",
        harness.asked
    );
    assert!(harness.model.list().is_none(), "only one head is left");
    let parents = &harness.tree.graph.get("b04e77aa0912").unwrap().down_revisions;
    assert_eq!(*parents, [id("7c1d5e02aa10")]);
    assert_eq!(harness.model.history.selected_revision(), Some(&id("b1577aa09120")));
    assert!(harness.screen().contains("rebased b1577aa0 onto 7c1d5e02"), "{}", harness.screen());
}

#[test]
fn the_left_branch_can_be_moved_and_an_unknown_environment_is_named() {
    let mut harness = harness(120, 40);
    harness.resolved.unknown = Some("live");
    harness.press("mR");
    let screen = harness.screen();
    assert!(
        screen.contains("live cannot be read and may have the branch") && screen.contains("Rebase anyway"),
        "{screen}"
    );
    harness.press("<esc>");
    harness.resolved.stops = Some(Error::new("the branch is applied in live, so it cannot be rebased"));
    assert!(harness.press("R").screen().contains("the branch is applied in live"), "{}", harness.screen());
}

#[test]
fn the_failing_script_is_opened_and_saving_it_runs_the_proof_again() {
    let mut harness = harness(120, 40);
    harness.resolved.verdict = Some(Verdict::Fail);
    harness.press("m");
    assert!(harness.screen().contains("One order fails"), "{}", harness.screen());
    harness.press("e");
    let editor = harness.model.editor().unwrap();
    assert_eq!((editor.name().as_str(), editor.document.cursor()), ("b1577aa0_unique_names.sql", (7, 0)));
    let runs = |harness: &Harness| harness.asked.iter().filter(|asked| asked.starts_with("compare branches")).count();
    assert_eq!(runs(&harness), 1);
    harness.resolved.verdict = Some(Verdict::Commute);
    harness.press("x<^s>");
    assert_eq!(runs(&harness), 1, "the editor is still open");
    harness.press("<esc>");
    assert_eq!(runs(&harness), 2, "{:?}", harness.asked);
    assert!(harness.screen().contains("The branches commute"), "{}", harness.screen());
    harness.press("jjk");
    assert_eq!(runs(&harness), 2);
}

#[test]
fn more_than_two_heads_are_shown_in_pairs() {
    let mut files: Vec<_> = branches().scripts.into_values().map(|file| (*file).clone()).collect();
    files.push(file("dddd5e02aa10", "third", &["c3d2a981e5b4"], "SELECT 1;", ""));
    let mut harness = Harness::with(120, 40, tree(files), &["c3d2a981e5b4"]);
    harness.press("m");
    assert!(harness.screen().contains("pair 1 of 3"), "{}", harness.screen());
    harness.press("<tab>");
    let screen = harness.screen();
    assert!(screen.contains("pair 2 of 3") && screen.contains("dddd5e02"), "{screen}");
    let compared: Vec<_> =
        harness.asked.iter().filter(|asked| asked.starts_with("compare branches")).cloned().collect();
    assert_eq!(compared, ["compare branches 7c1d5e02aa10 b1577aa09120", "compare branches 7c1d5e02aa10 dddd5e02aa10"]);
    harness.press("<tab><tab>");
    assert!(harness.screen().contains("pair 1 of 3"));
    let count = harness.asked.iter().filter(|asked| asked.starts_with("compare branches")).count();
    assert_eq!(count, 3, "a proved pair is not compared again");
}

#[test]
fn without_a_database_the_branches_are_shown_and_merged() {
    let error = Error::of(ErrorKind::Connection, "the server at localhost:5432 cannot be reached");
    let mut harness = Harness::silent(120, 40, branches(), &[], start(120, 40));
    harness.unreachable = Some(error);
    harness.run();
    harness.press("m");
    let screen = harness.screen();
    assert!(screen.contains("not proved: the server cannot be reached"), "{screen}");
    assert!(screen.contains("users.plan") && screen.contains("column added"), "{screen}");
    assert!(harness.press("m").screen().contains("Merge heads"));
}

#[test]
fn downgrade_to_one_of_several_heads_is_of_its_branch() {
    let mut harness = Harness::with(120, 40, branches(), &["7c1d5e02aa10", "b1577aa09120"]);
    harness.press("/b157<enter>D");
    assert_eq!(harness.asked.last().unwrap(), "prepare downgrade b1577aa09120 of its branch", "{:?}", harness.asked);
    let plan = &harness.model.plan().unwrap().plan;
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.revision.as_str()).collect();
    assert_eq!((steps, &plan.to), (vec!["b1577aa09120", "b04e77aa0912"], &vec![id("7c1d5e02aa10")]));
}
