//! The roles that a statement names.

use std::collections::BTreeSet;

use squawk_syntax::ast::{AstNode, RoleNameRef, normalize_name_node};

use super::parse::parse;

/// The roles that a statement refers to, e.g. in `GRANT … TO` or `OWNER TO`. Unquoted names are in lower case. Roles in the
/// bodies of functions and `DO` blocks are not found.
#[must_use]
pub fn roles_named(statement: &str) -> BTreeSet<String> {
    let Some(tree) = parse(statement) else { return BTreeSet::new() };
    let names = tree.statement.syntax().descendants().filter(|node| RoleNameRef::can_cast(node.kind()));
    names.map(|node| normalize_name_node(&node)).filter(|name| !name.is_empty() && name != "public").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_found_in_every_statement() {
        for (sql, expected) in [
            ("GRANT SELECT ON t TO app, \"App 2\"", vec!["App 2", "app"]),
            ("GRANT ALL ON SCHEMA public TO PUBLIC", vec![]),
            ("REVOKE ALL ON t FROM app CASCADE", vec!["app"]),
            ("ALTER TABLE t OWNER TO Owner", vec!["owner"]),
            ("CREATE SCHEMA s AUTHORIZATION app", vec!["app"]),
            ("CREATE POLICY p ON t FOR SELECT TO reader, CURRENT_USER USING (true)", vec!["reader"]),
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA s GRANT SELECT ON TABLES TO reader",
                vec!["app", "reader"],
            ),
            ("SET ROLE app", vec!["app"]),
            ("CREATE TABLE app (role int)", vec![]),
        ] {
            assert_eq!(roles_named(sql).into_iter().collect::<Vec<_>>(), expected, "{sql}");
        }
    }
}
