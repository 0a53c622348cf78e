//! Lines of text beside each other.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::theme::Role;

/// One line: pieces from the left.
pub(super) type Line = Vec<Piece>;

/// Puts columns of equal width beside each other, with a line between them.
pub(super) fn beside(columns: &[Vec<Line>], width: usize, ascii: bool) -> Vec<FormLine> {
    let (separator, ellipsis) = if ascii { ("|", "~") } else { ("│", "…") };
    let count = columns.len().max(1);
    let gaps = (count - 1) * (separator.width() + 2);
    let cells = width.saturating_sub(gaps) / count;
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    let empty = Line::new();
    let line = |row: usize| {
        let mut pieces = Line::new();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                pieces.push((format!(" {separator} "), Role::Border));
            }
            pieces.extend(fitted(column.get(row).unwrap_or(&empty), cells, ellipsis));
        }
        FormLine::Raw(pieces)
    };
    (0..height).map(line).collect()
}

/// The line with exactly this width. A line that is too long ends with an ellipsis.
fn fitted(line: &Line, cells: usize, ellipsis: &str) -> Line {
    let is_cut = line.iter().map(|(text, _)| text.width()).sum::<usize>() > cells;
    let space = if is_cut { cells.saturating_sub(ellipsis.width()) } else { cells };
    let mut used = 0;
    let mut fitted = Line::new();
    'pieces: for (text, role) in line {
        let mut cut = String::new();
        for letter in text.chars() {
            let width = UnicodeWidthChar::width(letter).unwrap_or_default();
            if used + width > space {
                fitted.push((cut, *role));
                break 'pieces;
            }
            used += width;
            cut.push(letter);
        }
        fitted.push((cut, *role));
    }
    if is_cut && cells > 0 {
        fitted.push((ellipsis.to_owned(), Role::Muted));
        used += ellipsis.width();
    }
    fitted.push((" ".repeat(cells.saturating_sub(used)), Role::Text));
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_same_width_and_the_longest_decides_the_height() {
        let column = |lines: &[&str]| lines.iter().map(|text| vec![((*text).to_owned(), Role::Text)]).collect();
        let columns: [Vec<Line>; 2] = [column(&["one", "a long line"]), column(&["색인 추가", "b", "c"])];
        let text: Vec<String> = beside(&columns, 19, true)
            .into_iter()
            .map(|line| match line {
                FormLine::Raw(pieces) => pieces.into_iter().map(|(text, _)| text).collect(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(text, ["one      | 색인 추~", "a long ~ | b       ", "         | c       "]);
        assert!(text.iter().all(|line| line.width() == 19));
    }
}
