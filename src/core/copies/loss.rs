//! Decides from the hazards of a statement what is copied before it runs.

use crate::core::hazard::{Code, Hazard};
use crate::core::statement::{Effect, NotCopied, RowSelection};

/// One thing that a statement destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The rule that found it.
    pub code: Code,
    pub title: &'static str,
    /// The object as the statement names it.
    pub object: String,
    /// What happens to it.
    pub effect: Effect,
}

impl Loss {
    /// Why it cannot be copied. `None` if it can be copied.
    #[must_use]
    pub const fn not_copied(&self) -> Option<NotCopied> {
        match &self.effect {
            Effect::CannotBeCopied { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}

/// What a statement destroys, according to its hazards. Hazards that affect nothing are omitted, and what two rules
/// find is listed once.
#[must_use]
pub fn losses(hazards: &[Hazard]) -> Vec<Loss> {
    // CASCADE on an empty object may drop one that is not empty.
    let cascades =
        hazards.iter().any(|hazard| matches!(hazard.effect, Effect::Cascades(_)) && !hazard.affects_nothing());
    let is_lost = |hazard: &&Hazard| cascades || !hazard.affects_nothing() || may_fill_nulls(hazard);
    let mut losses: Vec<Loss> = Vec::new();
    for hazard in hazards.iter().filter(is_lost).filter(|hazard| destroys(&hazard.effect)) {
        let Hazard { code, title, object, effect, .. } = hazard;
        let loss = Loss { code: *code, title, object: object.clone(), effect: effect.clone() };
        let is_known = |known: &Loss| known.effect == loss.effect && loss.not_copied().is_none();
        if !losses.iter().any(is_known) {
            losses.push(loss);
        }
    }
    losses
}

/// The losses by the names that their objects have on the target before the plan runs.
#[must_use]
pub fn losses_before(hazards: &[Hazard]) -> Vec<Loss> {
    let renamed = hazards.iter().map(|hazard| {
        let effect = hazard.effect.renamed(hazard.subject_before());
        Hazard { effect, ..hazard.clone() }
    });
    losses(&renamed.collect::<Vec<_>>())
}

/// Whether an effect destroys something by itself, and is not covered by another hazard: what CASCADE drops is found
/// again from the object that the statement names, a detached partition is copied when it is dropped, the values of an
/// enum when their columns get the new type.
const fn destroys(effect: &Effect) -> bool {
    match effect {
        Effect::DropsTable { .. }
        | Effect::DropsSequence { .. }
        | Effect::DropsColumn { .. }
        | Effect::DropsObject(_)
        | Effect::DropsOwned { .. }
        | Effect::DropsIdentity { .. }
        | Effect::Truncates { .. }
        | Effect::DeletesRows { .. }
        | Effect::OverwritesValues { .. }
        | Effect::ChangesType { .. }
        | Effect::ChangesAttribute { .. }
        | Effect::CannotBeCopied { .. } => true,
        Effect::Cascades(_)
        | Effect::KeepsData(_)
        | Effect::OverwritesOwnValues
        | Effect::ChecksRows { .. }
        | Effect::Locks { .. }
        | Effect::Other => false,
    }
}

/// Whether an UPDATE may fill NULLs. That is no loss, but a restore must set them to NULL again if the column also has
/// values that are lost.
fn may_fill_nulls(hazard: &Hazard) -> bool {
    let has_condition = matches!(hazard.effect, Effect::OverwritesValues { rows: RowSelection::Matching(_), .. });
    has_condition && hazard.evidence.is_some_and(|evidence| evidence.rows > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hazard::{Evidence, examine_one};

    fn losses_of(sql: &str) -> Vec<String> {
        losses(&examine_one(sql)).iter().map(|loss| format!("{} {}", loss.code, loss.object)).collect()
    }

    #[test]
    fn each_loss_is_copied_once() {
        for (sql, expected) in [
            ("DROP TABLE \"a.b\".c", &["DL101 \"a.b\".c"][..]),
            ("DROP TABLE a, b", &["DL101 a", "DL101 b"]),
            ("TRUNCATE a", &["DL102 a"]),
            ("ALTER TABLE t DROP COLUMN \"x.y\"", &["DL103 t.\"x.y\""]),
            ("DROP SCHEMA s CASCADE", &["DL104 s"]),
            ("DELETE FROM t", &["DL106 t"]),
            ("UPDATE t SET a = 1", &["DL107 t.a"]),
            ("DROP SEQUENCE s", &["DL108 s"]),
            ("DROP TYPE t CASCADE", &["DL109 t"]),
            ("ALTER TYPE t DROP ATTRIBUTE a", &["DL110 t.a"]),
            ("DROP EXTENSION e CASCADE", &["DL111 e"]),
            ("DROP OWNED BY r", &["DL112 r"]),
            ("DROP VIEW v CASCADE", &["DL114 v"]),
            ("DROP FUNCTION f(int) CASCADE", &["DL114 f"]),
            ("ALTER TABLE t ALTER a TYPE int", &["DL115 t.a"]),
            ("ALTER TABLE t ALTER a DROP IDENTITY", &["DL122 t.a"]),
            ("ALTER TABLE t NO INHERIT p", &[]),
            ("CREATE TABLE t (a int)", &[]),
        ] {
            assert_eq!(losses_of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_loss_that_cannot_be_copied_has_a_reason() {
        for (sql, reason) in [
            ("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$", NotCopied::Unreadable),
            ("DROP DATABASE d", NotCopied::OtherDatabase),
            ("ALTER TABLE t SET UNLOGGED", NotCopied::Crash),
            ("ALTER TABLE t ALTER a DROP EXPRESSION", NotCopied::Generated),
            ("DELETE FROM pg_enum", NotCopied::Catalog),
        ] {
            let losses = losses(&examine_one(sql));
            assert!(losses.iter().any(|loss| loss.not_copied() == Some(reason)), "{sql}: {losses:?}");
        }
    }

    #[test]
    fn what_affects_nothing_is_not_copied() {
        let counted = |sql: &str, values: u64| {
            let mut hazards = examine_one(sql);
            hazards.iter_mut().for_each(|hazard| hazard.evidence = Some(Evidence::counted(9, values, 0.0)));
            losses(&hazards).len()
        };
        assert_eq!(counted("DROP TABLE t", 0), 0);
        assert_eq!(counted("DROP TABLE t", 1), 1);
        // The UPDATE fills NULLs. Its column may also have values that are overwritten.
        assert_eq!(counted("UPDATE t SET a = 1 WHERE b = 2", 0), 1);
    }
}
