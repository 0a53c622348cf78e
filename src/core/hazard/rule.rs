//! What a rule is, and what it finds.

use super::context::Context;
use super::name::Name;
use super::part::Part;
use super::{Class, Evidence, Hazard, Question, Subject};

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
    pub(super) check: fn(&Part, &Context) -> Vec<Target>,
}

/// One object that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    object: String,
    subject: Subject,
    /// What needs no counting.
    evidence: Option<Evidence>,
}

impl Rule {
    pub(super) fn hazards(&self, part: &Part, context: &Context) -> impl Iterator<Item = Hazard> {
        let Self { code, class, title, .. } = *self;
        (self.check)(part, context).into_iter().map(move |target| Hazard {
            code,
            class,
            title,
            object: target.object,
            evidence: target.evidence,
            subject: target.subject,
            origin: None,
            allowed: None,
        })
    }
}

impl Rule {
    /// The hazard on something that no statement names.
    pub(super) const fn on(&self, object: String) -> Hazard {
        let Self { code, class, title, .. } = *self;
        Hazard { code, class, title, object, evidence: None, subject: Subject::Other, origin: None, allowed: None }
    }
}

impl Target {
    /// A table, counted by its rows.
    pub(super) fn table(name: Name) -> Self {
        Self::about(name.to_string(), name)
    }

    /// Something in a table, counted by the table's rows.
    pub(super) fn about(object: String, table: Name) -> Self {
        Self { object, subject: Subject::Table { schema: table.schema, name: table.name }, evidence: None }
    }

    /// A column of a table, counted by its values.
    pub(super) fn column(table: &Name, column: Name) -> Self {
        Self {
            object: format!("{table}.{column}"),
            subject: Subject::Column { schema: table.schema.clone(), table: table.name.clone(), column: column.name },
            evidence: None,
        }
    }

    /// Something in a table, counted by a question where there is one.
    pub(super) fn asking(object: String, table: Name, question: Option<Question>) -> Self {
        let subject = question.map_or(Subject::Other, |question| Subject::Rows {
            schema: table.schema,
            table: table.name,
            question,
        });
        Self { object, subject, evidence: None }
    }

    /// Something else that has a name.
    #[allow(clippy::needless_pass_by_value)] // so that it stands in for `table`
    pub(super) fn other(name: Name) -> Self {
        Self::named(name.to_string())
    }

    /// Something that is told in words.
    pub(super) const fn named(object: String) -> Self {
        Self { object, subject: Subject::Other, evidence: None }
    }

    /// The same, known to hold nothing that was there before.
    pub(super) fn holding_nothing(self) -> Self {
        let nothing = Evidence::counted(0, 0, 0.0);
        Self { evidence: Some(nothing), ..self }
    }
}
