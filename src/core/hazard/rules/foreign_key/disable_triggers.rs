//! `DISABLE TRIGGER` and `session_replication_role`: rows that triggers and foreign keys do not check.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{TableChange, Triggers};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DisableTriggers, title: "disables triggers", page: PAGE, check };

const PAGE: &str = "\
Rows that are written while triggers are disabled are not checked, now or later. DISABLE TRIGGER ALL and
session_replication_role = replica also disable foreign keys, so that orphaned rows are accepted: PostgreSQL
reports no error, and a later dump of the database cannot be restored. DISABLE TRIGGER also blocks writes to
the table and stays in effect after the script ends.

What to do instead: insert rows in the order of the foreign keys, or make the constraints DEFERRABLE and use
SET CONSTRAINTS ALL DEFERRED. If triggers must be disabled, enable them in the same revision, then check the
rows: drop the foreign key, add it as NOT VALID, and run VALIDATE CONSTRAINT.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::AlterTable(alter) if !state.is_new(&alter.table) => {
            let table = &alter.table;
            let disabled = alter.changes.iter().filter_map(|change| match change {
                TableChange::DisableTriggers(Triggers::Named(name)) => Some(format!("{name} on {table}")),
                TableChange::DisableTriggers(Triggers::User) => Some(format!("user triggers on {table}")),
                TableChange::DisableTriggers(Triggers::All) => Some(format!("triggers and foreign keys on {table}")),
                _ => None,
            });
            disabled.map(Finding::named).collect()
        }
        Action::SetParameter { name, values } if name == "session_replication_role" && may_be_replica(values) => {
            vec![Finding::named("triggers and foreign keys of the session")]
        }
        _ => Vec::new(),
    }
}

/// Whether the setting may become `replica`. Values that are not constant may be anything.
fn may_be_replica(values: &[String]) -> bool {
    values.first().is_none_or(|value| value.eq_ignore_ascii_case("replica"))
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        const SESSION: &[&str] = &["triggers and foreign keys of the session"];
        objects(
            "FK503",
            &[
                ("ALTER TABLE s.t DISABLE TRIGGER ALL", &["triggers and foreign keys on s.t"]),
                ("ALTER TABLE t DISABLE TRIGGER USER", &["user triggers on t"]),
                ("ALTER TABLE t DISABLE TRIGGER \"Audit\", DISABLE TRIGGER b", &["\"Audit\" on t", "b on t"]),
                ("ALTER TABLE t ENABLE REPLICA TRIGGER a", &["a on t"]),
                ("DO $$ BEGIN ALTER TABLE t DISABLE TRIGGER ALL; END $$", &["triggers and foreign keys on t"]),
                ("ALTER TABLE t ENABLE TRIGGER ALL, ENABLE ALWAYS TRIGGER a", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t DISABLE TRIGGER ALL", &[]),
                ("SET session_replication_role = replica", SESSION),
                ("SET LOCAL Session_Replication_Role TO 'replica'", SESSION),
                ("SELECT set_config('session_replication_role', 'replica', true)", SESSION),
                ("SELECT set_config('session_replication_role', current_setting('x'), true)", SESSION),
                ("SET session_replication_role = origin", &[]),
                ("SET session_replication_role = DEFAULT", &[]),
                ("RESET session_replication_role", &[]),
            ],
        );
    }
}
