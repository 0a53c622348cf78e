//! `a`: generating a script from the models, phase by phase.

use std::path::PathBuf;

use super::editor_panel::fresh;
use super::fixtures::*;
use super::harness::*;
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Action, Changes, Operation};
use crate::core::schema::{Kind, ObjectId};
use crate::engine::autogenerate::{AutogenerateEvent, Comparison, Stage};
use crate::engine::verify::VerifiedRevision;
use crate::engine::{Error, ErrorKind, models};
use crate::tui::app::effect::{GenerateRequest, Task};
use crate::tui::app::opening::{EditorProof, Opening, Origin};
use crate::tui::app::screen::generate::{GenerateAnswer, GeneratedScript};
use crate::tui::app::{Effect, Generation, Msg};

/// The answers of the engine.
#[derive(Debug, Clone, Default)]
pub struct GenerateAnswers {
    /// The state of the models; `None`: nothing is sent.
    pub models: Option<Result<u64, Error>>,
    /// Possible renames, until the user has chosen.
    pub candidates: Vec<Candidate>,
    /// `None`: the models add nothing.
    pub made: Option<GeneratedScript>,
    pub error: Option<Error>,
    /// The models come from a program, which needs a consent.
    pub program: bool,
}

impl GenerateAnswers {
    pub fn answer(&self, generation: Generation, request: &GenerateRequest) -> Vec<Msg> {
        let progress = |progress| generate_progress(generation, progress);
        let answer = |answer| generate_ended(generation, answer);
        if self.program && !request.consent {
            let needs = Error::of(ErrorKind::Approval, "the models come from a program: ./print-ddl --all");
            return vec![answer(Err(needs))];
        }
        if let Some(error) = &self.error {
            return vec![answer(Err(error.clone()))];
        }
        let mut messages: Vec<Msg> = ["jobs.sql", "users.sql"]
            .into_iter()
            .enumerate()
            .map(|(n, file)| {
                progress(AutogenerateEvent::Load(models::ModelsEvent::Loading {
                    file: file.into(),
                    number: n + 1,
                    count: 2,
                }))
            })
            .collect();
        messages.extend([AutogenerateEvent::Read, AutogenerateEvent::Compare].map(progress));
        if !self.candidates.is_empty() && request.renames.is_none() {
            let operation = operation("jobs", "ALTER TABLE public.jobs DROP COLUMN state");
            let changes = Changes { operations: vec![operation], outside_transaction: None };
            let comparison = Comparison { changes, renames: self.candidates.clone(), notes: Vec::new() };
            messages.push(answer(Ok(GenerateAnswer::Renames(comparison))));
            return messages;
        }
        let Some(made) = self.made.clone() else {
            messages.push(answer(Ok(GenerateAnswer::Nothing(Vec::new()))));
            return messages;
        };
        messages.push(progress(AutogenerateEvent::Compared { statements: 3, objects: 2 }));
        messages.extend([Stage::Up, Stage::Down, Stage::Again].map(|stage| progress(AutogenerateEvent::Prove(stage))));
        messages.push(answer(Ok(GenerateAnswer::Script(Box::new(made)))));
        messages
    }
}

fn operation(table: &str, sql: &str) -> Operation {
    let id = ObjectId::new(Kind::Table, "public", table);
    Operation { object: id.clone(), group: id, action: Action::Alter, sql: sql.into(), note: None }
}

/// A proved script that drops a table of twelve rows.
pub fn made() -> GeneratedScript {
    let Opening { path, text, revision, panel, .. } = fresh(Origin::New);
    GeneratedScript {
        path,
        home: None,
        text,
        verified: proved(revision.unwrap().as_str()),
        operations: panel.operations,
        hazards: panel.hazards,
        line: None,
        objects: 2,
        notes: vec![String::from("event trigger watch exists only in the models; write its statement by hand")],
    }
}

