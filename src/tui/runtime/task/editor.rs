//! The tasks of the editor: reading, saving, examining and proving a script.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::{TaskContext, TaskMode, run_blocking};
use crate::core::graph::RevisionId;
use crate::core::script::Language;
use crate::engine::autogenerate::{self, CompareOptions, prove};
use crate::engine::draft::Draft;
use crate::engine::files;
use crate::engine::project::write_if_unchanged;
use crate::engine::verify::{VerifiedRevision, VerifyEvent, VerifyOptions, verify};
use crate::engine::{Error, Result};
use crate::tui::app::Generation;
use crate::tui::app::screen::ScreenMsg;
use crate::tui::app::screen::editor::EditorMsg;
use crate::tui::editor::examine;
use crate::tui::runtime::effects::Effects;
use crate::tui::runtime::event::TaskKind;

/// How long typing must pause before the text is examined.
const PAUSE: Duration = Duration::from_millis(60);

fn progress(progress: VerifyEvent) -> ScreenMsg {
    ScreenMsg::Editor(EditorMsg::ProofProgress(progress))
}

impl Effects {
    pub(super) fn read_script(&mut self, generation: Generation, path: PathBuf, line: Option<usize>) {
        self.run_task(generation, TaskKind::Reads, TaskMode::Read, async move |context: TaskContext| {
            let (read, limit) = (path.clone(), context.project().config.scripts.file_limit.0);
            let answer = run_blocking("the file was not read", move || read_file(&read, limit)).await;
            ScreenMsg::Editor(EditorMsg::Read(path, answer.map(|text| (text, line))))
        });
    }

    pub(super) fn save_script(
        &mut self,
        generation: Generation,
        path: PathBuf,
        text: Arc<str>,
        known: Option<Arc<str>>,
    ) {
        self.run_task(generation, TaskKind::Writes, TaskMode::ShortJob, async move |_: TaskContext| {
            let write = move || write_if_unchanged(&path, &text, known.as_deref());
            ScreenMsg::Editor(EditorMsg::Saved(run_blocking("the script was not saved", write).await))
        });
    }

    /// Examines a text when typing pauses. An earlier examination is aborted.
    pub(super) fn examine(&mut self, generation: Generation, language: Language, text: Arc<str>) {
        let pause = if let Some(previous) = self.examining.take() {
            previous.abort();
            PAUSE
        } else {
            Duration::ZERO
        };
        let task = self.run_task(generation, TaskKind::Reads, TaskMode::Read, async move |_: TaskContext| {
            tokio::time::sleep(pause).await;
            let findings = spawn_blocking(move || examine(language, &text)).await;
            ScreenMsg::Editor(EditorMsg::Examined(Box::new(findings.unwrap_or_default())))
        });
        self.examining = Some(task);
    }

    /// Proves a revision. A generated text without a file is proved on a copy of the target's schema.
    pub(super) fn prove(&mut self, generation: Generation, id: RevisionId, text: Option<(PathBuf, Arc<str>)>) {
        self.run_task(generation, TaskKind::Writes, TaskMode::Job, async move |context: TaskContext| {
            let answer = match text {
                Some((path, text)) => {
                    let draft = Draft { revision: id.clone(), path, text: text.to_string(), notes: Vec::new() };
                    Box::pin(prove_draft(&context, draft)).await
                }
                None => Box::pin(prove_script(&context, &id)).await,
            };
            ScreenMsg::Editor(EditorMsg::Proved(id, answer.map(Box::new)))
        });
    }
}

async fn prove_script(context: &TaskContext, id: &RevisionId) -> Result<VerifiedRevision> {
    let project = context.project();
    let reading = Arc::clone(&project);
    let tree = run_blocking("the scripts were not read", move || Ok(reading.read_scripts())).await?;
    let target = context.target().await?;
    let options =
        VerifyOptions { revisions: vec![id.to_string()], download: context.connect.yes, ..VerifyOptions::default() };
    let report = verify(&project, &tree, &target, &options, &context.reporter(progress), &context.cancel).await?;
    let found = report.revisions.into_iter().find(|verified| verified.revision == *id);
    found.ok_or_else(|| Error::new(format!("{id} was not run")))
}

async fn prove_draft(context: &TaskContext, draft: Draft) -> Result<VerifiedRevision> {
    let project = context.project();
    let target = context.target().await?;
    let (report, revision) = (context.reporter(progress), draft.revision.clone());
    let on_progress = move |progress| {
        report(match progress {
            autogenerate::AutogenerateEvent::Scratch { place, notes } => VerifyEvent::Scratch { place, notes },
            autogenerate::AutogenerateEvent::Prove(stage) => {
                VerifyEvent::Proving { revision: revision.clone(), stage, number: 1, count: 1 }
            }
            _ => return,
        });
    };
    let yes = context.connect.yes;
    let options = CompareOptions { download: yes, consent: yes, ..CompareOptions::default() };
    let proof = Box::pin(prove(&project, &target, &draft, &options, &on_progress, &context.cancel)).await?;
    Ok(proof.into_verified(draft.revision))
}

fn read_file(path: &Path, limit: u64) -> Result<Arc<str>> {
    let failed = |cause: String| Error::new(format!("cannot read {}", path.display())).because(cause);
    files::read_text(path, limit).map(Arc::from).map_err(|error| failed(error.to_string()))
}
