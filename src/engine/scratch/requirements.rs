//! What scripts need of a scratch database, judged from their statements.

use std::collections::BTreeSet;

use crate::core::sql;

/// What scripts need of a scratch database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScratchRequirements {
    /// Why they may only run on a server of their own; `None`: they stay in their database.
    pub own_server: Option<String>,
    /// Roles that the scripts make: a server of their own must not have them yet.
    pub roles: BTreeSet<String>,
}

impl ScratchRequirements {
    /// Looks at sections of scripts. What cannot be split needs nothing: it will not run.
    #[must_use]
    pub fn of<'a>(sections: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needs = Self::default();
        for statement in sections.into_iter().filter_map(|section| sql::split(section).ok()).flatten() {
            if let Some(what) = sql::cluster_wide(&statement.text) {
                let first = statement.text.lines().next().unwrap_or_default();
                needs.own_server.get_or_insert_with(|| format!("a script {what}: {first}"));
                needs.roles.extend(sql::roles_made(&statement.text));
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_statement_that_leaves_the_database_is_named() {
        assert_eq!(ScratchRequirements::of(["CREATE TABLE a (i int);", "unclosed '"]), ScratchRequirements::default());
        let needs = ScratchRequirements::of(["SELECT 1;\nCREATE ROLE app\n  LOGIN;", "CREATE ROLE other;"]);
        assert_eq!(needs.own_server.as_deref(), Some("a script makes a role: CREATE ROLE app"));
        assert_eq!(needs.roles.into_iter().collect::<Vec<_>>(), ["app", "other"]);
    }
}
