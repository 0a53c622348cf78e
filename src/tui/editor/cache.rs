//! The tokens of a text that changes: after an edit, only the lines whose reading can differ are read again.

use super::highlight::{LineState, Tokens};
use crate::tui::app::Highlighted;

/// The lines of a text with their tokens and what the grammar knew behind each.
#[derive(Debug, Clone, Default)]
pub struct LineCache {
    lines: Vec<CachedLine>,
}

#[derive(Debug, Clone)]
struct CachedLine {
    text: Box<str>,
    tokens: Tokens,
    after: LineState,
}

impl CachedLine {
    fn read(text: &str, state: &mut LineState) -> Self {
        let tokens = state.read(text);
        Self { text: text.into(), tokens, after: state.clone() }
    }
}

impl LineCache {
    /// Takes the text's lines as they are now and returns how many of them had to be read: those that
    /// changed, and those behind them until the grammar knows there what it knew before.
    pub fn update<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> usize {
        let Some(initial) = LineState::initial() else {
            return 0;
        };
        let new: Vec<&str> = lines.into_iter().collect();
        let same = |(old, new): &(&CachedLine, &&str)| *old.text == ***new;
        let before = self.lines.iter().zip(&new).take_while(same).count();
        let longest = self.lines.len().min(new.len()) - before;
        let behind = self.lines.iter().rev().zip(new.iter().rev()).take(longest).take_while(same).count();

        let known_behind = self.state_before(self.lines.len() - behind, &initial);
        let mut state = self.state_before(before, &initial);
        let changed = new.get(before..new.len() - behind).unwrap_or_default();
        let read: Vec<CachedLine> = changed.iter().map(|line| CachedLine::read(line, &mut state)).collect();
        self.lines.splice(before..self.lines.len() - behind, read);
        changed.len() + self.read_until_known(new.len() - behind, state, known_behind)
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

    fn state_before(&self, index: usize, initial: &LineState) -> LineState {
        index.checked_sub(1).and_then(|index| self.lines.get(index)).map_or(initial, |line| &line.after).clone()
    }

    /// Reads on from a line while the state before it is not the one it was read with.
    fn read_until_known(&mut self, from: usize, mut state: LineState, mut known: LineState) -> usize {
        let mut count = 0;
        for line in self.lines.iter_mut().skip(from) {
            if state == known {
                break;
            }
            let read = CachedLine::read(&line.text, &mut state);
            known = std::mem::replace(line, read).after;
            count += 1;
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
}
