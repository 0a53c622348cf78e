//! The editor: line numbers, highlighted text with selection and matches, messages, and the panel.

use ratatui::layout::Rect;

use super::history::shifted;
use super::pane;
use super::pen::Paint;
use super::script::role;
use crate::tui::app::form::{Piece, wrap};
use crate::tui::app::layout::Areas;
use crate::tui::app::model::Model;
use crate::tui::app::opening::Origin;
use crate::tui::app::screen::editor::areas::{self, EditorAreas};
use crate::tui::app::screen::editor::{Editor, panel};
use crate::tui::app::theme::Role;
use crate::tui::editor::cells::glyphs;

/// Draws the editor if it is open. Returns the position of the cursor.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) -> Option<(u16, u16)> {
    let editor = model.screens.get::<Editor>()?;
    if areas.editor.height == 0 {
        return None;
    }
    let areas = areas::of(model, editor, areas.editor);
    for area in &areas.panel {
        pane::border(paint, *area, false);
    }
    pane::border(paint, areas.frame, true);
    pane::titled(paint, areas.frame, &title(model, editor, paint.ascii));
    let rows = usize::from(areas.text.height);
    let lines = editor.document.lines().len();
    for (row, line) in (0..areas.text.height).zip(editor.top..lines.min(editor.top + rows)) {
        draw_gutter(editor, line, shifted(areas.gutter, row), paint);
        draw_text(editor, line, shifted(areas.text, row), paint);
    }
    for (row, (words, bad)) in (0..areas.messages.height).zip(areas::messages(model, editor)) {
        let role = if bad { Role::Danger } else { Role::Warning };
        let mut pen = paint.pen(shifted(areas.messages, row));
        pen.put(if bad { " x " } else { " ! " }, role);
        pen.put(&words, role);
    }
    draw_panel(model, editor, &areas, paint);
    draw_position(editor, &areas, paint);
    draw_search_line(editor, areas.find, paint).or_else(|| cursor_position(editor, areas.text))
}

fn title(model: &Model, editor: &Editor, ascii: bool) -> Vec<Piece> {
    let dash = || (String::from(" ─ "), Role::Border);
    let mut title = vec![(String::from("Edit"), Role::BorderFocused), dash(), (editor.name(), Role::Title)];
    let (text, role) = match (editor.read_only_reason(model.read_only), editor.origin) {
        (_, Origin::FromLedger) => ("from the ledger, read-only", Role::Warning),
        (Some(_), _) => ("read-only", Role::Warning),
        (None, _) if editor.home.is_some() => ("unproved draft", Role::Danger),
        (None, Origin::New) => ("new", Role::Pending),
        (None, _) if editor.is_modified() => ("modified", Role::Pending),
        _ => return title,
    };
    let glyph = if ascii { "*" } else { "●" };
    // Before the name, because a narrow title is cut at its end.
    title.splice(1..1, [dash(), (format!("{glyph} {text}"), role)]);
    title
}

/// The mark of a fault or a hazard, and the line number. The number of the cursor's line is bright.
fn draw_gutter(editor: &Editor, line: usize, area: Rect, paint: &mut Paint) {
    let (mark, role) = match editor.marks(line) {
        (true, _) => (paint.glyph("✗", "x"), Role::Danger),
        (false, true) => ("!", Role::Warning),
        _ => (" ", Role::Text),
    };
    let here = editor.document.cursor().0 == line;
    let digits = usize::from(area.width.saturating_sub(2));
    let mut pen = paint.pen(area);
    pen.put(mark, role);
    pen.put(&format!("{:>digits$} ", line + 1), if here { Role::Current } else { Role::LineNumber });
}

/// The visible cells of a line.
fn draw_text(editor: &Editor, row: usize, area: Rect, paint: &mut Paint) {
    let line = editor.document.line(row);
    let tokens = editor.document.tokens(row);
    let chosen = Chosen::of(editor, row);
    let (from, to) = (editor.left, editor.left + usize::from(area.width));
    let mut token = tokens.iter().peekable();
    let mut end = 0;
    for glyph in glyphs(line) {
        while token.next_if(|(range, _)| range.end <= glyph.byte).is_some() {}
        end = glyph.cell + glyph.width;
        if glyph.cell < from || glyph.width == 0 {
            continue;
        }
        if end > to {
            break;
        }
        let kind = token.peek().filter(|(range, _)| range.contains(&glyph.byte)).map(|(_, kind)| role(*kind));
        let x = area.x + u16::try_from(glyph.cell - from).unwrap_or(u16::MAX);
        let over = chosen.at(glyph.byte, glyph.character);
        paint.cell(x, area.y, &glyph.shown, kind.unwrap_or(Role::Text), over);
    }
    // A selection that continues on the next line includes the end of this line.
    if chosen.goes_on && end >= from && end < to {
        let x = area.x + u16::try_from(end - from).unwrap_or(u16::MAX);
        paint.cell(x, area.y, " ", Role::Text, Some(Role::Selection));
    }
}

/// The selection and the matches in a line.
struct Chosen {
    selected: std::ops::Range<usize>,
    goes_on: bool,
    found: Vec<std::ops::Range<usize>>,
    /// The byte of the cursor, if it is in this line.
    cursor: Option<usize>,
}

