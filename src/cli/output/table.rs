//! Text in columns.

/// Lines whose cells are aligned, two blanks apart.
#[must_use]
pub fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..COLUMNS).map(|column| width(column).unwrap_or_default()).collect();
    let padded = |line: &[String; COLUMNS]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let lines = [["A", "NAME", "X"], ["10", "ü", ""], ["1", "long name", "y"]].map(|line| line.map(str::to_owned));
        assert_eq!(aligned(&lines), ["A   NAME       X", "10  ü", "1   long name  y"]);
        assert!(aligned::<2>(&[]).is_empty());
    }
}
