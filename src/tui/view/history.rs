//! The history pane: the tree with its lanes, and the state of each revision as a glyph and a word.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pane;
use super::pen::{Paint, Pen};
use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::tui::app::history::{HistoryLine, Item, Marks, describe_problem};
use crate::tui::app::model::{Connection, Model, Pane};
use crate::tui::app::screen::tree::filter;
use crate::tui::app::theme::Role;

/// The width of a short id in cells.
const ID: usize = 8;

/// The width of a state's words on a wide row, in cells.
const WORDS: usize = 32;

/// Draws the pane.
pub fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    if area.height == 0 {
        return;
    }
    let focused = model.panes.focus == Pane::History && !model.is_covered();
    let inside = pane::titled(paint, area, &pane::title(1, "History", focused, &describe_summary(model)));
    if model.tree.is_none() {
        paint.pen(shifted(inside, 0)).put(" reading the scripts …", Role::Muted);
        return;
    }
    if model.history.is_empty() {
        draw_empty(model, inside, paint);
        return;
    }
    let columns = Columns::of(model, usize::from(inside.width));
    for row in 0..inside.height {
        let Some(line) = model.history.line(model.history.top + usize::from(row)) else { break };
        draw_line(model, line, &columns, shifted(inside, row), paint);
    }
}

/// One row of an area.
pub fn shifted(area: Rect, row: u16) -> Rect {
    Rect::new(area.x, area.y + row, area.width, u16::from(row < area.height))
}

/// The widths of the columns.
struct Columns {
    lanes: usize,
    message: usize,
}

impl Columns {
    fn of(model: &Model, width: usize) -> Self {
        let lanes = model.history.lanes_width().min((width / 4).max(1));
        // The mark of the cursor, the lanes, the id, and the blanks between them.
        let rest = width.saturating_sub(1 + lanes + 1 + ID + 2);
        let words = states_width(model).min(WORDS).min(rest / 2);
        Self { lanes, message: rest.saturating_sub(words + 1) }
    }
}

/// The width of the longest words of a state, in cells.
fn states_width(model: &Model) -> usize {
    let history = &model.history;
    let width = |item: &usize| match history.items().get(*item) {
        Some(Item::Revision(id)) => pieces_width(&describe_state(model, id, history.marks(*item))),
        Some(Item::Missing(_)) => "missing · ".width() + describe_current(model).width(),
        _ => 0,
    };
    history.longest_items().iter().map(width).max().unwrap_or_default().max("applied".len())
}

fn pieces_width(words: &[(String, Role)]) -> usize {
    words.iter().map(|(word, _)| word.width() + 3).sum::<usize>().saturating_sub(3)
}

fn describe_summary(model: &Model) -> String {
    let filter = &model.panes.filter;
    if !filter.input.is_empty() && !filter.typing {
        let found = filter.count.map_or_else(String::new, |n| {
            format!(" · {}", if n == 1 { String::from("1 match") } else { format!("{n} matches") })
        });
        return format!("/{}{found}", filter.input.text());
    }
    if model.tree.is_none() || model.history.is_empty() {
        return String::new();
    }
    let words = plural(model.history.revision_count() as u64, "revision");
    let heads = model.history.head_count();
    if heads > 1 {
        return format!("{words} · {heads} heads");
    }
    words
}

fn draw_empty(model: &Model, inside: Rect, paint: &mut Paint) {
    let keys = &model.preferences.keymap;
    let create = keys.shown(crate::tui::app::command::Command::Create);
    let first =
        format!("{create} creates the first one: a file with a section of SQL to upgrade and one to downgrade.");
    let lines = [(String::from("No revisions yet\n\n"), Role::Title), (first, Role::Text)];
    pane::wrapped(paint, Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside }, 2, &lines);
}

fn draw_line(model: &Model, line: HistoryLine, columns: &Columns, area: Rect, paint: &mut Paint) {
    let history = &model.history;
    let selected = line.item == history.selected() && line.part == 0;
    let glyph = glyph(model, line.item, paint);
    let mut pen = paint.pen(area);
    if selected {
        pen.over(if model.panes.focus == Pane::History { Role::Selection } else { Role::SelectionAway });
    }
    if !model.panes.filter.input.is_empty() && !filter::matches(model, line.item) {
        pen.dim();
    }
    pen.put(if selected { ">" } else { " " }, Role::Current);
    draw_lanes(model, line, columns, glyph, &mut pen);
    if line.part > 0 {
        return;
    }
    match history.items().get(line.item) {
        Some(Item::Revision(id)) => draw_revision(model, id, history.marks(line.item), columns, &mut pen),
        Some(Item::Missing(id)) => draw_missing(model, id, columns, &mut pen),
        Some(Item::Problem(index)) => draw_problem(model, *index, &mut pen),
        Some(Item::Base) => draw_base(model, history.marks(line.item), columns, &mut pen),
        None => {}
    }
}