/// The same script, not proved: it would be a draft.
fn unproved() -> GeneratedScript {
    let made = made();
    let marked =
        format!("-- UNPROVED: the upgrade does not create the schema of the models\n--   one\n--\n{}", made.text);
    let difference = vec![String::from("after the upgrade, column public.jobs.state is missing")];
    GeneratedScript {
        home: Some(made.path.clone()),
        path: PathBuf::from("/project/migrations/drafts/eeeeeeeeeeee_new.sql"),
        text: marked.into(),
        verified: VerifiedRevision { up: false, difference, ..made.verified.clone() },
        ..made
    }
}

/// At the head, and a script can be generated.
pub fn ready(width: u16, height: u16) -> Harness {
    let mut harness = Harness::with(width, height, sample(), &["9f3b6c10a7d2"]);
    harness.generated.made = Some(made());
    harness
}

/// A generation that runs until `finish`.
pub fn running(width: u16, height: u16) -> (Harness, Generation) {
    let mut harness = ready(width, height);
    harness.hold = true;
    harness.press("aadd a quota<enter>");
    let generation = harness.model.jobs.generation();
    (harness, generation)
}

pub fn finish(harness: &mut Harness) {
    harness.hold = false;
    harness.run();
}

fn send_progress(harness: &mut Harness, generation: Generation, progress: AutogenerateEvent) {
    harness.send(generate_progress(generation, progress));
}

fn loading(number: usize) -> AutogenerateEvent {
    AutogenerateEvent::Load(models::ModelsEvent::Loading { file: String::from("models/users.sql"), number, count: 4 })
}

#[test]
fn pictures_of_the_form_and_of_the_phases() {
    let (mut harness, generation) = {
        let mut harness = ready(80, 24);
        harness.hold = true;
        harness.press("aadd a quota");
        insta::assert_snapshot!("generate_form", harness.screen());
        harness.press("<enter>");
        let generation = harness.model.jobs.generation();
        (harness, generation)
    };
    for progress in [
        loading(2),
        AutogenerateEvent::Read,
        AutogenerateEvent::Compare,
        AutogenerateEvent::Compared { statements: 5, objects: 2 },
    ] {
        send_progress(&mut harness, generation, progress);
    }
    send_progress(&mut harness, generation, AutogenerateEvent::Prove(Stage::Down));
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("generate_{width}x{height}"), harness.screen());
    }
}

#[test]
fn the_script_opens_in_the_editor_and_is_kept_or_discarded() {
    let mut harness = ready(120, 40);
    harness.press("aadd a quota<enter>");
    assert!(
        harness.asked.contains(&"generate 'add a quota' on 9f3b6c10a7d2 renames to be asked consent false".into()),
        "{:?}",
        harness.asked
    );
    insta::assert_snapshot!("generate_editor", harness.screen());
    let screen = harness.screen();
    for words in ["● new", "✓ up ok", "12 rows (exact)", "event trigger watch exists only in the"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("<esc><tab><enter>");
    assert!(harness.model.editor().is_none() && harness.disk.is_empty() && harness.model.list().is_none());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("save")));
    harness.press("aadd a quota<enter><^s>");
    assert!(harness.disk.contains_key(&made().path));
    harness.press("<esc>");
    let screen = harness.screen();
    assert!(screen.contains("● eeeeeeee  new") || screen.contains("eeeeeeee  new"), "{screen}");
    assert_eq!(harness.model.history.selected_revision(), Some(&id("eeeeeeeeeeee")));
    assert!(screen.contains("proof: up ok · down ok · again ok"), "its proof is shown\n{screen}");
}

#[test]
fn the_phases_are_shown_and_esc_leaves_the_job_running() {
    let (mut harness, generation) = running(100, 30);
    assert!(harness.screen().contains("▸ load"), "{}", harness.screen());
    send_progress(&mut harness, generation, loading(2));
    assert!(harness.screen().contains("models/users.sql, 2 of 4"));
    let notes = vec![String::from("a private server is used")];
    send_progress(
        &mut harness,
        generation,
        AutogenerateEvent::Load(models::ModelsEvent::Scratch { place: String::from("a socket"), notes }),
    );
    send_progress(&mut harness, generation, AutogenerateEvent::Read);
    let screen = harness.screen();
    assert!(screen.contains("✓ load     4 files") && screen.contains("a private server is used"), "{screen}");
    assert!(screen.contains("reading the database, 0 s"), "{screen}");
    harness.press("<esc>");
    assert!(harness.screen().contains("generating a script …"), "{}", harness.screen());
    assert!(harness.press("u").screen().contains("wait until this job has ended: generating a script"));
    assert!(harness.press("a").screen().contains("▸ read"), "{}", harness.screen());
    harness.press("<esc>");
    finish(&mut harness);
    assert!(harness.model.editor().is_none(), "it does not replace the current screen");
    assert!(harness.screen().contains("eeeeeeee is proved: up, down and up again; a shows it"), "{}", harness.screen());
    harness.press("a");
    assert!(harness.screen().contains("Edit ─ ● new"), "{}", harness.screen());
}

