//! The first words of PostgreSQL's commands.

use super::words::leading_words;

/// The first words of the commands of PostgreSQL 13 to 19, in alphabetical order.
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

/// If no command starts with the first word of a statement: this word, and the most similar command if there is one.
#[must_use]
pub fn unknown_command(statement: &str) -> Option<(String, Option<&'static str>)> {
    let first = leading_words(statement).into_iter().next()?;
    if COMMANDS.contains(&first.as_str()) {
        return None;
    }
    let distance = |command: &&'static str| strsim::osa_distance(command, &first);
    let nearest = COMMANDS.into_iter().min_by_key(distance).filter(|command| distance(command) <= 2);
    Some((first, nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_returned_with_the_most_similar_one() {
        for (statement, expected) in [
            ("selct 1", Some(("selct", Some("select")))),
            ("ALTRE TABLE t ADD a int", Some(("altre", Some("alter")))),
            ("nonsense", Some(("nonsense", None))),
            ("Select 1", None),
            ("/* a */ WITH a AS (SELECT 1) SELECT * FROM a", None),
            ("(SELECT 1) UNION (SELECT 2)", None),
            ("", None),
        ] {
            let expected = expected.map(|(word, similar)| (word.to_owned(), similar));
            assert_eq!(unknown_command(statement), expected, "{statement}");
        }
    }
}
