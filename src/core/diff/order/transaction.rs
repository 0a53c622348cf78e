//! Finds statements that cannot run in one transaction.

use std::collections::BTreeMap;

use crate::core::diff::operation::Operation;
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, Object, Schema};
use crate::core::sql::identifier::{literal, qualified};

/// The reason why the statements need more than one transaction, if there is one: a value added to an enum cannot be used
/// before the transaction commits.
pub fn find_reason_against_transaction(context: &DiffContext, operations: &[Operation]) -> Option<String> {
    let mut added: BTreeMap<String, String> = BTreeMap::new();
    for operation in operations.iter().filter(|one| one.adds_enum_values()) {
        let id = &operation.object;
        let labels = |schema: &Schema| match schema.objects.get(id) {
            Some(Object::Enum(labels)) => labels.labels.clone(),
            _ => Vec::new(),
        };
        let old = labels(context.old);
        for label in labels(context.new).into_iter().filter(|label| !old.contains(label)) {
            let name = qualified(&id.schema, &id.name);
            let use_of_label = format!("{}::{name}", literal(&label));
            let reason =
                format!("a later statement uses the new value {label} of {name}, which must be committed first");
            added.insert(use_of_label, reason);
        }
    }
    let reason = |sql: &str| added.iter().find(|(used, _)| sql.contains(used.as_str())).map(|(_, why)| why.clone());
    operations.iter().filter(|one| one.object.kind != Kind::Enum).find_map(|one| reason(&one.sql))
}
