//! A source file, and its code without comments, strings and tests.

/// A source file as the rules see it.
pub struct Source {
    /// The path in the repository, e.g. `src/core/graph/mod.rs`.
    pub path: String,
    /// The unchanged text.
    pub text: String,
    /// The text with comments, strings and test modules replaced by blanks. Line numbers are the same.
    pub code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&blank(text));
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// The layer of the file (`core`, `engine`, `cli`, `tui`); `None` for a file directly in `src`.
    pub fn layer(&self) -> Option<&str> {
        let (layer, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(layer)
    }

    /// Whether the file is in one of these folders.
    pub fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    /// The 1-based lines that contain a word in the code. The end of a longer word does not count.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let whole = word.starts_with(is_word);
        let found = |line: &str| {
            line.match_indices(word)
                .any(|(at, _)| !whole || !line.get(..at).and_then(|before| before.chars().last()).is_some_and(is_word))
        };
        let lines = self.code.lines().enumerate();
        lines.filter(|(_, line)| found(line)).map(|(number, _)| number + 1).collect()
    }
}

/// Replaces comments and strings with blanks.
fn blank(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = opaque(&characters[at..], characters[..at].last().copied());
        if length == 0 {
            code.push(characters[at]);
            at += 1;
        } else {
            code.extend(characters[at..at + length].iter().map(|&c| if c == '\n' { c } else { ' ' }));
            at += length;
        }
    }
    code
}

/// The length of the comment, string or character literal that starts here; 0 if none does.
fn opaque(rest: &[char], before: Option<char>) -> usize {
    let starts = |prefix: &str| prefix.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if starts("//") {
        return rest.iter().position(|&c| c == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        return block_comment(rest);
    }
    if !in_word {
        let prefix = ["br", "cr", "r"].into_iter().find(|prefix| starts(prefix)).map_or(0, str::len);
        if prefix > 0 {
            return raw_string(rest, prefix);
        }
    }
    match rest[0] {
        '"' => quoted(rest, '"'),
        // A lifetime ('a) is not a character literal ('a', '\n').
        '\'' if rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'') => quoted(rest, '\''),
        _ => 0,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match (rest[at], rest.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn raw_string(rest: &[char], prefix: usize) -> usize {
    let hashes = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let begin = prefix + hashes;
    if rest.get(begin) != Some(&'"') {
        return 0;
    }
    let closes = |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (begin + 1..rest.len()).find(|&at| closes(at)).map_or(rest.len(), |at| at + 1 + hashes)
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Replaces `#[cfg(test)] mod … { … }` with blanks: the rules do not apply to tests.
fn without_tests(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::with_capacity(code.len());
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let end = at + item_length(&rest[at..]);
        kept.extend(rest[at..end].chars().map(|c| if c == '\n' { c } else { ' ' }));
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

/// The length of an item up to its closing brace, or up to a semicolon before any brace.
fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

#[test]
fn comments_strings_and_tests_are_ignored() {
    let text = concat!(
        "//! println! in a comment\n",
        "fn a<'a>(x: &'a str) { let _ = (\"println!\", '\"', r#\"a \" println!\"#, b\"\\\"println!\"); }\n",
        "/* outer /* println! */ println! */ fn b() { other_println!(); println!(\"x\"); }\n",
        "#[cfg(test)]\nmod tests { fn c() { println!(); } }\n",
        "#[cfg(test)]\nuse println;\nfn d() { println!() }\n",
    );
    assert_eq!(Source::new("src/a.rs", text).lines_with("println!"), [3, 8]);
    assert_eq!(Source::new("src/a.rs", text).lines_with("fn "), [2, 3, 8]);
}

#[test]
fn the_layer_of_a_file_is_its_top_folder() {
    let at = |path| Source::new(path, "");
    assert_eq!(at("src/core/graph/mod.rs").layer(), Some("core"));
    assert_eq!(at("src/main.rs").layer(), None);
    assert!(at("src/tui/app/mod.rs").is_in(&["src/tui/app"]));
    assert!(!at("src/tui/apply.rs").is_in(&["src/tui/app"]));
}
