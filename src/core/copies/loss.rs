//! From the hazards of a statement to what has to be copied before it runs.

use crate::core::hazard::{Class, Hazard, Narrow, Question, Subject, narrow};
use crate::core::sql::identifier::quote;
use crate::core::sql::leading_words;

/// What goes along by CASCADE.
const ALONG: &str = "DL124";

/// One thing that a statement destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The rule that found it.
    pub code: &'static str,
    pub title: &'static str,
    /// As the statement names it.
    pub object: String,
    pub what: What,
}

/// What becomes of it. Names are SQL, as the statement's own search path resolves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It goes, with all that depends on it.
    Dropped(Address),
    /// All rows of the table, and of those that refer to it.
    Truncated { table: String },
    /// Rows of the table.
    Deleted { table: String, narrow: Option<Narrow> },
    /// Values of a column.
    Overwritten { table: String, column: String, narrow: Option<Narrow> },
    /// Values of a column that gets another type.
    Retyped { table: String, column: String },
    /// Values of all columns of a composite type.
    Attribute { name: String },
    /// No copy is made; why.
    Nothing(&'static str),
}

/// An object of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Relation(String),
    Column {
        table: String,
        column: String,
    },
    /// The sequence of an identity column; `table.column`.
    Identity(String),
    Schema(String),
    Type(String),
    Extension(String),
    Routine(String),
    Collation(String),
    Language(String),
    AccessMethod(String),
    /// Everything that a role owns.
    Owned(String),
}

/// What a statement destroys, by its hazards of lost data; those that touch nothing are left out. The same thing that
/// two rules find comes once.
#[must_use]
pub fn losses(sql: &str, hazards: &[Hazard]) -> Vec<Loss> {
    let mut losses: Vec<Loss> = Vec::new();
    // What is empty itself may take along what is not.
    let takes_along = hazards.iter().any(|hazard| hazard.code == ALONG && !hazard.touches_nothing());
    let is_lost = |hazard: &&Hazard| {
        hazard.class == Class::DataLoss && (takes_along || !hazard.touches_nothing() || fills_in(hazard))
    };
    for hazard in hazards.iter().filter(is_lost) {
        let Some(what) = what(sql, hazard) else { continue };
        if !losses.iter().any(|known| known.what == what && !matches!(what, What::Nothing(_))) {
            losses.push(Loss { code: hazard.code, title: hazard.title, object: hazard.object.clone(), what });
        }
    }
    losses
}

/// Whether an UPDATE may put values where none were: that is no loss, but the way back is to find them gone, where the
/// column has others.
fn fills_in(hazard: &Hazard) -> bool {
    let by_condition =
        matches!(hazard.subject, Subject::Rows { question: Question::Taken { column: Some(_), .. }, .. });
    by_condition && hazard.evidence.is_some_and(|evidence| evidence.rows > 0)
}

/// `None` where the statement itself destroys nothing, or another hazard stands for it.
fn what(sql: &str, hazard: &Hazard) -> Option<What> {
    let object = || hazard.object.clone();
    Some(match hazard.code {
        "DL101" | "DL105" => What::Dropped(Address::Relation(table_of(hazard)?)),
        "DL108" => What::Dropped(Address::Relation(object())),
        "DL102" => What::Truncated { table: table_of(hazard)? },
        "DL103" => {
            let (table, column) = column_of(hazard)?;
            What::Dropped(Address::Column { table, column })
        }
        "DL104" => What::Dropped(Address::Schema(object())),
        "DL106" => {
            let table = table_of(hazard)?;
            What::Deleted { narrow: narrowed(sql, hazard), table }
        }
        "DL107" => match column_of(hazard) {
            Some((table, column)) => What::Overwritten { narrow: narrowed(sql, hazard), table, column },
            None => return None,
        },
        "DL109" => What::Dropped(Address::Type(object())),
        "DL110" | "DL123" => What::Attribute { name: object() },
        "DL111" => What::Dropped(Address::Extension(object())),
        "DL112" => What::Dropped(Address::Owned(object())),
        "DL114" => What::Dropped(dependents_of(sql, object())?),
        "DL115" => {
            let (table, column) = column_of(hazard)?;
            What::Retyped { table, column }
        }
        "DL122" => What::Dropped(Address::Identity(object())),
        "DL113" => What::Nothing("another database cannot be copied from here; make a backup of it"),
        "DL117" => What::Nothing("generated values follow from other columns"),
        "DL118" => What::Nothing("nothing goes until the server crashes; only a backup holds the rows then"),
        "DL121" if hazard.object.ends_with("pg_enum") => {
            What::Nothing("changes of the catalog cannot be followed; make a backup")
        }
        "DL190" => What::Nothing("what it does cannot be told beforehand; make a backup"),
        // A detached partition is copied when it is dropped, an enum where its columns get the new type; inheritance
        // and tables of the session lose nothing of the database.
        // What goes along is found again from what is named.
        "DL116" | "DL119" | "DL120" | "DL121" | ALONG => return None,
        _ => What::Nothing("no copy can be made of it"),
    })
}

