//! Determines from statements what scripts require of a scratch database.

use std::collections::BTreeSet;

use crate::core::statement::{analyse_section, roles_created};

/// What scripts require of a scratch database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScratchRequirements {
    /// Why the scripts need a private server. `None`: they only change their own database.
    pub own_server: Option<String>,
    /// Roles that the scripts create. A private server must not have them.
    pub roles: BTreeSet<String>,
}

impl ScratchRequirements {
    /// Analyses sections of scripts. Sections that cannot be split are ignored, because they cannot run.
    #[must_use]
    pub fn of<'a>(sections: impl IntoIterator<Item = &'a str>) -> Self {
        let mut requirements = Self::default();
        for statement in sections.into_iter().filter_map(|section| analyse_section(section).ok()).flatten() {
            if let Some(what) = statement.cluster_effect {
                let first = statement.sql().lines().next().unwrap_or_default();
                requirements.own_server.get_or_insert_with(|| format!("a script {what}: {first}"));
                requirements.roles.extend(roles_created(statement.sql()));
            }
        }
        requirements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_statement_that_needs_a_private_server_is_named() {
        assert_eq!(ScratchRequirements::of(["CREATE TABLE a (i int);", "unclosed '"]), ScratchRequirements::default());
        let requirements = ScratchRequirements::of(["SELECT 1;\nCREATE ROLE app\n  LOGIN;", "CREATE ROLE other;"]);
        assert_eq!(requirements.own_server.as_deref(), Some("a script creates a role: CREATE ROLE app"));
        assert_eq!(requirements.roles.into_iter().collect::<Vec<_>>(), ["app", "other"]);
    }
}