#[test]
fn an_edited_script_is_not_replaced_by_a_generated_one() {
    let (mut harness, _) = running(120, 40);
    harness.press("<esc>");
    harness.send(Msg::OpenEditor(Box::new(Opening::script(&harness.tree.scripts[&id("9f3b6c10a7d2")].clone(), None))));
    harness.press("-- mine");
    finish(&mut harness);
    assert!(harness.screen().contains("-- mine") && harness.screen().contains("a shows it"), "{}", harness.screen());
}

#[test]
fn a_generation_can_be_cancelled_in_every_phase() {
    let phases: [&[AutogenerateEvent]; 5] = [
        &[],
        &[AutogenerateEvent::Read],
        &[AutogenerateEvent::Compare],
        &[AutogenerateEvent::Compared { statements: 1, objects: 1 }],
        &[AutogenerateEvent::Prove(Stage::Again)],
    ];
    for phase in phases {
        let (mut harness, generation) = running(100, 30);
        for progress in phase {
            send_progress(&mut harness, generation, progress.clone());
        }
        harness.press("<^c>");
        assert_eq!(harness.asked.last().unwrap(), "cancel");
        assert!(harness.screen().contains("cancelling: dropping the scratch database"));
        harness.generated.error = Some(Error::of(ErrorKind::Interrupted, "cancelled"));
        finish(&mut harness);
        let screen = harness.screen();
        assert!(screen.contains("cancelled; the scratch database was dropped and nothing was written"), "{screen}");
        assert!(screen.contains("stopped") && !screen.contains("┌ Error"), "{screen}");
        assert!(harness.disk.is_empty() && harness.model.editor().is_none());
        harness.generated.error = None;
        assert!(harness.press("R").screen().contains("Edit ─ ● new"), "{}", harness.screen());
    }
}

#[test]
fn a_result_that_arrives_after_a_cancel_is_dropped() {
    let (mut harness, generation) = running(100, 30);
    harness.press("<^c>");
    harness.send(generate_ended(generation, Ok(GenerateAnswer::Script(Box::new(made())))));
    assert!(
        harness.model.editor().is_none() && harness.screen().contains("nothing was written"),
        "{}",
        harness.screen()
    );
    let before = harness.screen();
    for late in [generation, generation - 1, generation + 5] {
        harness.send(generate_ended(late, Ok(GenerateAnswer::Script(Box::new(made())))));
        send_progress(&mut harness, late, AutogenerateEvent::Prove(Stage::Up));
    }
    assert_eq!(harness.screen(), before);
}

#[test]
fn messages_with_an_old_generation_are_dropped() {
    let (mut harness, old) = running(100, 30);
    harness.send(generate_ended(old, Ok(GenerateAnswer::Nothing(Vec::new()))));
    harness.press("R");
    send_progress(&mut harness, old, AutogenerateEvent::Prove(Stage::Up));
    harness.send(generate_ended(old, Err(Error::new("too late"))));
    let screen = harness.screen();
    assert!(screen.contains("▸ load") && !screen.contains("too late"), "{screen}");
}

