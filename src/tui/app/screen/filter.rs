//! The filter: what it finds stays bright, `n` and `N` go from one to the next.

use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::history::{Item, Marks};
use crate::tui::app::input::Input;
use crate::tui::app::model::{Model, Pane};

/// Up to this many revisions matches are counted with every key.
const COUNTED: usize = 20_000;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub input: Input,
    pub typing: bool,
    /// Where the selection stood when typing began.
    pub from: usize,
    /// How many revisions match; `None` where there are too many to count.
    pub count: Option<usize>,
}

/// Decides `/`, `n` and `N`.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if model.history.is_empty() {
        return no("there is nothing to filter");
    }
    Ok(match command {
        Command::Filter => |model| {
            model.filter.typing = true;
            model.filter.from = model.history.selected();
            model.focus = Pane::History;
            Vec::new()
        },
        Command::FilterNext | Command::FilterPrevious if model.filter.input.is_empty() => {
            return no("no filter is set");
        }
        Command::FilterNext => |model| next(model, true),
        _ => |model| next(model, false),
    })
}

/// Looks for what was typed, from where typing began.
pub fn typed(model: &mut Model) {
    let count = model.history.items().len();
    let from = model.filter.from;
    let wanted = Wanted::new(model.filter.input.text());
    let found = (0..count).map(|n| (from + n) % count).find(|item| wanted.is(model, *item));
    model.history.select(found.unwrap_or(from));
    model.filter.count = (count <= COUNTED).then(|| (0..count).filter(|item| wanted.is(model, *item)).count());
}

/// Ends the typing; `keep` leaves the filter standing.
pub fn close(model: &mut Model, keep: bool) -> Vec<Effect> {
    model.filter.typing = false;
    if !keep {
        model.history.select(model.filter.from);
    }
    if !keep || model.filter.input.is_empty() {
        model.filter = Filter::default();
    }
    Vec::new()
}

/// Whether an item is what the filter looks for; every word has to be found, whatever its case.
#[must_use]
pub fn matches(model: &Model, item: usize) -> bool {
    let wanted = model.filter.input.text();
    wanted.is_empty() || Wanted::new(wanted).is(model, item)
}

/// The words that are looked for, ready for many items.
struct Wanted(Vec<String>);

impl Wanted {
    fn new(text: &str) -> Self {
        Self(text.to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    fn is(&self, model: &Model, item: usize) -> bool {
        let history = &model.history;
        let text = match history.items().get(item) {
            Some(Item::Revision(_)) => {
                let (text, marks) = (history.text(item), history.marks(item));
                return self.0.iter().all(|word| text.contains(word.as_str()) || state_has(marks, word));
            }
            Some(Item::Missing(id)) => format!("{id} missing"),
            Some(Item::Problem(problem)) => {
                let problem = model.tree.as_ref().and_then(|tree| tree.problems.get(*problem));
                let (at, what) = problem.map(crate::tui::app::history::problem_words).unwrap_or_default();
                format!("problem {at} {what}").to_lowercase()
            }
            Some(Item::Base) => String::from("<base>"),
            None => String::new(),
        };
        self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

fn state_has(marks: Marks, word: &str) -> bool {
    let states = [
        (marks.pending, "pending"),
        (marks.applied, "applied"),
        (marks.current, "current"),
        (marks.head, "head"),
        (marks.branch_point, "branch"),
        (marks.merge_point, "merge"),
        (marks.edited, "edited"),
    ];
    states.into_iter().any(|(is, state)| is && state.starts_with(word))
}

fn next(model: &mut Model, forward: bool) -> Vec<Effect> {
    let count = model.history.items().len();
    let at = model.history.selected();
    let found = (1..=count).map(|n| if forward { (at + n) % count } else { (at + count - n) % count });
    let wanted = Wanted::new(model.filter.input.text());
    match found.into_iter().find(|item| wanted.is(model, *item)) {
        Some(item) => model.history.select(item),
        None => model.say("nothing matches the filter"),
    }
    Vec::new()
}
