//! The script pane: the file of the selected revision, highlighted when its tokens are ready.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::{Paint, Pen};
use crate::core::graph::RevisionId;
use crate::engine::project::{ScriptFile, ScriptProblem};
use crate::engine::state::ledger_scripts::is_from_ledger;
use crate::tui::app::history::Item;
use crate::tui::app::layout::{self, GUTTER, cells};
use crate::tui::app::ledger::{self, MissingScript};
use crate::tui::app::model::{Model, Pane};
use crate::tui::app::theme::Role;
use crate::tui::editor::cells::glyphs;
use crate::tui::editor::{Highlighted, TokenKind};

/// Draws the pane.
pub fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    if area.height == 0 {
        return;
    }
    let focused = model.panes.focus == Pane::Script && !model.is_covered();
    let name = title(model);
    let inside = pane::titled(paint, area, &pane::title(3, "Script", focused, &name));
    match model.selected_script() {
        Some(file) => {
            let lines = layout::script_text(model, area);
            draw_text(model, file, lines, paint);
            draw_proof(model, Rect { y: lines.bottom(), height: inside.height - lines.height, ..inside }, paint);
        }
        None => draw_placeholder(model, inside, paint),
    }
}

/// The line below the text: the proof.
fn draw_proof(model: &Model, row: Rect, paint: &mut Paint) {
    if row.height == 0 {
        return;
    }
    let mut pen = paint.pen(row);
    pen.put(" ", Role::Text);
    for (text, role) in
        model.selected_proof().map(|proof| proof.line(model.preferences.ascii, model.now)).unwrap_or_default()
    {
        pen.put(&text, role);
    }
}

fn title(model: &Model) -> String {
    let Some(file) = model.selected_script() else { return String::new() };
    let from_ledger = is_from_ledger(file);
    let mut title = if from_ledger {
        format!("{} from the ledger, read-only", file.script.revision.short())
    } else {
        file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy().into_owned()
    };
    if let Some(fault) = file.script.python().and_then(|code| code.docstring_faults.first()) {
        title.push_str(" ─ the docstring says ");
        title.push_str(fault.key);
        title.push_str(": ");
        title.push_str(&fault.docstring);
    }
    if model.history.marks(model.history.selected()).edited {
        title.push_str(" ─ edited");
    }
    if model.panes.script.wrap {
        title.push_str(" ─ wrapped");
    }
    title
}

fn draw_text(model: &Model, file: &ScriptFile, inside: Rect, paint: &mut Paint) {
    let known = model.highlights.get(&file.script.revision).filter(|known| *known.text == *file.text);
    let tokens = known.and_then(|known| known.tokens.as_deref());
    let width = usize::from(inside.width).saturating_sub(GUTTER);
    if model.panes.script.wrap {
        return draw_wrapped(model, file, tokens, inside, paint);
    }
    for (row, (number, line)) in (0..inside.height).zip(file.text.lines().enumerate().skip(model.panes.script.top)) {
        let mut pen = paint.pen(shifted(inside, row));
        pen.put(&format!("{:>4} ", number + 1), Role::LineNumber);
        let pieces = split_tokens(line, number, tokens);
        put_window(&pieces, model.panes.script.left, width, true, &mut pen);
    }
}

fn draw_wrapped(model: &Model, file: &ScriptFile, tokens: Option<&Highlighted>, inside: Rect, paint: &mut Paint) {
    let width = usize::from(inside.width).saturating_sub(GUTTER).max(1);
    let mut skip = model.panes.script.top;
    let mut row = 0;
    for (number, line) in file.text.lines().enumerate() {
        let height = crate::tui::app::layout::wrapped_height(line, width);
        let pieces = split_tokens(line, number, tokens);
        for part in 0..height {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if row >= inside.height {
                return;
            }
            let mut pen = paint.pen(shifted(inside, row));
            let gutter = if part == 0 { format!("{:>4} ", number + 1) } else { " ".repeat(GUTTER) };
            pen.put(&gutter, Role::LineNumber);
            put_window(&pieces, part * width, width, false, &mut pen);
            row += 1;
        }
    }
}