impl Chosen {
    fn of(editor: &Editor, row: usize) -> Self {
        let document = &editor.document;
        let (mut selected, mut goes_on) = (0..0, false);
        if let Some(((top, from), (bottom, to))) = document.selection()
            && (top..=bottom).contains(&row)
        {
            goes_on = row < bottom;
            selected = if row == top { from } else { 0 }..if goes_on { usize::MAX } else { to };
        }
        let found = if editor.find.is_some() { document.found_in(row) } else { Vec::new() };
        let (cursor_row, character) = document.cursor();
        let byte = document.line(row).char_indices().nth(character).map(|(byte, _)| byte);
        Self { selected, goes_on, found, cursor: byte.filter(|_| cursor_row == row) }
    }

    fn at(&self, byte: usize, character: usize) -> Option<Role> {
        if self.selected.contains(&character) {
            return Some(Role::Selection);
        }
        let found = self.found.iter().find(|found| found.contains(&byte))?;
        Some(if Some(found.start) == self.cursor { Role::MatchHere } else { Role::Match })
    }
}

/// The position of the cursor, at the bottom border.
fn draw_position(editor: &Editor, areas: &EditorAreas, paint: &mut Paint) {
    let frame = areas.frame;
    let (row, _) = editor.document.cursor();
    let lines = editor.document.lines().len();
    let selected = editor
        .document
        .selected_text()
        .map_or_else(String::new, |text| format!(" · {} selected", text.chars().count()));
    let words = format!(" line {} of {lines}, column {}{selected} ", row + 1, editor.document.cursor_cell() + 1);
    if frame.height > 2 && frame.width > 4 {
        let line = Rect { x: frame.x + 2, y: frame.bottom() - 1, width: frame.width - 4, height: 1 };
        paint.pen(line).right(&words, Role::Muted);
    }
}

/// The panel: three blocks in a column, or one below the text.
fn draw_panel(model: &Model, editor: &Editor, areas: &EditorAreas, paint: &mut Paint) {
    let Some(last) = areas.panel.last() else { return };
    let most = usize::from(last.bottom());
    let proof = panel::proof_lines(model, editor);
    let count = proof.len();
    let blocks = [
        (panel::proof_title(editor), (proof, count)),
        (String::from("Operations"), panel::operation_lines(model, editor, most)),
        (String::from("Hazards"), panel::hazard_lines(model, editor, most)),
    ];
    if let [below] = areas.panel.as_slice() {
        let mut all = (Vec::new(), 0);
        for (name, (block, total)) in blocks {
            all.0.push(vec![(name, Role::Title)]);
            all.0.extend(block.into_iter().map(|mut line| {
                line.insert(0, (String::from("  "), Role::Text));
                line
            }));
            all.1 += 1 + total;
        }
        return draw_block("Proof, operations, hazards", &all, *below, paint);
    }
    for (area, (name, lines)) in areas.panel.iter().zip(blocks) {
        draw_block(&name, &lines, *area, paint);
    }
}

fn draw_block(name: &str, (lines, total): &panel::PanelLines, area: Rect, paint: &mut Paint) {
    let inside = pane::titled(paint, area, &[(String::from(name), Role::Title)]);
    let width = usize::from(inside.width).saturating_sub(2);
    let wrapped: Vec<panel::PanelLine> = lines.iter().flat_map(|line| wrap(line, width, 2)).collect();
    let hidden = wrapped.len().max(*total).saturating_sub(usize::from(inside.height));
    for (row, line) in (0..inside.height).zip(&wrapped) {
        let mut pen = paint.pen(shifted(inside, row));
        pen.skip(1);
        for (text, role) in line {
            pen.put(text, *role);
        }
    }
    if hidden > 0 && area.width > 2 {
        let line = Rect { x: area.x + 1, y: area.bottom() - 1, width: area.width - 2, height: 1 };
        paint.pen(line).right(&format!(" {hidden} more "), Role::Muted);
    }
}

/// The search line. Returns the position of the cursor.
fn draw_search_line(editor: &Editor, area: Rect, paint: &mut Paint) -> Option<(u16, u16)> {
    let find = editor.find.as_ref().filter(|_| area.height > 0)?;
    let mut pen = paint.pen(area);
    pen.put(" find: ", Role::FooterKey);
    let words = match (find.count, find.at) {
        _ if find.input.is_empty() => String::new(),
        (0, _) => String::from("nothing found"),
        (count, Some(at)) => format!("{at} of {count}"),
        (count, None) => format!("{count} found"),
    };
    pen.right(&format!("{words} "), if find.count == 0 { Role::Warning } else { Role::Muted });
    pen.over(Role::Input);
    let (text, column) = find.input.window(pen.left().saturating_sub(1));
    let x = pen.x();
    let space = pen.left();
    pen.put(text, Role::Input);
    Some((x + u16::try_from(column.min(space.saturating_sub(1))).unwrap_or(0), area.y))
}

fn cursor_position(editor: &Editor, area: Rect) -> Option<(u16, u16)> {
    let (row, _) = editor.document.cursor();
    let x = editor.document.cursor_cell().checked_sub(editor.left)?;
    let y = row.checked_sub(editor.top)?;
    let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
    (x < area.width && y < area.height).then_some((area.x + x, area.y + y))
}
