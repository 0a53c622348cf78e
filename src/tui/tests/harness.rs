//! A terminal without a terminal: keys through the real `update`, a world that answers from memory.

use std::collections::{HashMap, VecDeque};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Time, time};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::fixtures::{hazards, id, outcome, sample};
pub use super::names::{name, proved, start};
use crate::core::copies::CopyForecast;
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{
    Approval, EnvironmentName, OutdatedEnvironment, Plan, PlannedStatement, Step, TransactionMode,
};
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::apply::{Outcome, Progress};
use crate::engine::connection::ServerInfo;
use crate::engine::draft::WrittenScript;
use crate::engine::prepare::Request;
use crate::engine::project::{SaveOutcome, ScriptFile, ScriptTree};
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyReport};
use crate::tui::app::{Effect, Generation, Highlighted, Model, Msg, Start, parse_keys, update};
use crate::tui::editor::examine;
use crate::tui::view::draw;

/// What the world outside is like, and the UI before it.
pub struct Harness {
    pub model: Model,
    pub tree: Arc<ScriptTree>,
    pub heads: Vec<RevisionId>,
    /// What the ledger says, and how far it has come.
    pub record: ScriptStatus,
    pub newest: Option<i64>,
    /// Environments that should come first.
    pub behind: Vec<OutdatedEnvironment>,
    /// What the server says instead, when it is away.
    pub away: Option<Error>,
    /// What applying says at its end instead.
    pub fails: Option<Error>,
    /// What verifying finds of a revision, where it is not proved; and what stops it.
    pub faulty: Vec<VerifiedRevision>,
    pub stops: Option<Error>,
    pub compared: super::comparing::World,
    pub generated: super::generating::World,
    /// Why notes in the scripts allow their hazards.
    pub allowed: Option<String>,
    /// Applying, preparing and verifying are not answered until `finish`.
    pub hold: bool,
    pub held: Vec<Effect>,
    /// What the files of scripts hold, where they were read or written.
    pub disk: HashMap<PathBuf, String>,
    /// What proving comes to.
    pub proof: VerifiedRevision,
    /// Every effect in order, by its name and what matters of it.
    pub asked: Vec<String>,
    pub now: Time,
    pub drawn: bool,
    /// What plans say of copies.
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

    /// Before anything was answered; the first effects are held back in `held`.
    pub fn silent(width: u16, height: u16, tree: ScriptTree, heads: &[&str], start: Start) -> Self {
        let (model, held) = Model::new(Start { width, height, ..start });
        Self {
            model,
            tree: Arc::new(tree),
            heads: heads.iter().map(|head| id(head)).collect(),
            record: ScriptStatus::default(),
            newest: None,
            behind: Vec::new(),
            away: None,
            fails: None,
            faulty: Vec::new(),
            stops: None,
            compared: super::comparing::World::default(),
            generated: super::generating::World::default(),
            allowed: None,
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

    /// Answers what is held back, and what that asks for.
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
            Effect::ReadRecord(generation, ..) => vec![Msg::Recorded(generation, Ok(self.record.clone()))],
            Effect::Prepare(generation, _, request) => vec![Msg::Prepared(generation, self.prepare(&request))],
            Effect::Apply(approval) => self.apply(&approval),
            Effect::Create(_, new) | Effect::Merge(_, _, new) => {
                vec![Msg::Written(Ok(WrittenScript { revision: id("abcdefabcdef"), path: new.message.into() }))]
            }
            Effect::Stamp(tree, targets, purge) => {
                let known = if purge { &[][..] } else { &self.heads };
                let path: Path = tree.graph.stamp(&targets, known).unwrap();
                self.heads.clone_from(&path.to);
                vec![Msg::Stamped(Ok(path))]
            }
            Effect::Verify(generation, tree, words) => self.verify(generation, &tree, &words),
            Effect::Drift(..) | Effect::Check(..) => self.compared.answer(&effect),
            Effect::ListBackups(_) | Effect::Backup(_) => super::backing_up::answer(&effect),
            Effect::ListCopies(_) | Effect::ChangeCopy(..) => super::copies::answer(&effect),
            Effect::Generate(generation, _, wanted) => self.generated.answer(generation, &wanted),
            Effect::ReadScript(path, line) => {
                let text = self.on_disk(&path).ok_or_else(|| Error::new("it is not there"));
                vec![Msg::ScriptRead(path, text.map(|text| (text.into(), line)))]
            }
            Effect::SaveScript { path, text, known } => {
                vec![Msg::ScriptSaved(Ok(self.save(&path, &text, known.as_deref())))]
            }
            Effect::Examine(generation, text) => vec![Msg::Examined(generation, Box::new(examine(&text)))],
            Effect::Prove(id, _) => vec![Msg::Proved(id, Ok(Box::new(self.proof.clone())))],
            Effect::EditExternally(..) => vec![Msg::EditorClosed(Ok(()))],
            Effect::Highlight(id, _) => vec![Msg::Highlighted(id, Arc::new(Highlighted::default()))],
            Effect::Copy(_, what) => vec![Msg::Copied(Ok(what))],
            Effect::Rescue(..) | Effect::Cancel | Effect::Suspend | Effect::Quit => Vec::new(),
        }
    }

