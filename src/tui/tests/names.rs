//! What the harness begins with, and how it names what the UI asks for.

use std::path::PathBuf;

use super::fixtures::id;
use crate::engine::verify::VerifiedRevision;
use crate::tui::app::screen::kept_dialog::Wanted;
use crate::tui::app::{Effect, Start};

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

/// A revision of which nothing is wrong.
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

/// An effect by its name and what matters of it.
pub fn name(effect: &Effect) -> String {
    match effect {
        Effect::LoadScripts => String::from("load scripts"),
        Effect::Connect(_, environment, consent) => {
            let yes = [(consent.own_server, " own server"), (consent.download, " download")];
            let yes: String = yes.into_iter().filter_map(|(said, word)| said.then_some(word)).collect();
            format!("connect {}{yes}", environment.as_deref().unwrap_or("default"))
        }
        Effect::ReadStatus(_) => String::from("read status"),
        Effect::ReadRecord(..) => String::from("read record"),
        Effect::Prepare(_, _, request) => format!("prepare {} {}", request.direction.word(), request.target),
        Effect::Apply(approval) => format!("apply {}", approval.plan().target),
        Effect::Cancel => String::from("cancel"),
        Effect::Create(_, new) => format!("create '{}' on {} splice {}", new.message, new.heads.join(" "), new.splice),
        Effect::Merge(_, heads, new) => format!("merge {} '{}'", heads.join(" "), new.message),
        Effect::Stamp(_, targets, purge) => format!("stamp {} purge {purge}", targets.join(" ")),
        Effect::Verify(_, _, words) => {
            format!("verify {}", if words.is_empty() { "all".into() } else { words.join(" ") })
        }
        Effect::Drift(..) | Effect::Check(..) => super::comparing::name(effect),
        Effect::ListBackups(_) => String::from("list backups"),
        Effect::Backup(_) => String::from("back up"),
        Effect::ListCopies(_) => String::from("list copies"),
        Effect::ChangeCopy(_, id, Wanted::PutBack) => format!("put back {id}"),
        Effect::ChangeCopy(_, id, Wanted::Drop) => format!("drop copy {id}"),
        Effect::ReadScript(path, line) => format!("read {} {line:?}", path.display()),
        Effect::SaveScript { path, .. } => format!("save {}", path.display()),
        Effect::Rescue(path, _) => format!("rescue {}", path.display()),
        Effect::Examine(..) => String::from("examine"),
        Effect::Prove(id, None) => format!("prove {id}"),
        Effect::Prove(id, Some(_)) => format!("prove the text of {id}"),
        Effect::Generate(_, _, wanted) => super::generating::name(wanted),
        Effect::EditExternally(path, line) => format!("edit {} {line:?}", path.display()),
        Effect::Highlight(id, _) => format!("highlight {id}"),
        Effect::Copy(text, what) => format!("copy {what}: {text}"),
        Effect::Suspend => String::from("suspend"),
        Effect::Quit => String::from("quit"),
    }
}
