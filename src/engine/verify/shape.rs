//! The schema of a scratch database at one moment, and what has become of it since.

use crate::core::schema::{Difference, Disagreement, Schema, Scope, UnsupportedObject, differences};
use crate::engine::catalog;
use crate::engine::connection::Session;
use crate::engine::project::Project;
use crate::engine::{Result, Target};

/// Reads all that scripts may have made, whatever the project manages; the version table is not theirs.
pub async fn read(project: &Project, target: &Target) -> Result<Schema> {
    let session: Session = target.connect("limbeck verify").await?;
    catalog::read(&session, &everything(project)).await
}

/// All that is not limbeck's own: the version table is left out.
pub fn everything(project: &Project) -> Scope {
    without_version_table(project, Scope::new(None, &[]))
}

/// The scope without the version table.
pub fn without_version_table(project: &Project, scope: Scope) -> Scope {
    let table = &project.config.database.version_table;
    let (schema, name) = table.split_once('.').map_or((None, table.as_str()), |(schema, name)| (Some(schema), name));
    scope.without(schema, name)
}

/// What is not as it was, an object a line; empty: all is.
#[must_use]
pub fn changes(now: &Schema, was: &Schema) -> Vec<String> {
    let mut lines: Vec<String> = differences(now, was).iter().map(line).collect();
    // What cannot be compared in its parts can at least be there or not.
    let only = |one: &Schema, other: &Schema| -> Vec<UnsupportedObject> {
        one.unsupported.iter().filter(|object| !other.unsupported.contains(object)).cloned().collect()
    };
    let told = |object: UnsupportedObject, what: &str| format!("{} {} {what}", object.kind, object.identity);
    lines.extend(only(now, was).into_iter().map(|object| told(object, LEFT)));
    lines.extend(only(was, now).into_iter().map(|object| told(object, MISSING)));
    lines
}

const LEFT: &str = "is left over";
const MISSING: &str = "is missing";

fn line(difference: &Difference) -> String {
    let id = &difference.id;
    match &difference.disagreement {
        Disagreement::OnlyLeft => format!("{id} {LEFT}"),
        Disagreement::OnlyRight => format!("{id} {MISSING}"),
        Disagreement::Differs { attribute, left, right } => format!("{id}: {attribute} is {left}, and was {right}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_compared_is_told_when_it_comes_or_goes() {
        let object = UnsupportedObject { kind: "operator".into(), identity: "public.===(int,int)".into() };
        let with = Schema { unsupported: vec![object], ..Schema::default() };
        let without = Schema::default();
        assert_eq!(changes(&with, &without), ["operator public.===(int,int) is left over"]);
        assert_eq!(changes(&without, &with), ["operator public.===(int,int) is missing"]);
        assert!(changes(&with, &with).is_empty());
    }
}
