//! The lines of a list: its entries with their details, wrapped to a width.

use super::List;
use crate::tui::app::form::{FormLine, Piece, wrap};

/// The indent of details in cells.
pub const INDENT: usize = 4;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListLine {
    Entry(usize),
    /// A detail of an entry, or a note if there is no entry.
    Detail(Option<usize>, Vec<Piece>),
}

/// An entry as it is shown. If it is too long, the left half is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListEntry {
    pub left: Vec<Piece>,
    pub right: Vec<Piece>,
}

/// The lines of a list for a width in cells.
pub(super) fn lines(list: &dyn List, width: usize) -> Vec<ListLine> {
    let mut lines = Vec::new();
    let space = width.saturating_sub(INDENT + 2);
    let mut add = |entry: Option<usize>, details: Vec<FormLine>| {
        for detail in details {
            match detail {
                FormLine::Text(pieces, indent) => {
                    lines
                        .extend(wrap(&pieces, space, indent).into_iter().map(|pieces| ListLine::Detail(entry, pieces)));
                }
                FormLine::Raw(pieces) => lines.push(ListLine::Detail(entry, pieces)),
                FormLine::Entry { index, .. } => lines.push(ListLine::Entry(index)),
                FormLine::Field { .. } => {}
            }
        }
    };
    add(None, list.notes_for(space));
    for index in 0..list.count() {
        add(None, list.heading(index));
        add(Some(index), vec![FormLine::Entry { pieces: Vec::new(), selected: false, index }]);
        add(Some(index), list.details(index));
    }
    add(None, list.end_notes_for(space));
    lines
}