#[test]
fn quitting_asks_and_waits_until_the_scratch_database_is_dropped() {
    let (mut harness, _) = running(100, 30);
    assert!(harness.press("q").screen().contains("A script is being generated"));
    harness.press("<right><enter>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    finish(&mut harness);
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn no_difference_is_reported_and_nothing_is_written() {
    let mut harness = ready(120, 40);
    harness.generated.made = None;
    let screen = harness.press("anothing<enter>").screen();
    assert!(screen.contains("the database matches the models: no script was written"), "{screen}");
    assert!(screen.contains("no differences") && screen.contains("✓ models agree"), "{screen}");
    assert!(harness.model.editor().is_none() && harness.disk.is_empty());
    assert!(harness.press("<esc>a").screen().contains("New revision from the models"));
}

#[test]
fn an_unproved_script_is_a_draft_until_it_is_proved() {
    let mut harness = ready(120, 40);
    harness.generated.made = Some(unproved());
    let screen = harness.press("aadd a quota<enter>").screen();
    for words in ["unproved draft", "✗ up differs", "public.jobs.state is missing", "-- UNPROVED"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(
        harness.press("<esc>").screen().contains("It is not proved. If you keep it, it is saved as a draft"),
        "{}",
        harness.screen()
    );
    harness.press("<tab><tab><enter>");
    assert!(harness.disk[&unproved().path].starts_with("-- UNPROVED: "), "{:?}", harness.disk);
    assert!(harness.screen().contains("saved as a draft outside the history: drafts"), "{}", harness.screen());

    let mut harness = ready(120, 40);
    harness.generated.made = Some(unproved());
    harness.press("aadd a quota<enter>");
    harness.proof = proved("eeeeeeeeeeee");
    let screen = harness.press("<^p>").screen();
    assert!(screen.contains("is proved and is not a draft any more") && !screen.contains("UNPROVED"), "{screen}");
    assert!(harness.disk.is_empty() && !screen.contains("edited; ^p"), "{screen}");
    harness.press("<^s>");
    assert_eq!(harness.disk[&made().path], made().text.to_string());
}

#[test]
fn a_script_whose_proof_fails_after_an_edit_is_not_kept_without_a_question() {
    let mut harness = ready(120, 40);
    harness.press("aadd a quota<enter>");
    harness.proof = unproved().verified;
    let screen = harness.press("<^p><^s>").screen();
    assert!(screen.contains("This script is not proved") && harness.disk.is_empty(), "{screen}");
    harness.press("<enter>");
    assert!(harness.model.editor().is_some() && harness.disk.is_empty(), "editing continues");
    harness.press("<^s><tab><enter>");
    assert_eq!(harness.disk[&made().path], made().text.to_string());
}

#[test]
fn the_cursor_is_where_a_value_must_be_filled_in() {
    let mut harness = ready(120, 40);
    harness.generated.made = Some(GeneratedScript { line: Some(8), ..made() });
    harness.press("aadd a quota<enter>");
    assert_eq!(harness.model.editor().unwrap().document.cursor(), (7, 0));
    assert!(matches!(harness.model.editor().unwrap().panel.proof, EditorProof::Found(..)));
}

#[test]
fn changed_models_remove_their_badge() {
    let mut harness = ready(160, 40);
    harness.generated.models = Some(Ok(1));
    harness.send(Msg::ScriptsChanged);
    harness.press("A<esc>=<esc>");
    let header = |harness: &Harness| harness.screen().lines().next().unwrap_or_default().to_owned();
    assert!(header(&harness).contains("models agree") && header(&harness).contains("no drift"));
    harness.generated.models = Some(Ok(2));
    harness.send(Msg::ScriptsChanged);
    assert!(!header(&harness).contains("models") && header(&harness).contains("no drift"), "{}", header(&harness));
}

#[test]
fn late_messages_of_another_proof_are_dropped() {
    let mut harness = ready(120, 40);
    harness.press("ax<enter>");
    harness.hold = true;
    harness.press("<^p>");
    assert!(matches!(harness.held.last(), Some(Effect::Run(_, Task::Prove(_, Some(_))))));
    harness.press("<^c>");
    harness.held.clear();
    harness.send(proof_ended(harness.job(), id("eeeeeeeeeeee"), Err(Error::of(ErrorKind::Interrupted, "cancelled"))));
    assert!(harness.screen().contains("the proof was cancelled") && harness.disk.is_empty(), "{}", harness.screen());
}