    /// What a file holds.
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
        let answer = match &self.away {
            Some(error) => Err(error.clone()),
            None => Ok(DatabaseStatus { server, heads: self.heads.clone(), newest: self.newest }),
        };
        Msg::Status(generation, answer)
    }

    /// What the engine tells and answers: every revision is proved, but for the faulty ones.
    fn verify(&self, generation: Generation, tree: &ScriptTree, words: &[String]) -> Vec<Msg> {
        let told = |told| Msg::VerifyTold(generation, told);
        let place = String::from("functions at localhost");
        let mut messages = vec![told(VerifyEvent::Scratch { place, notes: Vec::new() })];
        let wanted = |id: &RevisionId| words.is_empty() || words.contains(&id.to_string());
        let all: Vec<RevisionId> = tree.graph.pending(&[]).into_iter().cloned().collect();
        let count = all.iter().filter(|id| wanted(id)).count();
        let mut report = VerifyReport { back_to_base: words.is_empty(), ..VerifyReport::default() };
        for id in all {
            if !wanted(&id) {
                messages.push(told(VerifyEvent::Applying { revision: id }));
                continue;
            }
            let number = report.revisions.len() + 1;
            for stage in [Stage::Up, Stage::Down, Stage::Again] {
                messages.push(told(VerifyEvent::Proving { revision: id.clone(), stage, number, count }));
            }
            let verified = self.faulty.iter().find(|faulty| faulty.revision == id).cloned();
            let verified = verified.unwrap_or_else(|| proved(id.as_str()));
            messages.push(told(VerifyEvent::Verified(verified.clone())));
            report.revisions.push(verified);
        }
        let answer = self.stops.clone().map_or(Ok(report), Err);
        messages.push(Msg::Verified(generation, answer));
        messages
    }

    fn prepare(&self, request: &Request) -> Result<Arc<Plan>, Error> {
        let graph = &self.tree.graph;
        let path = match request.direction {
            Direction::Upgrade => graph.upgrade(&request.target, &self.heads)?,
            Direction::Downgrade => graph.downgrade(&request.target, &self.heads)?,
        };
        let steps = path.steps.iter().map(|step| self.step(step)).collect();
        let protected = self.model.is_protected();
        Ok(Arc::new(Plan {
            direction: request.direction,
            target: request.target.clone(),
            environment: EnvironmentName { name: self.model.environment.clone(), protected },
            database: String::new(),
            mode: request.mode.unwrap_or(TransactionMode::Each),
            from: path.from,
            to: path.to,
            steps,
            confirm: vec![Class::DataLoss],
            blank: false,
            copies: self.keeping.clone(),
            backup_first: false,
            outdated_environments: self.behind.clone(),
        }))
    }

    fn step(&self, step: &crate::core::graph::PathStep) -> Step {
        let file = &self.tree.scripts[&step.revision];
        let sql = &file.script.section(step.direction).sql;
        let statements = sql
            .split_terminator(';')
            .filter(|sql| !sql.trim().is_empty())
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
            changes: step.changes.clone(),
            heads_after: step.heads_after.clone(),
            statements,
        }
    }

    fn apply(&mut self, approval: &Approval) -> Vec<Msg> {
        let plan = approval.plan();
        let elapsed = Duration::from_millis(41);
        let mut messages = Vec::new();
        let mut steps = Vec::new();
        for (n, step) in plan.steps.iter().enumerate() {
            messages.push(Msg::Progress(Progress::StepStarted { step: n }));
            for statement in 0..step.statements.len() {
                messages.push(Msg::Progress(Progress::StatementStarted { step: n, statement }));
                if let Some(error) = self.fails.clone() {
                    messages.push(Msg::Applied(Err(error)));
                    return messages;
                }
                let rows = Some(3310);
                messages.push(Msg::Progress(Progress::StatementDone { step: n, statement, rows, elapsed }));
            }
            messages.push(Msg::Progress(Progress::StepDone { step: n, elapsed }));
            steps.push(outcome(step));
        }
        self.heads.clone_from(&plan.to);
        messages.push(Msg::Applied(Ok(Outcome { from: plan.from.clone(), to: plan.to.clone(), steps })));
        messages
    }

    pub fn buffer(&self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.model.width, self.model.height)).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, a line a row, blanks at line ends cut.
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
