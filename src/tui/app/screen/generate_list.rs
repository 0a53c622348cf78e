//! What generating a script shows: an entry a phase, and the pairs that may be renames with what speaks for each.

use super::generate::{End, Generate, is_asking};
use super::phases::{Name, State};
use super::plan_rows::count as counted;
use super::proof::{stage_pieces, stages};
use super::renames;
use super::verify::elapsed;
use crate::engine::ErrorKind;
use crate::engine::autogenerate::Stage;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::run::spell;
use crate::tui::app::sheet::Entry;
use crate::tui::app::theme::Role;

/// The cells of the phases' names.
const NAME: usize = 9;

/// What people should know besides.
pub(crate) fn notes(model: &Model) -> Vec<FormLine> {
    let notes = model.generate.iter().flat_map(|generate| &generate.notes);
    notes.map(|note| FormLine::Text(vec![(note.clone(), Role::Warning)], 0)).collect()
}

/// The phases that are shown.
fn shown(generate: &Generate) -> impl Iterator<Item = Name> {
    let has_pairs = !generate.pairs.is_empty();
    Name::ALL.into_iter().filter(move |name| *name != Name::Renames || has_pairs)
}

/// How many entries are phases.
pub(super) fn phases(model: &Model) -> usize {
    model.generate.as_ref().map_or(0, |generate| shown(generate).count())
}

/// How many entries there are: the phases, then the pairs.
pub(crate) fn count(model: &Model) -> usize {
    phases(model) + model.generate.as_ref().map_or(0, |generate| generate.pairs.len())
}

/// The phase that it is at.
pub(crate) fn current(model: &Model) -> usize {
    let Some(generate) = &model.generate else { return 0 };
    let running = generate.phases.running();
    shown(generate).position(|name| Some(name) == running).unwrap_or(0)
}

/// The pair that an entry is.
pub(super) fn pair_at(model: &Model, entry: usize) -> Option<usize> {
    let pair = entry.checked_sub(phases(model))?;
    (pair < model.generate.as_ref()?.pairs.len()).then_some(pair)
}

/// A phase with what it is at and how long it took, or a pair with what was said of it.
pub(crate) fn entry(model: &Model, index: usize) -> Entry {
    let Some(generate) = &model.generate else { return Entry::default() };
    if let Some(pair) = pair_at(model, index) {
        return pair_entry(generate, pair);
    }
    shown(generate).nth(index).map(|name| phase_entry(model, generate, name)).unwrap_or_default()
}

fn phase_entry(model: &Model, generate: &Generate, name: Name) -> Entry {
    let phase = generate.phases.get(name);
    let asks = name == Name::Renames && matches!(generate.end, End::Asking);
    let ascii = model.preferences.ascii;
    let (glyph, role) = match phase.state {
        _ if asks => ("?", Role::Warning),
        State::Waiting => (if ascii { "." } else { "·" }, Role::Muted),
        State::Running(_) => (if ascii { ">" } else { "▸" }, Role::Current),
        State::Done(_) if is_unproved(generate, name) => (if ascii { "x" } else { "✗" }, Role::Danger),
        State::Done(_) => (if ascii { "*" } else { "✓" }, Role::Good),
        State::Stopped => (if ascii { "x" } else { "✗" }, Role::Warning),
    };
    let waits = matches!(phase.state, State::Waiting) && !asks;
    let mut left = vec![
        (format!("{glyph} "), role),
        (format!("{:<NAME$}", name.word()), if waits { Role::Muted } else { Role::Title }),
    ];
    match (name, generate.stage) {
        _ if asks => {
            let pairs = counted(generate.pairs.len() as u64, "pair");
            left.push((format!("{pairs} that may be one thing under two names"), Role::Warning));
        }
        (Name::Prove, Some(stage)) if phase.words.is_empty() => {
            let found = match &generate.end {
                End::Ready(opening) => opening.panel.proof.found(),
                _ => None,
            };
            left.extend(stage_pieces(stages(found, Some(stage))));
        }
        _ => left.push((phase.words.clone(), Role::Text)),
    }
    let took = match phase.state {
        State::Running(since) => format!("{} s ", elapsed(since, model.now).as_secs()),
        State::Done(took) => format!("{} ", spell(took)),
        State::Stopped => String::from("stopped "),
        State::Waiting => String::new(),
    };
    Entry { left, right: vec![(took, Role::Muted)] }
}