/// The glyph of an item's state, and its role.
fn glyph(model: &Model, item: usize, paint: &Paint) -> (&'static str, Role) {
    let marks = model.history.marks(item);
    match model.history.items().get(item) {
        Some(Item::Missing(_)) => (paint.glyph("✗", "x"), Role::Missing),
        Some(Item::Problem(_)) => (paint.glyph("!", "!"), Role::Problem),
        Some(Item::Base) if marks.current => (paint.glyph("◉", ">"), Role::Current),
        Some(Item::Base) => (paint.glyph("┴", "+"), Role::Lane),
        _ if marks.current => (paint.glyph("◉", ">"), Role::Current),
        _ if marks.applied => (paint.glyph("●", "*"), Role::Applied),
        _ if marks.pending => (paint.glyph("○", "o"), Role::Pending),
        _ => (paint.glyph("◌", "."), Role::Muted),
    }
}

/// The lanes of a line in their column. The node of a wider row is still visible.
fn draw_lanes(model: &Model, line: HistoryLine, columns: &Columns, (glyph, role): (&str, Role), pen: &mut Pen) {
    let start = pen.left();
    match (model.history.lane(line.item), line.part) {
        (None, 0) => pen.put(glyph, role),
        (None, _) => {}
        (Some(cells), 0) => {
            let space = columns.lanes.saturating_sub(1);
            let left = cells.left.width();
            if left > space {
                pen.column(&cells.left, space, Role::Lane);
            } else {
                pen.put(&cells.left, Role::Lane);
            }
            pen.put(glyph, role);
            let rest = columns.lanes.saturating_sub(left.min(space) + 1);
            pen.column(&cells.right, rest, Role::Lane);
        }
        (Some(cells), part) => {
            let below = cells.links.get(part - 1).map_or("", |cells| cells);
            pen.column(below, columns.lanes, Role::Lane);
        }
    }
    pen.skip((columns.lanes + 1).saturating_sub(start - pen.left()));
}

fn draw_revision(model: &Model, id: &RevisionId, marks: Marks, columns: &Columns, pen: &mut Pen) {
    pen.column(id.short(), ID, Role::Id);
    pen.skip(2);
    let file = model.script_of(id);
    let message = file.map_or("", |file| file.script.summary());
    let role = if marks.pending { Role::Pending } else { Role::Text };
    pen.column(message, columns.message, role);
    pen.skip(1);
    for (n, (word, role)) in describe_state(model, id, marks).into_iter().enumerate() {
        // Half a word could be read as another word, so words that do not fit are omitted from the end.
        if n > 0 && pen.left() < word.width() + 3 {
            break;
        }
        if n > 0 {
            pen.put(" · ", Role::Muted);
        }
        pen.put(&word, role);
    }
}

/// `current`, with the name of the environment if it has one.
fn describe_current(model: &Model) -> String {
    model.environment.as_ref().map_or_else(|| String::from("current"), |name| format!("current {name}"))
}

/// The words of a revision's state, the most important first.
fn describe_state(model: &Model, id: &RevisionId, marks: Marks) -> Vec<(String, Role)> {
    let labels = model.script_of(id).map_or(&[][..], |file| &file.script.branch_labels);
    let mut words = Vec::new();
    if marks.current {
        words.push((describe_current(model), Role::Current));
    } else if marks.pending {
        words.push((String::from("pending"), Role::Pending));
    } else if marks.applied {
        words.push((String::from("applied"), Role::Muted));
    } else {
        words.push((String::from("unknown"), Role::Muted));
    }
    if marks.edited {
        let glyph = if model.preferences.ascii { "~" } else { "≠" };
        words.push((format!("{glyph} edited"), Role::Warning));
    }
    if marks.head {
        words.push((String::from("head"), Role::Head));
    }
    words.extend(labels.iter().map(|label| (label.clone(), Role::Label)));
    for (environment, heads) in &model.server.seen {
        if *environment != model.environment && heads.contains(id) {
            words.push((environment.clone().unwrap_or_else(|| String::from("default")), Role::Head));
        }
    }
    if marks.merge_point {
        words.push((String::from("merge"), Role::Muted));
    }
    if marks.branch_point {
        words.push((String::from("branch"), Role::Muted));
    }
    words
}

fn draw_missing(model: &Model, id: &RevisionId, columns: &Columns, pen: &mut Pen) {
    pen.column(id.short(), ID, Role::Missing);
    pen.skip(2);
    let file = model.history.ledger().from_ledger.get(id);
    let message = file.map_or("the script is missing", |file| file.script.summary());
    pen.column(message, columns.message, Role::Missing);
    pen.skip(1);
    pen.put(&format!("missing · {}", describe_current(model)), Role::Missing);
}

fn draw_problem(model: &Model, index: usize, pen: &mut Pen) {
    let Some(problem) = model.tree.as_ref().and_then(|tree| tree.problems.get(index)) else { return };
    let (place, what) = describe_problem(problem);
    pen.put("problem  ", Role::Problem);
    pen.put(&place, Role::Problem);
    pen.put(": ", Role::Muted);
    pen.put(&what, Role::Text);
}

fn draw_base(model: &Model, marks: Marks, columns: &Columns, pen: &mut Pen) {
    pen.column("<base>", ID + 2 + columns.message, if marks.current { Role::Current } else { Role::Muted });
    pen.skip(1);
    let connected = matches!(model.server.connection, Connection::Connected);
    if marks.current && connected {
        pen.put(&describe_current(model), Role::Current);
    }
}
