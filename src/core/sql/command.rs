//! The words that PostgreSQL's commands begin with.

use super::words::leading_words;

/// In the order of the alphabet; those of PostgreSQL 13 to 19.
const COMMANDS: [&str; 55] = [
    "abort",
    "alter",
    "analyse",
    "analyze",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "import",
    "insert",
    "listen",
    "load",
    "lock",
    "merge",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "repack",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "show",
    "start",
    "table",
    "truncate",
    "unlisten",
    "update",
    "vacuum",
    "values",
    "wait",
    "with",
];

/// The first word of a statement where no command begins with it, and the command that is most like it.
#[must_use]
pub fn unknown_command(statement: &str) -> Option<(String, Option<&'static str>)> {
    let first = leading_words(statement).into_iter().next()?;
    if COMMANDS.contains(&first.as_str()) {
        return None;
    }
    let likeness = |command: &&'static str| strsim::osa_distance(command, &first);
    let nearest = COMMANDS.into_iter().min_by_key(likeness).filter(|command| likeness(command) <= 2);
    Some((first, nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_begins_nothing_is_told_with_what_is_like_it() {
        for (statement, expected) in [
            ("selct 1", Some(("selct", Some("select")))),
            ("ALTRE TABLE t ADD a int", Some(("altre", Some("alter")))),
            ("nonsense", Some(("nonsense", None))),
            ("Select 1", None),
            ("/* a */ WITH a AS (SELECT 1) SELECT * FROM a", None),
            ("(SELECT 1) UNION (SELECT 2)", None),
            ("", None),
        ] {
            let expected = expected.map(|(word, like)| (word.to_owned(), like));
            assert_eq!(unknown_command(statement), expected, "{statement}");
        }
    }
}
