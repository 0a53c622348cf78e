//! The start of the harness, the names of effects, and the messages of tasks.

use std::path::PathBuf;

use super::fixtures::id;
use crate::engine::Error;
use crate::engine::verify::VerifiedRevision;
use crate::tui::app::effect::{CopyAction, GenerateRequest, Task};
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::backups::BackupMsg;
use crate::tui::app::screen::compare::CompareMsg;
use crate::tui::app::screen::copies::CopiesMsg;
use crate::tui::app::screen::editor::{Editor, EditorMsg};
use crate::tui::app::screen::generate::GenerateMsg;
use crate::tui::app::screen::plan::{PlanMsg, PlanScreen};
use crate::tui::app::screen::revision::RevisionMsg;
use crate::tui::app::screen::verify::VerifyMsg;
use crate::tui::app::{Effect, Generation, Model, Msg, Start};

pub fn start(width: u16, height: u16) -> Start {
    Start {
        project: String::from("limbeck"),
        config_path: PathBuf::from("/project/migrations/limbeck.toml"),
        environments: vec![(String::from("staging"), false), (String::from("production"), true)],
        width,
        height,
        ..Start::default()
    }
}

/// The result of a revision without faults.
pub fn proved(name: &str) -> VerifiedRevision {
    VerifiedRevision {
        revision: id(name),
        up: true,
        down: true,
        again: true,
        difference: Vec::new(),
        note: None,
        error: None,
    }
}

/// The name of an effect, with its important data.
pub fn name(effect: &Effect) -> String {
    match effect {
        Effect::LoadScripts => String::from("load scripts"),
        Effect::Connect(_, environment, consent) => {
            let yes = [(consent.own_server, " own server"), (consent.download, " download")];
            let yes: String = yes.into_iter().filter_map(|(said, word)| said.then_some(word)).collect();
            format!("connect {}{yes}", environment.as_deref().unwrap_or("default"))
        }
        Effect::ReadStatus(_) => String::from("read status"),
        Effect::ReadLedger(..) => String::from("read ledger"),
        Effect::Run(_, task) => task_name(task),
        Effect::GiveConsent(command) => format!("give consent: {}", command.words().join(" ")),
        Effect::Cancel => String::from("cancel"),
        Effect::Rescue(path, _) => format!("rescue {}", path.display()),
        Effect::EditExternally(path, line) => format!("edit {} {line:?}", path.display()),
        Effect::Highlight(id, ..) => format!("highlight {id}"),
        Effect::Copy(text, what) => format!("copy {what}: {text}"),
        Effect::Suspend => String::from("suspend"),
        Effect::Quit => String::from("quit"),
    }
}

fn task_name(task: &Task) -> String {
    match task {
        Task::Prepare(_, request) => {
            let branch = if request.only_branch { " of its branch" } else { "" };
            format!("prepare {} {}{branch}", request.direction.word(), request.target)
        }
        Task::Compare(_, pairs) => {
            let pairs = pairs.iter().map(|pair| format!("{} {}", pair.left, pair.right));
            format!("compare branches {}", pairs.collect::<Vec<_>>().join(", "))
        }
        Task::ProveRebase(_, revision, onto) => format!("prove rebase {revision} onto {onto}"),
        Task::WriteRebase(planned) => format!("write rebase {} onto {}", planned.revision, planned.onto),
        Task::Apply(approval) => format!("apply {}", approval.plan().target),
        Task::Create(_, new) => format!("create '{}' on {} splice {}", new.message, new.heads.join(" "), new.splice),
        Task::Merge(_, heads, new) => format!("merge {} '{}'", heads.join(" "), new.message),
        Task::Stamp { targets, purge, .. } => format!("stamp {} purge {purge}", targets.join(" ")),
        Task::Verify(_, words) if words.is_empty() => String::from("verify all"),
        Task::Verify(_, words) => format!("verify {}", words.join(" ")),
        Task::Drift(_) => String::from("drift"),
        Task::DriftForDialog(_, at) => format!("drift for dialog{}", if at.is_some() { " at the target" } else { "" }),
        Task::Check { consent, .. } => format!("check consent {consent}"),
        Task::ListBackups => String::from("list backups"),
        Task::Backup => String::from("back up"),
        Task::ListCopies => String::from("list copies"),
        Task::ReadRuns => String::from("read runs"),
        Task::ChangeCopy(id, CopyAction::Restore) => format!("restore copy {id}"),
        Task::ChangeCopy(id, CopyAction::Drop) => format!("drop copy {id}"),
        Task::ReadScript(path, line) => format!("read {} {line:?}", path.display()),
        Task::SaveScript { path, .. } => format!("save {}", path.display()),
        Task::Examine(..) => String::from("examine"),
        Task::Prove(id, None) => format!("prove {id}"),
        Task::Prove(id, Some(_)) => format!("prove the text of {id}"),
        Task::Generate(_, request) => generate_name(request),
    }
}

fn generate_name(request: &GenerateRequest) -> String {
    let GenerateRequest { new, renames, consent } = request;
    let renames = renames.as_ref().map_or(String::from("to be asked"), |specs| format!("[{}]", specs.join(" ")));
    format!("generate '{}' on {} renames {renames} consent {consent}", new.message, new.heads.join(" "))
}