/// A line as pieces with their roles. Tabs become blanks.
fn split_tokens<'a>(line: &'a str, number: usize, tokens: Option<&Highlighted>) -> Vec<(&'a str, Role)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (range, kind) in tokens.and_then(|tokens| tokens.lines.get(number)).into_iter().flatten() {
        let (Some(before), Some(token)) = (line.get(at..range.start), line.get(range.clone())) else { continue };
        pieces.push((before, Role::Text));
        pieces.push((token, role(*kind)));
        at = range.end;
    }
    pieces.push((line.get(at..).unwrap_or_default(), Role::Text));
    pieces
}

/// Writes the cells `from..from + width` of a line. `mark` shows with `…` that it continues on the right.
fn put_window(pieces: &[(&str, Role)], from: usize, width: usize, mark: bool, pen: &mut Pen) {
    let all: usize = pieces.iter().map(|(text, _)| cells(text)).sum();
    let more = mark && all > from + width;
    let end = from + width - usize::from(more && width > 0);
    let mut column = 0;
    let mut run = String::new();
    for (text, role) in pieces {
        for glyph in glyphs(text) {
            let next = column + glyph.width;
            if column >= from && next <= end {
                run.push_str(&glyph.shown);
            }
            column = next;
        }
        pen.put(&run, *role);
        run.clear();
    }
    if more {
        pen.put("…", Role::Muted);
    }
}

/// The role of a kind of token.
pub const fn role(kind: TokenKind) -> Role {
    match kind {
        TokenKind::Keyword => Role::Keyword,
        TokenKind::Type => Role::Type,
        TokenKind::Function => Role::Function,
        TokenKind::String => Role::String,
        TokenKind::Number => Role::Number,
        TokenKind::Comment => Role::Comment,
        TokenKind::Marker => Role::Marker,
        TokenKind::Operator => Role::Operator,
        TokenKind::Quoted => Role::Quoted,
    }
}

/// The text if there is no script.
fn draw_placeholder(model: &Model, inside: Rect, paint: &mut Paint) {
    let lines: Vec<String> = match model.history.selected_item() {
        Some(Item::Missing(id)) => describe_missing(model, id),
        Some(Item::Problem(index)) => {
            let problem = model.tree.as_ref().and_then(|tree| tree.problems.get(*index));
            let (place, what) = problem.map(crate::tui::app::history::describe_problem).unwrap_or_default();
            let files = match problem {
                Some(ScriptProblem::Graph { files, .. }) => files.as_slice(),
                _ => &[],
            };
            let hint = problem.and_then(|problem| problem.to_error().hint);
            let hint = hint.map_or_else(String::new, |hint| format!("hint: {hint}"));
            let files = files.iter().map(|file| file.display().to_string());
            [place, what].into_iter().chain(files).chain([String::new(), hint]).collect()
        }
        Some(Item::Base) => vec![
            String::from("The row below all revisions: an empty database."),
            String::from("A downgrade to here reverts every revision."),
        ],
        _ => Vec::new(),
    };
    let width = usize::from(inside.width).saturating_sub(2);
    let mut row = 0;
    for line in lines {
        for part in crate::tui::app::form::wrap(&[(line, Role::Text)], width, 0) {
            let mut pen = paint.pen(shifted(inside, row));
            pen.skip(1);
            for (text, role) in part {
                pen.put(&text, role);
            }
            row = row.saturating_add(1).min(inside.height);
        }
    }
}

/// What is known of a revision that has no file and no copy in the ledger.
fn describe_missing(model: &Model, id: &RevisionId) -> Vec<String> {
    let holds = [format!("The database is at {id},"), String::from("and this project has no script for it.")];
    let rest: &[&str] = match ledger::missing_script(model, id) {
        MissingScript::Reading => &["", "Reading its script from the ledger …"],
        _ => &[
            "",
            "The ledger has no copy of its script: another program applied it, or it was stamped.",
            "Its file may be on another branch of the repository, or it was removed.",
            "Restore the file, or stamp the database with another revision.",
        ],
    };
    holds.into_iter().chain(rest.iter().map(|line| (*line).to_owned())).collect()
}
