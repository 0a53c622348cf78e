//! How a window follows the selected line.

/// The number of lines kept between the selected line and the edge of the window.
#[must_use]
pub const fn margin(height: usize) -> usize {
    if height >= 12 {
        3
    } else if height >= 5 {
        1
    } else {
        0
    }
}

/// The first visible line, so that `line` is inside a window of `height` lines over `count` lines.
#[must_use]
pub fn follow(top: usize, line: usize, height: usize, count: usize) -> usize {
    let margin = margin(height);
    let highest = line.saturating_sub(margin);
    let lowest = (line + margin + 1).saturating_sub(height);
    top.min(highest).max(lowest.min(line)).min(count.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_always_inside() {
        for height in 1..20 {
            for count in 1..40 {
                for line in 0..count {
                    for top in 0..count {
                        let top = follow(top, line, height, count);
                        assert!(top <= line && line < top + height, "{top} {line} {height} {count}");
                        assert!(top == 0 || top + height <= count);
                    }
                }
            }
        }
    }
}
