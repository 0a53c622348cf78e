//! Reads the statements that a rewrite rule runs in addition to another statement, or instead of it.

use squawk_syntax::ast::{AstNode, CreateRule, RuleStmt, Stmt};

use crate::core::statement::parse::parse;

/// The statements of a `CREATE RULE`; `None` if it cannot be parsed.
#[must_use]
pub fn rule_actions(definition: &str) -> Option<Vec<String>> {
    let parsed = parse(definition).filter(|parsed| parsed.complete)?;
    let Stmt::CreateRule(rule) = parsed.statement else { return None };
    Some(actions(&rule))
}

fn actions(rule: &CreateRule) -> Vec<String> {
    let Some(run) = rule.rule_do() else { return Vec::new() };
    let mut found = Vec::new();
    let mut waiting: Vec<_> = run.syntax().children().collect();
    while let Some(node) = waiting.pop() {
        match RuleStmt::cast(node.clone()) {
            Some(statement) => {
                found.push(statement.syntax().text().to_string().trim().trim_end_matches(';').trim_end().to_owned());
            }
            None => waiting.extend(node.children()),
        }
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_a_statement() {
        let read = |text| rule_actions(text);
        let one = "CREATE RULE r AS\n    ON DELETE TO public.t DO  DELETE FROM a\n  WHERE (a.i = old.i);";
        assert_eq!(read(one).unwrap(), ["DELETE FROM a\n  WHERE (a.i = old.i)"]);
        let two = "CREATE RULE r AS ON UPDATE TO t WHERE old.i > 1 DO INSTEAD ( DELETE FROM a; UPDATE b SET c = 1; )";
        assert_eq!(read(two).unwrap(), ["DELETE FROM a", "UPDATE b SET c = 1"]);
        assert_eq!(read("CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING").unwrap(), Vec::<String>::new());
        assert_eq!(read("DROP RULE r ON t"), None);
    }
}
