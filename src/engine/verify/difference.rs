//! Describes how the schema of a scratch database differs from an earlier state.

use crate::core::schema::{Difference, Disagreement, Schema, UnsupportedObject, differences};

/// Describes the difference between two states of a schema, one object per line. Empty when they are equal.
#[must_use]
pub fn describe_changes(now: &Schema, before: &Schema) -> Vec<String> {
    let mut lines: Vec<String> = differences(now, before).iter().map(describe_difference).collect();
    // Objects whose properties are not read are compared by kind and identity only.
    let only_in_first = |first: &Schema, second: &Schema| -> Vec<UnsupportedObject> {
        first.unsupported.iter().filter(|object| !second.unsupported.contains(object)).cloned().collect()
    };
    let line = |object: UnsupportedObject, state: &str| format!("{} {} {state}", object.kind, object.identity);
    lines.extend(only_in_first(now, before).into_iter().map(|object| line(object, LEFT)));
    lines.extend(only_in_first(before, now).into_iter().map(|object| line(object, MISSING)));
    lines
}

const LEFT: &str = "is left over";
const MISSING: &str = "is missing";

fn describe_difference(difference: &Difference) -> String {
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
    fn objects_that_are_compared_by_identity_are_reported() {
        let object = UnsupportedObject { kind: "operator".into(), identity: "public.===(int,int)".into() };
        let with = Schema { unsupported: vec![object], ..Schema::default() };
        let without = Schema::default();
        assert_eq!(describe_changes(&with, &without), ["operator public.===(int,int) is left over"]);
        assert_eq!(describe_changes(&without, &with), ["operator public.===(int,int) is missing"]);
        assert!(describe_changes(&with, &with).is_empty());
    }
}
