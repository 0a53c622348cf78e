//! What cannot run in one transaction.

use std::collections::BTreeMap;

use super::context::Context;
use super::{Action, Operation};
use crate::core::schema::{Kind, Object, Schema};
use crate::core::sql::identifier::{literal, qualified};

/// Why the statements need more than one transaction: a value that was added to an enum cannot be used before commit.
pub(super) fn used_at_once(context: &Context, operations: &[Operation]) -> Option<String> {
    let mut added: BTreeMap<String, String> = BTreeMap::new();
    for operation in operations.iter().filter(|one| one.action == Action::Alter && one.object.kind == Kind::Enum) {
        let id = &operation.object;
        let labels = |schema: &Schema| match schema.objects.get(id) {
            Some(Object::Enum(labels)) => labels.labels.clone(),
            _ => Vec::new(),
        };
        let old = labels(context.old);
        for label in labels(context.new).into_iter().filter(|label| !old.contains(label)) {
            let name = qualified(&id.schema, &id.name);
            let used = format!("{}::{name}", literal(&label));
            added.insert(
                used,
                format!("the new value {label} of {name} is used at once, which one transaction does not allow"),
            );
        }
    }
    let uses = |sql: &str| added.iter().find(|(used, _)| sql.contains(used.as_str())).map(|(_, why)| why.clone());
    operations.iter().filter(|one| one.object.kind != Kind::Enum).find_map(|one| uses(&one.sql))
}
