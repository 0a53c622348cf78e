//! The UI without a terminal: keys go through the real `update`, and effects are answered from memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Time, time};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::fixtures::{hazards, id, outcome, sample};
pub use super::names::*;
use crate::core::copies::CopyForecast;
use crate::core::graph::{Path, RevisionId};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{
    Approval, EnvironmentName, OutdatedEnvironment, Plan, PlannedStatement, Step, TransactionMode,
};
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::apply::{Outcome, Progress};
use crate::engine::connection::ServerInfo;
use crate::engine::draft::WrittenScript;
use crate::engine::prepare::PlanRequest;
use crate::engine::project::{SaveOutcome, ScriptFile, ScriptTree};
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyReport};
use crate::tui::app::effect::Task;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::editor::EditorMsg;
use crate::tui::app::{Effect, Generation, Model, Msg, Start, parse_keys, update};
use crate::tui::editor::{Highlighted, examine};
use crate::tui::view::draw;

/// The state outside the UI, and the UI.
pub struct Harness {
    pub model: Model,
    pub tree: Arc<ScriptTree>,
    pub heads: Vec<RevisionId>,
    /// The records of the ledger, and its newest row.
    pub record: ScriptStatus,
    pub newest: Option<i64>,
    /// Environments that should be upgraded first.
    pub outdated: Vec<OutdatedEnvironment>,
    /// The notes of every plan.
    pub notes: Vec<String>,
    /// The error of a server that cannot be reached.
    pub unreachable: Option<Error>,
    /// The error of applying.
    pub fails: Option<Error>,
    /// The results of revisions that are not proved, and the error of the whole verification.
    pub faulty: Vec<VerifiedRevision>,
    pub stops: Option<Error>,
    pub compared: super::comparing::CompareAnswers,
    pub generated: super::generating::GenerateAnswers,
    pub resolved: super::resolving::Resolved,
    /// The reason in the scripts' allow comments.
    pub allowed: Option<String>,
    /// The error of jobs that run Python, until the user gives the consent.
    pub python_consent: Option<Error>,
    /// Jobs are not answered until `run`.
    pub hold: bool,
    pub held: Vec<Effect>,
    /// The contents of files that were read or written.
    pub disk: HashMap<PathBuf, String>,
    /// The result of a proof.
    pub proof: VerifiedRevision,
    /// The names of all effects, in their order.
    pub asked: Vec<String>,
    pub now: Time,
    pub drawn: bool,
    /// The copies of plans.
    pub keeping: CopyForecast,
}

