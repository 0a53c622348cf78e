//! Finds the statement that defines an object in DDL.

use super::{Action, Name, Statement, analyse_section};

/// The 1-based line on which a text creates an object. `name` is the object, or the relation that it belongs to; `part` is
/// a column or another part of that relation. Falls back to the first statement that mentions the names.
#[must_use]
pub fn find_definition(text: &str, name: &str, part: Option<&str>) -> Option<usize> {
    let statements = analyse_section(text).ok()?;
    let mentions = |statement: &&Statement| {
        let has = |word: &str| statement.words().contains(word);
        has(name) && part.is_none_or(has)
    };
    let of_part = part.and_then(|part| find_creation(&statements, part));
    let of_name = find_creation(&statements, name);
    // An index or a trigger has a statement of its own, which names its relation.
    if let Some(statement) = of_part.filter(|statement| statement.words().contains(name)) {
        return Some(statement.source.line);
    }
    match (of_name, part) {
        (Some(statement), None) => Some(statement.source.line),
        (Some(statement), Some(part)) if statement.words().contains(part) => Some(line_of_part(statement, part)),
        _ => statements.iter().find(mentions).or(of_name).map(|statement| statement.source.line),
    }
}

fn find_creation<'a>(statements: &'a [Statement], name: &str) -> Option<&'a Statement> {
    statements.iter().find(|statement| created(statement).is_some_and(|created| created.name == name))
}

fn created(statement: &Statement) -> Option<&Name> {
    match statement.own_action()? {
        Action::CreateTable(create) => Some(&create.name),
        Action::CreateRelation(create) => Some(&create.name),
        Action::CreateType(create) => Some(&create.name),
        Action::CreateRoutine(create) => Some(&create.name),
        Action::CreateIndex(create) => create.name.as_ref(),
        _ => None,
    }
}

/// The line of the statement that starts with the name of the part; otherwise its first line.
fn line_of_part(statement: &Statement, part: &str) -> usize {
    let starts = |line: &str| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '(');
        let rest = line.strip_prefix("CONSTRAINT ").or_else(|| line.strip_prefix("constraint ")).unwrap_or(line);
        let rest = rest.trim_start().trim_start_matches('"');
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        rest.get(..end).is_some_and(|word| word == part || word.to_lowercase() == part)
    };
    let offset = statement.sql().lines().position(starts).unwrap_or(0);
    statement.source.line + offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_by_name_and_part() {
        let text = "-- users\nCREATE TABLE public.users (\n    id bigint PRIMARY KEY,\n    \"Email\" text,\n    \
                    CONSTRAINT positive CHECK (id > 0)\n);\nCREATE INDEX users_email ON users (\"Email\");\n\n\
                    CREATE VIEW v AS SELECT id FROM users;\nCREATE TYPE mood AS ENUM ('a');\n\
                    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCOMMENT ON TABLE other IS 'x';\n";
        for (name, part, expected) in [
            ("users", None, Some(2)),
            ("users", Some("id"), Some(3)),
            ("users", Some("Email"), Some(4)),
            ("users", Some("positive"), Some(5)),
            ("users", Some("users_email"), Some(7)),
            ("users", Some("missing"), Some(2)),
            ("v", None, Some(9)),
            ("mood", None, Some(10)),
            ("f", None, Some(11)),
            ("other", None, Some(12)),
            ("nothing", None, None),
        ] {
            assert_eq!(find_definition(text, name, part), expected, "{name} {part:?}");
        }
    }
}
