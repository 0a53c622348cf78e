//! How the schemas after two orders of the same revisions differ.

use crate::core::schema::{Difference, Disagreement, ObjectId, Schema, UnsupportedObject, differences};

/// One object that depends on the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDifference {
    /// Kind and name, e.g. `table public.users`.
    pub object: String,
    /// How it differs, as a sentence that starts with the object.
    pub text: String,
}

/// The objects that differ. `left_first` is the schema if the left branch runs first. `left` and `right` name the
/// branches.
#[must_use]
pub fn order_differences(
    (left, left_first): (&str, &Schema),
    (right, right_first): (&str, &Schema),
) -> Vec<OrderDifference> {
    let mut found: Vec<OrderDifference> =
        differences(left_first, right_first).iter().map(|difference| describe(difference, left, right)).collect();
    let mut only = |one: &[UnsupportedObject], other: &[UnsupportedObject], branch: &str| {
        for object in one.iter().filter(|object| !other.contains(object)) {
            let name = format!("{} {}", object.kind, object.identity);
            found.push(OrderDifference { text: format!("{name} exists only if {branch} runs first"), object: name });
        }
    };
    only(&left_first.unsupported, &right_first.unsupported, left);
    only(&right_first.unsupported, &left_first.unsupported, right);
    found
}

fn describe(Difference { id, disagreement }: &Difference, left: &str, right: &str) -> OrderDifference {
    let object = show(id);
    let text = match disagreement {
        Disagreement::OnlyLeft => format!("{object} exists only if {left} runs first"),
        Disagreement::OnlyRight => format!("{object} exists only if {right} runs first"),
        Disagreement::Differs { attribute, left: ours, right: theirs } => {
            format!("{object}: {attribute} is {ours} if {left} runs first, and {theirs} if {right} runs first")
        }
    };
    OrderDifference { object, text }
}

fn show(id: &ObjectId) -> String {
    id.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::schema::{Enum, Kind, Object};

    #[test]
    fn a_difference_says_which_branch_runs_first() {
        let with = |objects: &[(&str, Object)]| Schema {
            objects: objects
                .iter()
                .map(|(name, object)| (ObjectId::new(Kind::Enum, "public", name), object.clone()))
                .collect(),
            ..Schema::default()
        };
        let labels = |labels: &[&str]| Object::Enum(Enum { labels: labels.iter().map(|one| (*one).into()).collect() });
        let one = with(&[("mood", labels(&["a", "b"])), ("old", labels(&[]))]);
        let other = with(&[("mood", labels(&["b", "a"]))]);
        let texts: Vec<String> =
            order_differences(("a1", &one), ("b1", &other)).into_iter().map(|found| found.text).collect();
        assert_eq!(
            texts,
            [
                "enum public.mood: labels is a, b if a1 runs first, and b, a if b1 runs first",
                "enum public.old exists only if a1 runs first"
            ]
        );
        assert!(order_differences(("a1", &one), ("b1", &one)).is_empty());
    }
}