impl Harness {
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, sample(), &["7c1d5e02aa10", "b04e77aa0912"])
    }

    pub fn with(width: u16, height: u16, tree: ScriptTree, heads: &[&str]) -> Self {
        let mut harness = Self::silent(width, height, tree, heads, start(width, height));
        harness.run();
        harness
    }

    /// The UI before any answer. The first effects are in `held`.
    pub fn silent(width: u16, height: u16, tree: ScriptTree, heads: &[&str], start: Start) -> Self {
        let (model, held) = Model::new(Start { width, height, ..start });
        Self {
            model,
            tree: Arc::new(tree),
            heads: heads.iter().map(|head| id(head)).collect(),
            record: ScriptStatus::default(),
            newest: None,
            outdated: Vec::new(),
            notes: Vec::new(),
            unreachable: None,
            fails: None,
            faulty: Vec::new(),
            stops: None,
            compared: super::comparing::CompareAnswers::default(),
            generated: super::generating::GenerateAnswers::default(),
            resolved: super::resolving::Resolved::default(),
            allowed: None,
            python_consent: None,
            hold: false,
            held,
            disk: HashMap::new(),
            proof: proved("9f3b6c10a7d2"),
            asked: Vec::new(),
            now: time(10, 2, 11, 0),
            drawn: true,
            keeping: CopyForecast::default(),
        }
    }

    /// The generation of the running job, or of the latest request.
    pub fn job(&self) -> Generation {
        self.model.jobs.running().map_or_else(|| self.model.jobs.generation(), |job| job.generation)
    }

    /// Answers the held effects, and the effects that follow.
    pub fn run(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.perform(held);
    }

    pub fn send(&mut self, message: Msg) {
        let effects = update(&mut self.model, message, self.now);
        self.perform(effects);
        if self.drawn && self.model.wants_drawn() {
            let effects = update(&mut self.model, Msg::Drawn, self.now);
            self.perform(effects);
        }
    }

    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in parse_keys(keys).unwrap() {
            self.send(Msg::Key(key));
        }
        self
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut queue: VecDeque<Effect> = effects.into();
        while let Some(effect) = queue.pop_front() {
            self.asked.push(name(&effect));
            if self.hold && super::backing_up::waits(&effect) {
                self.held.push(effect);
                continue;
            }
            for message in self.answers(effect) {
                queue.extend(update(&mut self.model, message, self.now));
            }
        }
    }

    fn answers(&mut self, effect: Effect) -> Vec<Msg> {
        match effect {
            Effect::LoadScripts => {
                let models = self.generated.models.clone().map(Msg::Models);
                models.into_iter().chain([Msg::ScriptsLoaded(self.tree.clone())]).collect()
            }
            Effect::Connect(generation, ..) | Effect::ReadStatus(generation) => vec![self.status(generation)],
            Effect::ReadLedger(generation, ..) => vec![Msg::Ledger(generation, Ok(self.record.clone()))],
            Effect::Run(generation, task) => self.run_task(generation, task),
            Effect::EditExternally(..) => vec![Msg::EditorClosed(Ok(()))],
            Effect::Highlight(id, ..) => vec![Msg::Highlighted(id, Arc::new(Highlighted::default()))],
            Effect::Copy(_, what) => vec![Msg::Copied(Ok(what))],
            Effect::GiveConsent(_) => self.python_consent.take().map(|_| Vec::new()).unwrap_or_default(),
            Effect::Rescue(..) | Effect::Cancel | Effect::Suspend | Effect::Quit => Vec::new(),
        }
    }

    fn run_task(&mut self, generation: Generation, task: Task) -> Vec<Msg> {
        match task {
            Task::Prepare(_, request) => {
                let answer = self.python_consent.clone().map_or_else(|| self.prepare(&request), Err);
                vec![prepared(generation, request, answer)]
            }
            Task::Apply(approval) => self.apply(generation, &approval),
            Task::Create(_, new) | Task::Merge(_, _, new) => {
                let answer =
                    WrittenScript { revision: id("abcdefabcdef"), path: new.message.into(), notes: Vec::new() };
                vec![written(generation, Ok(answer))]
            }
            Task::Stamp { tree, targets, purge } => {
                let known = if purge { &[][..] } else { &self.heads };
                let path: Path = tree.graph.stamp(&targets, known).unwrap();
                self.heads.clone_from(&path.to);
                vec![stamped(generation, Ok(path))]
            }
            Task::Verify(..) if let Some(error) = self.python_consent.clone() => {
                vec![verify_ended(generation, Err(error))]
            }
            Task::Verify(tree, words) => self.verify(generation, &tree, &words),
            Task::Drift(_) if let Some(error) = self.python_consent.clone() => {
                vec![drift_ended(generation, Err(error))]
            }
            Task::Drift(_) | Task::DriftForDialog(..) | Task::Check { .. } => self.compared.answer(generation, &task),
            Task::Compare(..) | Task::ProveRebase(..) | Task::WriteRebase(_) => self.resolve(generation, task),
            Task::ListBackups | Task::Backup => super::backing_up::answer(generation, &task),
            Task::ListCopies | Task::ChangeCopy(..) | Task::ReadRuns => super::copies::answer(generation, &task),
            Task::Generate(_, request) => self.generated.answer(generation, &request),
            Task::ReadScript(path, line) => {
                let text = self.on_disk(&path).ok_or_else(|| Error::new("the file does not exist"));
                let message = EditorMsg::Read(path, text.map(|text| (text.into(), line)));
                vec![Msg::Ended(generation, ScreenMsg::Editor(message))]
            }
            Task::SaveScript { path, text, known } => {
                let answer = self.save(&path, &text, known.as_deref());
                vec![script_saved(generation, Ok(answer))]
            }
            Task::Examine(language, text) => vec![examined(generation, Box::new(examine(language, &text)))],
            Task::Prove(id, _) => {
                let answer = self.python_consent.clone().map_or_else(|| Ok(Box::new(self.proof.clone())), Err);
                vec![proof_ended(generation, id, answer)]
            }
        }
    }

    /// The contents of a file.
    pub fn on_disk(&self, path: &FilePath) -> Option<String> {
        let in_tree = self.tree.scripts.values().find(|file| file.path == path).map(|file| file.text.to_string());
        self.disk.get(path).cloned().or(in_tree)
    }

    fn save(&mut self, path: &FilePath, text: &str, known: Option<&str>) -> SaveOutcome {
        let found = self.on_disk(path);
        if found.as_deref() != known {
            return SaveOutcome::Changed(found);
        }
        self.disk.insert(path.to_owned(), text.to_owned());
        if let Ok(script) = Script::parse(text) {
            let mut scripts: Vec<_> = self.tree.scripts.values().cloned().collect();
            scripts.retain(|file| file.path != path);
            scripts.push(Arc::new(ScriptFile { path: path.to_owned(), text: text.into(), script }));
            self.tree = Arc::new(ScriptTree::from_scripts(scripts, Vec::new()));
        }
        SaveOutcome::Written
    }

    fn status(&self, generation: Generation) -> Msg {
        let server = ServerInfo {
            database: String::from("functions"),
            user: String::from("runna"),
            host: String::from("localhost"),
            port: 5432,
            version: String::from("15.18"),
            version_num: 150_018,
            backend_pid: 42,
        };
        let answer = match &self.unreachable {
            Some(error) => Err(error.clone()),
            None => Ok(DatabaseStatus { server, heads: self.heads.clone(), faulty_rows: None, newest: self.newest }),
        };
        Msg::Status(generation, answer)
    }

    /// The messages of a verification: every revision is proved, except the faulty ones.
    fn verify(&self, generation: Generation, tree: &ScriptTree, words: &[String]) -> Vec<Msg> {
        let progress = |progress| verify_progress(generation, progress);
        let place = String::from("functions at localhost");
        let mut messages = vec![progress(VerifyEvent::Scratch { place, notes: Vec::new() })];
        let wanted = |id: &RevisionId| words.is_empty() || words.contains(&id.to_string());
        let all: Vec<RevisionId> = tree.graph.pending(&[]).into_iter().cloned().collect();
        let count = all.iter().filter(|id| wanted(id)).count();
        let mut report = VerifyReport { back_to_base: words.is_empty(), ..VerifyReport::default() };
        for id in all {
            if !wanted(&id) {
                messages.push(progress(VerifyEvent::Applying { revision: id }));
                continue;
            }
            let number = report.revisions.len() + 1;
            for stage in [Stage::Up, Stage::Down, Stage::Again] {
                messages.push(progress(VerifyEvent::Proving { revision: id.clone(), stage, number, count }));
            }
            let verified = self.faulty.iter().find(|faulty| faulty.revision == id).cloned();
            let verified = verified.unwrap_or_else(|| proved(id.as_str()));
            messages.push(progress(VerifyEvent::Verified(verified.clone())));
            report.revisions.push(verified);
        }
        let answer = self.stops.clone().map_or(Ok(report), Err);
        messages.push(verify_ended(generation, answer));
        messages
    }

    fn prepare(&self, request: &PlanRequest) -> Result<Arc<Plan>, Error> {
        let missing: HashSet<_> = self.record.from_ledger.keys().cloned().collect();
        let tree = self.tree.with(self.record.from_ledger.values().cloned().collect());
        let path = super::resolving::find_path(&tree.graph, request, &missing, &self.heads)?;
        let steps = path.steps.iter().map(|step| self.step(&tree, step)).collect();
        Ok(Arc::new(Plan {
            direction: request.direction,
            target: request.target.clone(),
            environment: EnvironmentName { name: self.model.environment.clone(), protected: self.model.is_protected() },
            database: String::new(),
            mode: request.mode.unwrap_or(TransactionMode::Each),
            from: path.from,
            to: path.to,
            steps,
            confirm: vec![Class::DataLoss],
            blank: false,
            copies: self.keeping.clone(),
            backup_first: false,
            unplanned: Vec::new(),
            notes: self.notes.clone(),
            outdated_environments: self.outdated.clone(),
        }))
    }

    fn step(&self, tree: &ScriptTree, step: &crate::core::graph::PathStep) -> Step {
        let file = &tree.scripts[&step.revision];
        let sql = &file.script.sql().unwrap().section(step.direction).sql;
        let statements = sql.split_terminator(';').filter(|sql| !sql.trim().is_empty());
        let statements = statements
            .map(|sql| PlannedStatement {
                line: 8,
                column: 1,
                statement: crate::core::statement::analyse_one(sql.trim()),
                hazards: hazards(sql)
                    .into_iter()
                    .map(|found| Hazard { allowed: self.allowed.clone(), ..found })
                    .collect(),
            })
            .collect();
        Step {
            revision: step.revision.clone(),
            direction: step.direction,
            message: file.script.message.clone(),
            path: Some(file.path.clone()),
            script: file.text.clone(),
            shown_from: step.shown_from.clone(),
            shown_to: step.shown_to.clone(),
            transactional: true,
            transactions: Vec::new(),
            changes: step.changes.clone(),
            heads_after: step.heads_after.clone(),
            statements,
            python: None,
        }
    }

    fn apply(&mut self, generation: Generation, approval: &Approval) -> Vec<Msg> {
        let plan = approval.plan();
        let elapsed = Duration::from_millis(41);
        let mut messages = Vec::new();
        let mut steps = Vec::new();
        for (n, step) in plan.steps.iter().enumerate() {
            messages.push(plan_progress(generation, Progress::StepStarted { step: n }));
            for statement in 0..step.statements.len() {
                messages.push(plan_progress(generation, Progress::StatementStarted { step: n, statement }));
                if let Some(error) = self.fails.clone() {
                    messages.push(applied(generation, Err(error)));
                    return messages;
                }
                let rows = Some(3310);
                messages.push(plan_progress(generation, Progress::StatementDone { step: n, statement, rows, elapsed }));
            }
            messages.push(plan_progress(generation, Progress::StepDone { step: n, elapsed }));
            steps.push(outcome(step));
        }
        self.heads.clone_from(&plan.to);
        messages.push(applied(generation, Ok(Outcome { from: plan.from.clone(), to: plan.to.clone(), steps })));
        messages
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, one line for each row, without trailing blanks.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut lines = Vec::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap();
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.join("\n")
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.send(Msg::Resize { width, height });
        self
    }
}
