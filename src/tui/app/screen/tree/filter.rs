//! The filter of the history: other revisions are dimmed; `n` and `N` go to the next and the previous match.

use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::history::{Item, Marks, describe_problem};
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::{Filter, Model, Pane};

/// In a larger history the matches are not counted.
const COUNTED: usize = 20_000;

/// Decides `/`, `n` and `N`.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if model.history.is_empty() {
        return refuse("there is nothing to filter");
    }
    if command == Command::Filter {
        return act(|model| {
            model.panes.filter.typing = true;
            model.panes.filter.from = model.history.selected();
            model.panes.focus = Pane::History;
            Vec::new()
        });
    }
    if model.panes.filter.input.is_empty() {
        return refuse("no filter is set");
    }
    act(move |model| go_to_match(model, command == Command::FilterNext))
}

/// Selects the first match after the item that was selected when typing began.
pub fn on_typed(model: &mut Model) {
    let count = model.history.items().len();
    let from = model.panes.filter.from;
    let words = FilterWords::new(model.panes.filter.input.text());
    let found = (0..count).map(|n| (from + n) % count).find(|item| words.matches(model, *item));
    model.history.select(found.unwrap_or(from));
    model.panes.filter.count =
        (count <= COUNTED).then(|| (0..count).filter(|item| words.matches(model, *item)).count());
}

/// Ends typing. `keep` keeps the filter.
pub fn close(model: &mut Model, keep: bool) -> Vec<Effect> {
    model.panes.filter.typing = false;
    if !keep {
        model.history.select(model.panes.filter.from);
    }
    if !keep || model.panes.filter.input.is_empty() {
        model.panes.filter = Filter::default();
    }
    Vec::new()
}

/// Whether an item matches the filter: it contains every word, in any case.
#[must_use]
pub fn matches(model: &Model, item: usize) -> bool {
    let text = model.panes.filter.input.text();
    text.is_empty() || FilterWords::new(text).matches(model, item)
}

/// The words of the filter in lower case.
struct FilterWords(Vec<String>);

impl FilterWords {
    fn new(text: &str) -> Self {
        Self(text.to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    fn matches(&self, model: &Model, item: usize) -> bool {
        let history = &model.history;
        let text = match history.items().get(item) {
            Some(Item::Revision(_)) => {
                let (text, marks) = (history.text(item), history.marks(item));
                return self.0.iter().all(|word| text.contains(word.as_str()) || state_has(marks, word));
            }
            Some(Item::Missing(id)) => format!("{id} missing"),
            Some(Item::Problem(problem)) => {
                let problem = model.tree.as_ref().and_then(|tree| tree.problems.get(*problem));
                let (at, what) = problem.map(describe_problem).unwrap_or_default();
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

fn go_to_match(model: &mut Model, forward: bool) -> Vec<Effect> {
    let count = model.history.items().len();
    let at = model.history.selected();
    let found = (1..=count).map(|n| if forward { (at + n) % count } else { (at + count - n) % count });
    let words = FilterWords::new(model.panes.filter.input.text());
    match found.into_iter().find(|item| words.matches(model, *item)) {
        Some(item) => model.history.select(item),
        None => model.notify("nothing matches the filter"),
    }
    Vec::new()
}