/// Creates the messages of tasks.
macro_rules! messages {
    ($($name:ident($message:ty) = $kind:ident $wrap:expr;)*) => {
        $(pub fn $name(generation: Generation, message: $message) -> Msg {
            let wrap = $wrap;
            Msg::$kind(generation, wrap(message))
        })*
    };
}

messages! {
    plan_progress(crate::engine::apply::Progress) = Progress |progress| ScreenMsg::Plan(PlanMsg::Progress(progress));
    applied(Result<crate::engine::apply::Outcome, Error>) = Ended |answer| ScreenMsg::Plan(PlanMsg::Applied(answer));
    written(Result<crate::engine::draft::WrittenScript, Error>) =
        Ended |answer| ScreenMsg::Revision(RevisionMsg::Written(answer));
    stamped(Result<crate::core::graph::Path, Error>) =
        Ended |answer| ScreenMsg::Revision(RevisionMsg::Stamped(answer));
    verify_progress(crate::engine::verify::VerifyEvent) = Progress |progress| ScreenMsg::Verify(VerifyMsg::Progress(progress));
    verify_ended(Result<crate::engine::verify::VerifyReport, Error>) =
        Ended |answer| ScreenMsg::Verify(VerifyMsg::Verified(answer));
    compare_progress(crate::engine::autogenerate::AutogenerateEvent) =
        Progress |progress| ScreenMsg::Compare(CompareMsg::Progress(progress));
    drift_ended(Result<crate::engine::drift::Drift, Error>) =
        Ended |answer| ScreenMsg::Compare(CompareMsg::Drift(answer));
    dialog_drift_ended(Result<crate::engine::drift::Drift, Error>) =
        Ended |answer| ScreenMsg::Revision(RevisionMsg::Drift(answer));
    check_ended(Result<crate::engine::autogenerate::Comparison, Error>) =
        Ended |answer| ScreenMsg::Compare(CompareMsg::Check(answer));
    backup_progress(crate::engine::backup::BackupEvent) = Progress |progress| ScreenMsg::Backups(BackupMsg::Progress(progress));
    backup_ended(Result<(PathBuf, crate::engine::backup::BackupRecord), Error>) =
        Ended |answer| ScreenMsg::Backups(BackupMsg::Made(answer));
    backups_listed(Result<Vec<crate::engine::backup::ListedBackup>, Error>) =
        Ended |answer| ScreenMsg::Backups(BackupMsg::Listed(answer));
    copies_listed(Result<Vec<crate::engine::copies::StoredCopy>, Error>) =
        Ended |answer| ScreenMsg::Copies(CopiesMsg::Listed(answer));
    copy_restored(Result<crate::engine::copies::RestoredCopy, Error>) =
        Ended |answer| ScreenMsg::Copies(CopiesMsg::Restored(answer));
    copy_dropped(Result<Vec<crate::engine::copies::StoredCopy>, Error>) =
        Ended |answer| ScreenMsg::Copies(CopiesMsg::Dropped(answer));
    generate_progress(crate::engine::autogenerate::AutogenerateEvent) =
        Progress |progress| ScreenMsg::Generate(GenerateMsg::Progress(progress));
    generate_ended(Result<crate::tui::app::screen::generate::GenerateAnswer, Error>) =
        Ended |answer| ScreenMsg::Generate(GenerateMsg::Generated(answer));
    proof_progress(crate::engine::verify::VerifyEvent) = Progress |progress| ScreenMsg::Editor(EditorMsg::ProofProgress(progress));
    script_saved(Result<crate::engine::project::SaveOutcome, Error>) =
        Ended |answer| ScreenMsg::Editor(EditorMsg::Saved(answer));
    examined(Box<crate::tui::editor::Findings>) = Ended |findings| ScreenMsg::Editor(EditorMsg::Examined(findings));
}

pub fn prepared(
    generation: Generation,
    request: crate::engine::prepare::PlanRequest,
    answer: Result<std::sync::Arc<crate::core::plan::Plan>, Error>,
) -> Msg {
    Msg::Ended(generation, ScreenMsg::Plan(PlanMsg::Prepared(request, answer)))
}

pub fn proof_ended(
    generation: Generation,
    id: crate::core::graph::RevisionId,
    answer: Result<Box<VerifiedRevision>, Error>,
) -> Msg {
    Msg::Ended(generation, ScreenMsg::Editor(EditorMsg::Proved(id, answer)))
}

/// The open screens of a model.
pub trait Opened {
    fn editor(&self) -> Option<&Editor>;
    fn plan(&self) -> Option<&PlanScreen>;
    fn list(&self) -> Option<&crate::tui::app::list::ListScreen>;
}

impl Opened for Model {
    fn editor(&self) -> Option<&Editor> {
        self.screens.get()
    }

    fn plan(&self) -> Option<&PlanScreen> {
        self.screens.get()
    }

    fn list(&self) -> Option<&crate::tui::app::list::ListScreen> {
        self.screens.get()
    }
}
