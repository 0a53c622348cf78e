//! The tokens of a text that changes. After an edit, only lines that may have changed are highlighted again, and only
//! if they are visible.

use std::collections::BTreeMap;

use super::highlight::{Highlighted, LineState, Tokens};
use crate::core::script::Language;

/// The maximum number of lines that one call highlights, so that a jump in a very long text does not delay the frame.
/// Later calls highlight the rest.
const AT_ONCE: usize = 4000;

/// The lines of a text with their tokens and the parser state after each.
#[derive(Debug, Clone, Default)]
pub struct LineCache {
    language: Language,
    lines: Vec<CachedLine>,
    /// The lines whose input state may have changed, with the parser state before them when they were last highlighted;
    /// `None` if they never were. All lines above the first of them are up to date.
    outdated_lines: BTreeMap<usize, Option<LineState>>,
}

#[derive(Debug, Clone)]
struct CachedLine {
    text: Box<str>,
    tokens: Tokens,
    /// `None`: not highlighted yet.
    after: Option<LineState>,
}

impl LineCache {
    /// An empty text in a language.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    /// Takes the current lines and highlights all of them. Returns the number of lines that were highlighted: the
    /// changed ones, and those after them until the parser state is the same as before.
    pub fn update<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> usize {
        self.replace(lines);
        self.read(usize::MAX, usize::MAX)
    }

    /// Takes the current lines and highlights those above line `end` that may have changed.
    pub fn update_above<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>, end: usize) -> usize {
        self.replace(lines);
        self.read(end, AT_ONCE)
    }

    /// The tokens of every line.
    #[must_use]
    pub fn highlighted(&self) -> Highlighted {
        Highlighted { lines: self.lines.iter().map(|line| line.tokens.clone()).collect() }
    }

    /// The tokens of a 0-based line.
    #[must_use]
    pub fn tokens(&self, line: usize) -> &Tokens {
        const NONE: &Tokens = &Tokens::new();
        self.lines.get(line).map_or(NONE, |line| &line.tokens)
    }

    /// Replaces the lines that differ.
    fn replace<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        let new: Vec<&str> = lines.into_iter().collect();
        let same = |(old, new): &(&CachedLine, &&str)| *old.text == ***new;
        let before = self.lines.iter().zip(&new).take_while(same).count();
        let longest = self.lines.len().min(new.len()) - before;
        let same_at_end = self.lines.iter().rev().zip(new.iter().rev()).take(longest).take_while(same).count();
        let (old_end, new_end) = (self.lines.len() - same_at_end, new.len() - same_at_end);
        if before == old_end && before == new_end {
            return;
        }
        let known_after = self.known_before(old_end);
        let moved: Vec<_> =
            self.outdated_lines.split_off(&before).into_iter().filter(|(line, _)| *line > old_end).collect();
        self.outdated_lines.extend(moved.into_iter().map(|(line, known)| (line - old_end + new_end, known)));
        let unread = new.get(before..new_end).unwrap_or_default();
        let unread = unread.iter().map(|text| CachedLine { text: (*text).into(), tokens: Vec::new(), after: None });
        self.lines.splice(before..old_end, unread);
        self.outdated_lines.extend((before..new_end).take(1).map(|line| (line, None)));
        if new_end < self.lines.len() {
            self.outdated_lines.insert(new_end, known_after);
        }
    }

    /// The parser state before a line when it was last highlighted.
    fn known_before(&self, line: usize) -> Option<LineState> {
        match self.outdated_lines.get(&line) {
            Some(known) => known.clone(),
            None => self.state_before(line),
        }
    }

    /// The parser state before a line, if the lines above are up to date.
    fn state_before(&self, line: usize) -> Option<LineState> {
        match line.checked_sub(1) {
            None => LineState::initial(self.language),
            Some(above) => self.lines.get(above)?.after.clone(),
        }
    }

    /// Highlights outdated lines above line `end`, at most `most`. Returns the number of lines.
    fn read(&mut self, end: usize, most: usize) -> usize {
        let mut count = 0;
        while let Some((&line, known)) = self.outdated_lines.first_key_value().filter(|(line, _)| **line < end)
            && count < most
        {
            let known = known.clone();
            self.outdated_lines.remove(&line);
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
                self.outdated_lines.insert(line + 1, below);
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
        assert_eq!(
            cache.highlighted(),
            highlight(Language::Sql, &lines.join("\n")),
            "the cache has the same tokens as a new highlighting"
        );
        count
    }

    #[test]
    fn a_keystroke_highlights_only_its_line() {
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
    fn a_function_body_is_highlighted_again_only_if_its_tag_changes() {
        let mut lines = vec!["SELECT $a$ $b$ $a$ $b$".to_owned()];
        lines.extend((0..100).map(|n| format!("line {n} $c$ it's $c$")));
        lines.push("$b$;".to_owned());
        let mut cache = LineCache::default();
        update(&mut cache, &lines);
        lines[0] = "SELECT  $a$ $b$ $a$ $b$".to_owned();
        assert_eq!(update(&mut cache, &lines), 1);
        lines[0] = "SELECT  $a$ $b$ $a$ $c$".to_owned();
        assert!(update(&mut cache, &lines) > 100, "the other tag is open");
    }

    #[test]
    fn opening_a_comment_highlights_up_to_its_end() {
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
    fn repeated_lines_and_empty_texts() {
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
    fn only_visible_lines_are_highlighted() {
        let mut lines = script();
        let mut cache = LineCache::default();
        let above = |cache: &mut LineCache, lines: &[String], end| {
            let count = cache.update_above(lines.iter().map(String::as_str), end);
            let right = highlight(Language::Sql, &lines.join("\n"));
            for line in 0..end.min(lines.len()) {
                assert_eq!(cache.tokens(line), &right.lines[line], "line {line}");
            }
            count
        };
        assert_eq!(above(&mut cache, &lines, 40), 40);
        lines[3].push('\'');
        assert_eq!(above(&mut cache, &lines, 40), 37, "the open quote continues, but only in the visible lines");
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