fn is_unproved(generate: &Generate, name: Name) -> bool {
    let End::Ready(opening) = &generate.end else { return false };
    name == Name::Prove && opening.panel.proof.found().is_some_and(|verified| !verified.is_proved())
}

fn pair_entry(generate: &Generate, pair: usize) -> Entry {
    let Some((candidate, rename)) = generate.pairs.get(pair) else { return Entry::default() };
    let mut left = vec![(String::from(if rename { "[x] " } else { "[ ] " }), Role::Current)];
    left.extend(renames::named(&candidate.subject));
    let (words, role) = if rename { ("rename ", Role::Good) } else { ("drop and add ", Role::Warning) };
    Entry { left, right: vec![(words.to_owned(), role)] }
}

/// What speaks for a pair, and what comes of what was said of it.
pub(crate) fn details(model: &Model, index: usize) -> Vec<FormLine> {
    let pair = pair_at(model, index).and_then(|pair| model.generate.as_ref()?.pairs.get(pair));
    let Some((candidate, rename)) = pair else { return Vec::new() };
    let reasons = vec![(String::from("alike   "), Role::Muted), (candidate.reasons.join(", "), Role::Text)];
    let outcome = vec![(String::from("then    "), Role::Muted), renames::outcome(&candidate.subject, rename)];
    vec![FormLine::Text(reasons, 8), FormLine::Text(outcome, 8)]
}

/// What stands above the first pair.
pub(crate) fn heading(model: &Model, index: usize) -> Vec<FormLine> {
    if pair_at(model, index) != Some(0) {
        return Vec::new();
    }
    let words = if is_asking(model) { "Which of these are renames?" } else { "What was said of renames" };
    vec![FormLine::Raw(Vec::new()), FormLine::Text(vec![(String::from(words), Role::Title)], 0)]
}

/// What is generated.
pub(crate) fn title(model: &Model) -> Vec<Piece> {
    let Some(generate) = &model.generate else { return Vec::new() };
    let what = format!(" ─ {}: what the models add, as a script", generate.wanted.new.message);
    vec![(String::from("Autogenerate"), Role::BorderFocused), (what, Role::Muted)]
}

/// How far it is, or what came of it.
pub(crate) fn status(model: &Model) -> Piece {
    let Some(generate) = &model.generate else { return (String::new(), Role::Muted) };
    match &generate.end {
        End::Running if model.cancelling => {
            (String::from("cancelling: the scratch database is being dropped …"), Role::Warning)
        }
        End::Running => {
            let seconds = elapsed(generate.started, model.now).as_secs();
            (format!("{}, {seconds} s", doing(generate)), Role::Current)
        }
        End::Asking => {
            let words = match (generate.pairs.len(), generate.pairs.chosen()) {
                (_, 0) => String::from("nothing is renamed unless you say so"),
                (all, chosen) => format!("{chosen} of {} renamed", counted(all as u64, "pair")),
            };
            (words, Role::Warning)
        }
        End::Nothing => (
            String::from("the models add nothing to the database: no script is needed, and none was written"),
            Role::Good,
        ),
        End::Ready(_) => (String::from("the script is there, and written nowhere yet"), Role::Good),
        End::Shown => (String::from("the script was shown in the editor"), Role::Good),
        End::Failed(error) if error.kind == ErrorKind::Interrupted => {
            (String::from("cancelled; the scratch database is gone, and nothing was written"), Role::Warning)
        }
        End::Failed(error) => (error.message.clone(), Role::Danger),
    }
}

fn doing(generate: &Generate) -> &'static str {
    match (generate.phases.running(), generate.stage) {
        (Some(Name::Load) | None, _) => "loading the models",
        (Some(Name::Read), _) => "reading the database",
        (Some(Name::Compare), _) => "comparing",
        (Some(Name::Renames), _) => "renaming",
        (Some(Name::Prove), None) => "copying the database's schema to prove the script on",
        (Some(Name::Prove), Some(Stage::Up)) => "proving the upgrade",
        (Some(Name::Prove), Some(Stage::Down)) => "proving the downgrade",
        (Some(Name::Prove), Some(Stage::Again)) => "proving the upgrade once more",
    }
}
