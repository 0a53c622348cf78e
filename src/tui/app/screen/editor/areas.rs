//! The layout of the editor: text, messages, the search line, and the panel.

use ratatui::layout::Rect;

use super::Editor;
use super::panel;
use crate::tui::app::form::wrap;
use crate::tui::app::layout::{WIDE, inner};
use crate::tui::app::model::Model;
use crate::tui::editor::Fault;

/// The maximum number of message lines.
const MESSAGES: u16 = 3;

/// The parts of the editor. Invisible parts are empty. Panes share their borders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditorAreas {
    /// The pane of the text, with its borders.
    pub frame: Rect,
    /// Line numbers and marks.
    pub gutter: Rect,
    pub text: Rect,
    /// Faults and warnings.
    pub messages: Rect,
    /// The search line.
    pub find: Rect,
    /// Proof, operations and hazards, with their borders.
    pub panel: Vec<Rect>,
}

/// Whether the panel is visible: on a wide screen, or if the user has opened it.
#[must_use]
pub fn shows_panel(model: &Model, editor: &Editor) -> bool {
    editor.panel_shown.unwrap_or(model.width >= WIDE)
}

/// The layout of the editor in its area.
#[must_use]
pub fn of(model: &Model, editor: &Editor, whole: Rect) -> EditorAreas {
    let mut areas = EditorAreas { frame: whole, ..EditorAreas::default() };
    if whole.height < 3 || whole.width < 10 {
        return areas;
    }
    if shows_panel(model, editor) {
        if whole.width >= WIDE {
            add_panel_at_right(model, editor, whole, &mut areas);
        } else if whole.height >= 7 {
            add_panel_below(whole, &mut areas);
        }
    }
    let mut inside = inner(areas.frame);
    if editor.find.is_some() && inside.height > 1 {
        inside.height -= 1;
        areas.find = Rect { y: inside.bottom(), height: 1, ..inside };
    }
    let wanted = u16::try_from(messages(model, editor).len()).unwrap_or(MESSAGES).min(MESSAGES).min(inside.height / 3);
    inside.height -= wanted;
    areas.messages = Rect { y: inside.bottom(), height: wanted, ..inside };
    let digits = editor.document.lines().len().to_string().len().max(3);
    let gutter = u16::try_from(digits + 2).unwrap_or(5).min(inside.width);
    areas.gutter = Rect { width: gutter, ..inside };
    areas.text = Rect { x: inside.x + gutter, width: inside.width - gutter, ..inside };
    areas
}

/// Three blocks in a column on the right. Their heights depend on their contents.
fn add_panel_at_right(model: &Model, editor: &Editor, whole: Rect, areas: &mut EditorAreas) {
    let width = (whole.width / 3).clamp(44, 60);
    let x = whole.right() - width;
    areas.frame.width = whole.width - width + 1;
    let cells = usize::from(width).saturating_sub(4);
    let height = |lines: &[panel::PanelLine]| {
        let count: usize = lines.iter().map(|line| wrap(line, cells, 2).len()).sum();
        u16::try_from(count).unwrap_or(u16::MAX)
    };
    let most = usize::from(whole.height);
    // Borders are shared: three blocks have four border lines.
    let space = whole.height.saturating_sub(4);
    let proof = height(&panel::proof_lines(model, editor)).clamp(1, (space / 3).max(1));
    let hazards =
        height(&panel::hazard_lines(model, editor, most).0).clamp(1, (space.saturating_sub(proof) / 2).max(1));
    let operations = height(&panel::operation_lines(model, editor, most).0);
    let operations = operations.clamp(1, space.saturating_sub(proof + hazards).max(1));
    let mut y = whole.y;
    for (block, height) in [proof, operations, hazards].into_iter().enumerate() {
        let bottom = if block == 2 { whole.bottom() } else { (y + height + 2).min(whole.bottom()) };
        areas.panel.push(Rect { x, y, width, height: bottom - y });
        y = bottom - 1;
    }
}

/// One block below the text.
fn add_panel_below(whole: Rect, areas: &mut EditorAreas) {
    let height = (whole.height / 2).clamp(4, 12);
    areas.frame.height = whole.height - height + 1;
    areas.panel.push(Rect { y: whole.bottom() - height, height, ..whole });
}

/// The faults, hazards and warnings, one line each, and whether it is a fault. Those of the cursor's line come first.
#[must_use]
pub fn messages(model: &Model, editor: &Editor) -> Vec<(String, bool)> {
    let (row, _) = editor.document.cursor();
    let mut faults: Vec<&Fault> = editor.faults.iter().collect();
    faults.sort_by_key(|fault| (fault.line != row + 1, fault.line));
    let mut lines: Vec<(String, bool)> = faults
        .into_iter()
        .map(|fault| {
            let hint = fault.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
            (format!("line {}: {}{hint}", fault.line, fault.message), true)
        })
        .collect();
    if !shows_panel(model, editor) {
        let here = editor.panel.hazards.iter().filter(|found| found.line == row + 1);
        lines.extend(here.map(|found| {
            let hazard = &found.hazard;
            let because = hazard.allowed.as_ref().map_or_else(String::new, |reason| format!(" (because {reason})"));
            (format!("{} {}: {} {}{because}", hazard.class.word(), hazard.code, hazard.title, hazard.object), false)
        }));
    }
    lines.extend(panel::warnings(model, editor).into_iter().map(|warning| (warning, false)));
    lines
}
