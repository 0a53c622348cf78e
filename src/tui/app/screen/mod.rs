//! The screens and dialogs, and their registration: messages and commands.
//!
//! A new screen is added here: its module, its message, and its commands.

pub mod backups;
pub mod compare;
pub mod conflict;
pub mod copies;
pub mod editor;
pub mod environment;
pub mod generate;
pub mod help;
pub mod own_server;
pub mod palette;
pub mod plan;
pub mod quit;
pub mod revision;
pub mod runs;
pub mod tree;
pub mod verify;

use super::command::Command;
use super::effect::Effect;
use super::model::Model;
use super::model::action::Decision;

/// The message of a task to its screen.
#[derive(Debug, Clone)]
pub enum ScreenMsg {
    Plan(plan::PlanMsg),
    Revision(revision::RevisionMsg),
    Verify(verify::VerifyMsg),
    Compare(compare::CompareMsg),
    Conflict(conflict::ConflictMsg),
    Backups(backups::BackupMsg),
    Copies(copies::CopiesMsg),
    Runs(runs::RunsMsg),
    Generate(generate::GenerateMsg),
    Editor(editor::EditorMsg),
}

/// A task reports progress.
pub(super) fn on_progress(model: &mut Model, message: ScreenMsg) {
    match message {
        ScreenMsg::Plan(message) => plan::progress::on_progress(model, message),
        ScreenMsg::Verify(message) => verify::on_progress(model, message),
        ScreenMsg::Compare(message) => compare::on_progress(model, message),
        ScreenMsg::Conflict(message) => conflict::on_progress(model, message),
        ScreenMsg::Backups(message) => backups::on_progress(model, message),
        ScreenMsg::Generate(message) => generate::messages::on_progress(model, message),
        ScreenMsg::Editor(message) => editor::proving::on_progress(model, message),
        ScreenMsg::Revision(message) => revision::on_progress(model, message),
        ScreenMsg::Copies(_) | ScreenMsg::Runs(_) => {}
    }
}

/// A task has ended.
pub(super) fn on_end(model: &mut Model, message: ScreenMsg, was_cancelled: bool) -> Vec<Effect> {
    match message {
        ScreenMsg::Plan(message) => plan::on_end(model, message, was_cancelled),
        ScreenMsg::Revision(message) => revision::on_end(model, message),
        ScreenMsg::Verify(message) => verify::on_end(model, message),
        ScreenMsg::Compare(message) => compare::on_end(model, message),
        ScreenMsg::Conflict(message) => conflict::on_end(model, message),
        ScreenMsg::Backups(message) => backups::on_end(model, message),
        ScreenMsg::Copies(message) => copies::on_end(model, message),
        ScreenMsg::Runs(message) => runs::on_end(model, message),
        ScreenMsg::Generate(message) => generate::messages::on_end(model, message, was_cancelled),
        ScreenMsg::Editor(message) => editor::on_end(model, message),
    }
}

/// Decides the commands of the screens.
pub(super) fn decide(model: &Model, command: Command) -> Decision {
    use Command as C;
    match command {
        C::PaneLeft
        | C::PaneRight
        | C::PaneNext
        | C::PanePrevious
        | C::PaneHistory
        | C::PanePending
        | C::PaneScript
        | C::PaneLog
        | C::ScrollLeft
        | C::ScrollRight
        | C::Wrap
        | C::Log => tree::panes::decide(model, command),
        C::Open | C::EditOutside | C::Refresh | C::Problem | C::Copy => tree::decide(model, command),
        C::Filter | C::FilterNext | C::FilterPrevious => tree::filter::decide(model, command),
        C::Upgrade | C::UpgradeTo | C::Downgrade | C::DowngradeTo | C::Switch => plan::target::decide(model, command),
        C::Apply | C::FullSql | C::Transaction => plan::decide(model, command),
        C::KeepCopies => plan::confirm::decide_copies(model),
        C::Create => revision::create::decide(model),
        C::Merge | C::RebaseRight | C::RebaseLeft | C::ProveOrders | C::NextPair => conflict::decide(model, command),
        C::Stamp => revision::stamp::decide(model),
        C::Environment => environment::decide(model),
        C::OwnServer => own_server::decide(model),
        C::Verify | C::VerifyAll => verify::decide(model, command),
        C::Drift | C::Check => compare::decide(model, command),
        C::Backup => backups::decide(model),
        C::Ledger => runs::decide(model),
        C::Kept | C::PutBack | C::DropCopy => copies::decide(model, command),
        C::Autogenerate | C::Toggle => generate::decide(model, command),
        C::Edit => editor::open::decide(model),
        C::Cancel | C::Suspend | C::Quit => quit::decide(model, command),
        _ => editor::commands::decide(model, command),
    }
}
