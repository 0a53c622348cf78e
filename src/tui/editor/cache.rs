//! The tokens of a text that changes: after an edit only the lines are read again that can differ, and of those only
//! as many as are seen.

use std::collections::BTreeMap;

use super::highlight::{Highlighted, LineState, Tokens};

/// The most lines that one call reads, so that a leap over a very long text does not hold a frame up: the rest is read
/// by the calls that follow.
const AT_ONCE: usize = 4000;

/// The lines of a text with their tokens and what the grammar knew behind each.
#[derive(Debug, Clone, Default)]
pub struct LineCache {
    lines: Vec<CachedLine>,
    /// The lines that do not stand on the one before as it is now, with what the grammar knew before them when they were
    /// read; `None` where they never were. Every line above the first of them is right.
    seams: BTreeMap<usize, Option<LineState>>,
}

#[derive(Debug, Clone)]
struct CachedLine {
    text: Box<str>,
    tokens: Tokens,
    /// `None`: never read.
    after: Option<LineState>,
}

impl LineCache {
    /// Takes the text's lines as they are now, reads them all, and returns how many had to be read: those that
    /// changed, and those behind them until the grammar knows there what it knew before.
    pub fn update<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> usize {
        self.replace(lines);
        self.read(usize::MAX, usize::MAX)
    }

