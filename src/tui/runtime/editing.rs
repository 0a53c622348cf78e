//! The editor's effects: files are read and written, texts are read off, scripts are proved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::effects::{Effects, World};
use super::event::Kind;
use crate::core::graph::RevisionId;
use crate::engine::autogenerate::{self, CompareOptions, prove};
use crate::engine::draft::Draft;
use crate::engine::project::{ScriptTree, overwrite, write_if_unchanged};
use crate::engine::verify::{VerifiedRevision, VerifyEvent, VerifyOptions, verify};
use crate::engine::{ConnectOptions, Error, Result};
use crate::tui::app::{Generation, Msg};
use crate::tui::editor;
use tokio_util::sync::CancellationToken;

/// How long typing rests before the text is read off.
const REST: Duration = Duration::from_millis(60);

impl Effects {
    pub(super) fn read_script(&mut self, path: PathBuf, line: Option<usize>) {
        self.spawn(Kind::Reads, async move |world: Arc<World>| {
            let read = path.clone();
            let answer = spawn_blocking(move || read_file(&read)).await.unwrap_or_else(|error| Err(broken(error)));
            world.answer(Msg::ScriptRead(path, answer.map(|text| (text, line))));
        });
    }

    pub(super) fn save_script(&mut self, path: PathBuf, text: Arc<str>, known: Option<Arc<str>>) {
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let answer = spawn_blocking(move || write_if_unchanged(&path, &text, known.as_deref())).await;
            world.answer(Msg::ScriptSaved(answer.unwrap_or_else(|error| Err(broken(error)))));
        });
    }

    /// Nobody is there any more to be told how it went.
    pub(super) fn rescue(&mut self, path: PathBuf, text: Arc<str>) {
        self.spawn(Kind::Writes, async move |_| {
            let _ = spawn_blocking(move || overwrite(&path, &text)).await;
        });
    }

    /// Reads a text off once typing rests; the text before it is not of interest any more.
    pub(super) fn examine(&mut self, generation: Generation, text: Arc<str>) {
        let rest = if let Some(earlier) = self.examining.take() {
            earlier.abort();
            REST
        } else {
            Duration::ZERO
        };
        self.examining = Some(self.spawn(Kind::Reads, async move |world: Arc<World>| {
            tokio::time::sleep(rest).await;
            let found = spawn_blocking(move || editor::examine(&text)).await;
            world.answer(Msg::Examined(generation, Box::new(found.unwrap_or_default())));
        }));
    }

    pub(super) fn prove(&mut self, id: RevisionId, text: Option<(PathBuf, Arc<str>)>) {
        let (options, cancel) = (self.options.clone(), self.fresh_cancel());
        self.spawn(Kind::Writes, async move |world: Arc<World>| {
            let _turn = world.job.lock().await;
            let answer = match text {
                Some((path, text)) => {
                    let draft = Draft { revision: id.clone(), path, text: text.to_string() };
                    Box::pin(proved_again(&world, &options, draft, &cancel)).await
                }
                None => Box::pin(proved(&world, &options, &id, &cancel)).await,
            };
            world.answer(Msg::Proved(id, answer.map(Box::new)));
        });
    }
}

async fn proved(
    world: &Arc<World>,
    options: &ConnectOptions,
    id: &RevisionId,
    cancel: &CancellationToken,
) -> Result<VerifiedRevision> {
    let project = world.project();
    let reading = Arc::clone(&project);
    let tree: ScriptTree = spawn_blocking(move || reading.read_scripts()).await.map_err(broken)?;
    let target = world.connection.target(&project, options).await?;
    let told = Arc::clone(world);
    let tell = move |news| told.answer(Msg::ProofTold(news));
    let wanted = VerifyOptions { revisions: vec![id.to_string()], download: options.yes };
    let report = verify(&project, &tree, &target, &wanted, &tell, cancel).await?;
    let found = report.revisions.into_iter().find(|verified| verified.revision == *id);
    found.ok_or_else(|| Error::new(format!("{id} was not run")))
}

/// What was generated and is no file yet is proved as it was when it was made: on a copy of the target's schema.
async fn proved_again(
    world: &Arc<World>,
    connect: &ConnectOptions,
    draft: Draft,
    cancel: &CancellationToken,
) -> Result<VerifiedRevision> {
    let project = world.project();
    let target = world.connection.target(&project, connect).await?;
    let (told, revision) = (Arc::clone(world), draft.revision.clone());
    let tell = move |news| {
        let news = match news {
            autogenerate::AutogenerateEvent::Scratch { place, notes } => VerifyEvent::Scratch { place, notes },
            autogenerate::AutogenerateEvent::Prove(stage) => {
                VerifyEvent::Proving { revision: revision.clone(), stage, number: 1, count: 1 }
            }
            _ => return,
        };
        told.answer(Msg::ProofTold(news));
    };
    let options = CompareOptions { download: connect.yes, consent: connect.yes, ..CompareOptions::default() };
    let proof = Box::pin(prove(&project, &target, &draft, &options, &tell, cancel)).await?;
    Ok(proof.into_verified(draft.revision))
}

fn read_file(path: &Path) -> Result<Arc<str>> {
    let failed = |cause: String| Error::new(format!("cannot read {}", path.display())).because(cause);
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map(Arc::from).map_err(|_| failed(String::from("it is not UTF-8")))
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::new("it was not done").because(error)
}
