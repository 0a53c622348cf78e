//! What a rule is, and what it finds.

use super::name::Name;
use super::part::Part;
use super::{Class, Hazard, Subject};

/// One kind of hazard: its stable code, its page of explanation, and how it is found.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// E.g. `DL101`; never given to another rule.
    pub code: &'static str,
    pub class: Class,
    /// A few words, e.g. `drops column`.
    pub title: &'static str,
    /// What `limbeck lint --explain CODE` prints: what it is, what is counted, what to do instead.
    pub page: &'static str,
    /// Looks at one part of a statement; parts below it are looked at by themselves.
    pub(super) check: fn(&Part) -> Vec<Target>,
}

/// One object that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    object: String,
    subject: Subject,
}

impl Rule {
    pub(super) fn hazards(&self, part: &Part) -> impl Iterator<Item = Hazard> {
        let Self { code, class, title, .. } = *self;
        (self.check)(part).into_iter().map(move |target| Hazard {
            code,
            class,
            title,
            object: target.object,
            evidence: None,
            subject: target.subject,
        })
    }
}

impl Target {
    /// A table, counted by its rows.
    pub(super) fn table(name: Name) -> Self {
        Self { object: name.to_string(), subject: Subject::Table { schema: name.schema, name: name.name } }
    }

    /// A column of a table, counted by its values.
    pub(super) fn column(table: &Name, column: Name) -> Self {
        Self {
            object: format!("{table}.{column}"),
            subject: Subject::Column { schema: table.schema.clone(), table: table.name.clone(), column: column.name },
        }
    }

    /// Something else that has a name.
    #[allow(clippy::needless_pass_by_value)] // so that it stands in for `table`
    pub(super) fn other(name: Name) -> Self {
        Self::named(name.to_string())
    }

    /// Something that is told in words.
    pub(super) const fn named(object: String) -> Self {
        Self { object, subject: Subject::Other }
    }
}