/// What a DROP … CASCADE names that holds no rows itself.
fn dependents_of(sql: &str, name: String) -> Option<Address> {
    let words = leading_words(sql);
    // Inside a block the words are not the statement's own: a name of a routine is the likeliest.
    Some(match words.iter().map(String::as_str).find(|word| *word != "drop")? {
        "view" => Address::Relation(name),
        "collation" => Address::Collation(name),
        "language" | "procedural" => Address::Language(name),
        "access" => Address::AccessMethod(name),
        _ => Address::Routine(name),
    })
}

fn table_of(hazard: &Hazard) -> Option<String> {
    let (schema, table) = hazard.subject.table()?;
    Some(joined(schema, table))
}

/// Which rows of its table a statement takes.
fn narrowed(sql: &str, hazard: &Hazard) -> Option<Narrow> {
    let (schema, table) = hazard.subject.table()?;
    narrow(sql, schema, table)
}

/// The table and the unquoted column.
fn column_of(hazard: &Hazard) -> Option<(String, String)> {
    let (Subject::Column { column, .. }
    | Subject::Rows {
        question: Question::Cast { column, .. } | Question::Taken { column: Some(column), .. }, ..
    }) = &hazard.subject
    else {
        return None;
    };
    Some((table_of(hazard)?, column.clone()))
}

fn joined(schema: Option<&str>, name: &str) -> String {
    schema.map_or_else(|| quote(name), |schema| format!("{}.{}", quote(schema), quote(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hazard::find;

    fn told(sql: &str) -> Vec<String> {
        losses(sql, &find(sql)).iter().map(|loss| format!("{} {:?}", loss.code, loss.what)).collect()
    }

    #[test]
    fn each_loss_has_its_copy() {
        for (sql, expected) in [
            ("DROP TABLE \"a.b\".c", &["DL101 Dropped(Relation(\"\\\"a.b\\\".c\"))"][..]),
            ("DROP TABLE a, b", &["DL101 Dropped(Relation(\"a\"))", "DL101 Dropped(Relation(\"b\"))"]),
            ("TRUNCATE a", &["DL102 Truncated { table: \"a\" }"]),
            ("ALTER TABLE t DROP COLUMN \"x.y\"", &["DL103 Dropped(Column { table: \"t\", column: \"x.y\" })"]),
            ("DROP SCHEMA s CASCADE", &["DL104 Dropped(Schema(\"s\"))"]),
            ("DELETE FROM t", &["DL106 Deleted { table: \"t\", narrow: None }"]),
            ("UPDATE t SET a = 1", &["DL107 Overwritten { table: \"t\", column: \"a\", narrow: None }"]),
            ("DROP SEQUENCE s", &["DL108 Dropped(Relation(\"s\"))"]),
            ("DROP TYPE t CASCADE", &["DL109 Dropped(Type(\"t\"))"]),
            ("ALTER TYPE t DROP ATTRIBUTE a", &["DL110 Attribute { name: \"t.a\" }"]),
            ("DROP EXTENSION e CASCADE", &["DL111 Dropped(Extension(\"e\"))"]),
            ("DROP OWNED BY r", &["DL112 Dropped(Owned(\"r\"))"]),
            ("DROP VIEW v CASCADE", &["DL114 Dropped(Relation(\"v\"))"]),
            ("DROP FUNCTION f(int) CASCADE", &["DL114 Dropped(Routine(\"f\"))"]),
            ("ALTER TABLE t ALTER a TYPE int", &["DL115 Retyped { table: \"t\", column: \"a\" }"]),
            ("ALTER TABLE t ALTER a DROP IDENTITY", &["DL122 Dropped(Identity(\"t.a\"))"]),
            ("ALTER TABLE t NO INHERIT p", &[]),
            ("CREATE TABLE t (a int)", &[]),
        ] {
            assert_eq!(told(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_cannot_be_kept_says_why() {
        for sql in ["DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$", "DROP DATABASE d", "ALTER TABLE t SET UNLOGGED"]
        {
            let found = losses(sql, &find(sql));
            assert!(matches!(found.as_slice(), [Loss { what: What::Nothing(why), .. }] if !why.is_empty()), "{sql}");
        }
    }

    #[test]
    fn no_rule_of_lost_data_is_forgotten() {
        for rule in crate::core::hazard::RULES.iter().filter(|rule| rule.class == Class::DataLoss) {
            let subject = Subject::Column { schema: None, table: "t".into(), column: "c".into() };
            let (code, class, title) = (rule.code, rule.class, rule.title);
            let hazard = Hazard {
                code,
                class,
                title,
                object: "t.c".into(),
                evidence: None,
                subject,
                origin: None,
                allowed: None,
            };
            let found = what("SELECT 1", &hazard);
            assert_ne!(found, Some(What::Nothing("no copy can be made of it")), "{code}");
        }
    }
}