    /// Takes the text's lines as they are now, and reads those above line `end` that may have changed.
    pub fn update_above<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>, end: usize) -> usize {
        self.replace(lines);
        self.read(end, AT_ONCE)
    }

    /// Every line's tokens.
    #[must_use]
    pub fn highlighted(&self) -> Highlighted {
        Highlighted { lines: self.lines.iter().map(|line| line.tokens.clone()).collect() }
    }

    /// The tokens of one line, counted from 0.
    #[must_use]
    pub fn tokens(&self, line: usize) -> &Tokens {
        const NONE: &Tokens = &Tokens::new();
        self.lines.get(line).map_or(NONE, |line| &line.tokens)
    }

    /// Puts the lines that differ in the place of those that were there.
    fn replace<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        let new: Vec<&str> = lines.into_iter().collect();
        let same = |(old, new): &(&CachedLine, &&str)| *old.text == ***new;
        let before = self.lines.iter().zip(&new).take_while(same).count();
        let longest = self.lines.len().min(new.len()) - before;
        let behind = self.lines.iter().rev().zip(new.iter().rev()).take(longest).take_while(same).count();
        let (old_end, new_end) = (self.lines.len() - behind, new.len() - behind);
        if before == old_end && before == new_end {
            return;
        }
        let known_behind = self.known_before(old_end);
        let moved: Vec<_> = self.seams.split_off(&before).into_iter().filter(|(line, _)| *line > old_end).collect();
        self.seams.extend(moved.into_iter().map(|(line, known)| (line - old_end + new_end, known)));
        let unread = new.get(before..new_end).unwrap_or_default();
        let unread = unread.iter().map(|text| CachedLine { text: (*text).into(), tokens: Vec::new(), after: None });
        self.lines.splice(before..old_end, unread);
        self.seams.extend((before..new_end).take(1).map(|line| (line, None)));
        if new_end < self.lines.len() {
            self.seams.insert(new_end, known_behind);
        }
    }

    /// What the grammar knew before a line when that was read.
    fn known_before(&self, line: usize) -> Option<LineState> {
        match self.seams.get(&line) {
            Some(known) => known.clone(),
            None => self.state_before(line),
        }
    }

    /// What the grammar knows before a line, where the lines above are right.
    fn state_before(&self, line: usize) -> Option<LineState> {
        match line.checked_sub(1) {
            None => LineState::initial(),
            Some(above) => self.lines.get(above)?.after.clone(),
        }
    }

    /// Closes the seams above line `end`, at most so many lines; gives the number of lines that were read.
    fn read(&mut self, end: usize, most: usize) -> usize {
        let mut count = 0;
        while let Some((&line, known)) = self.seams.first_key_value().filter(|(line, _)| **line < end)
            && count < most
        {
            let known = known.clone();
            self.seams.remove(&line);
            let Some(mut state) = self.state_before(line) else { return count };
            if known.as_ref() == Some(&state) {
                continue;
            }
            let below = self.known_before(line + 1);
            let Some(entry) = self.lines.get_mut(line) else { continue };
            entry.tokens = state.read(&entry.text);
            let same = below.as_ref() == Some(&state);
            entry.after = Some(state);
            count += 1;
            if !same && line + 1 < self.lines.len() {
                self.seams.insert(line + 1, below);
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::editor::highlight;

    /// A script of 2,000 lines with functions, strings and comments in it.
    fn script() -> Vec<String> {
        (0..400)
            .flat_map(|n| {
                [
                    format!("CREATE FUNCTION f{n}() RETURNS int LANGUAGE plpgsql AS $body$"),
                    "BEGIN -- it's".to_owned(),
                    format!("  RETURN {n} /* of many */;"),
                    "END $body$;".to_owned(),
                    format!("COMMENT ON FUNCTION f{n}() IS 'one''s own';"),
                ]
            })
            .collect()
    }

    fn update(cache: &mut LineCache, lines: &[String]) -> usize {
        let count = cache.update(lines.iter().map(String::as_str));
        assert_eq!(cache.highlighted(), highlight(&lines.join("\n")), "the cache tells what reading anew tells");
        count
    }

    #[test]
    fn a_keystroke_reads_its_own_line() {
        let mut lines = script();
        let mut cache = LineCache::default();
        assert_eq!(update(&mut cache, &lines), 2000);
        assert_eq!(update(&mut cache, &lines), 0);
        lines[1002].push('x');
        assert_eq!(update(&mut cache, &lines), 1);
        lines.insert(500, "SELECT 1;".to_owned());
        assert_eq!(update(&mut cache, &lines), 1);
        lines.remove(4);
        assert_eq!(update(&mut cache, &lines), 0);
    }

    #[test]
    fn a_body_is_read_again_only_when_its_tag_changes() {
        let mut lines = vec!["SELECT $a$ $b$ $a$ $b$".to_owned()];
        lines.extend((0..100).map(|n| format!("line {n} $c$ it's $c$")));
        lines.push("$b$;".to_owned());
        let mut cache = LineCache::default();
        update(&mut cache, &lines);
        lines[0] = "SELECT  $a$ $b$ $a$ $b$".to_owned();
        assert_eq!(update(&mut cache, &lines), 1);
        lines[0] = "SELECT  $a$ $b$ $a$ $c$".to_owned();
        assert!(update(&mut cache, &lines) > 100, "another tag is open");
    }

    #[test]
    fn opening_a_comment_reads_to_where_it_ends_and_closing_it_again() {
        let mut lines = script();
        let mut cache = LineCache::default();
        update(&mut cache, &lines);
        lines[4] = "/* open".to_owned();
        let opened = update(&mut cache, &lines);
        assert!(opened > 1000, "{opened}: nothing closes it, but comments of one line close themselves");
        lines[4] = "/* closed */".to_owned();
        assert_eq!(update(&mut cache, &lines), opened);
    }

    #[test]
    fn lines_that_repeat_and_texts_that_vanish() {
        let mut cache = LineCache::default();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        update(&mut cache, &lines("a\na\na"));
        assert_eq!(update(&mut cache, &lines("a\na\na\na")), 1);
        assert_eq!(update(&mut cache, &lines("a")), 0);
        update(&mut cache, &[]);
        update(&mut cache, &lines("'\na\n'"));
        assert!(cache.tokens(9).is_empty());
    }

    #[test]
    fn only_what_is_seen_is_read_and_the_rest_when_it_comes_into_sight() {
        let mut lines = script();
        let mut cache = LineCache::default();
        let above = |cache: &mut LineCache, lines: &[String], end| {
            let count = cache.update_above(lines.iter().map(String::as_str), end);
            let right = highlight(&lines.join("\n"));
            for line in 0..end.min(lines.len()) {
                assert_eq!(cache.tokens(line), &right.lines[line], "line {line}");
            }
            count
        };
        assert_eq!(above(&mut cache, &lines, 40), 40);
        lines[3].push('\'');
        assert_eq!(above(&mut cache, &lines, 40), 37, "what is open runs on, but not out of sight");
        lines[1].push(' ');
        assert_eq!(above(&mut cache, &lines, 40), 1);
        lines[3].pop();
        assert_eq!(above(&mut cache, &lines, 40), 37);
        assert_eq!(above(&mut cache, &lines, 60), 20);
        lines.drain(2..5);
        lines.insert(30, "/* open".to_owned());
        above(&mut cache, &lines, 1000);
        lines.remove(30);
        above(&mut cache, &lines, 20);
        above(&mut cache, &lines, 2000);
        assert_eq!(update(&mut cache, &lines), 0);
    }
}
