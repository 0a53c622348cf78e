//! The filter: what it finds stays bright, `n` and `N` go from one to the next.

use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::history::Item;
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
pub fn decide(model: &Model, command: Command) -> Decision {
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
    let found = (0..count).map(|n| (from + n) % count).find(|item| matches(model, *item));
    model.history.select(found.unwrap_or(from));
    model.filter.count = (count <= COUNTED).then(|| (0..count).filter(|item| matches(model, *item)).count());
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
    if wanted.is_empty() {
        return true;
    }
    let text = haystack(model, item).to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn haystack(model: &Model, item: usize) -> String {
    let history = &model.history;
    match history.items().get(item) {
        Some(Item::Revision(id)) => {
            let mut text = id.to_string();
            if let Some(file) = model.script_of(id) {
                text.push(' ');
                text.push_str(&file.script.message);
                for label in &file.script.branch_labels {
                    text.push(' ');
                    text.push_str(label);
                }
            }
            let marks = history.marks(item);
            for (is, word) in [
                (marks.pending, " pending"),
                (marks.applied, " applied"),
                (marks.current, " current"),
                (marks.head, " head"),
                (marks.branch_point, " branch point"),
                (marks.merge_point, " merge"),
            ] {
                if is {
                    text.push_str(word);
                }
            }
            text
        }
        Some(Item::Missing(id)) => format!("{id} missing"),
        Some(Item::Problem(problem)) => {
            let problem = model.tree.as_ref().and_then(|tree| tree.problems.get(*problem));
            problem.map(crate::tui::app::history::problem_words).map_or_else(String::new, |(at, what)| at + " " + &what)
        }
        Some(Item::Base) => String::from("<base>"),
        None => String::new(),
    }
}

fn next(model: &mut Model, forward: bool) -> Vec<Effect> {
    let count = model.history.items().len();
    let at = model.history.selected();
    let found = (1..=count).map(|n| if forward { (at + n) % count } else { (at + count - n) % count });
    match found.into_iter().find(|item| matches(model, *item)) {
        Some(item) => model.history.select(item),
        None => model.say("nothing matches the filter"),
    }
    Vec::new()
}
