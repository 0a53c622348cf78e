//! The differences of a comparison, grouped by object.

use crate::core::diff::Operation;

/// An object that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingObject {
    /// Its kind and name, or a description if no statement would change it.
    pub name: String,
    /// The differences as text.
    pub differences: Vec<String>,
    /// The statements that would remove the differences, each with its note.
    pub statements: Vec<(String, Option<String>)>,
}

/// Groups differences and operations by object, in the order of the differences. Objects that only have operations come
/// last.
#[must_use]
pub fn group_by_object(differences: &[String], operations: &[Operation]) -> Vec<DifferingObject> {
    let mut objects: Vec<DifferingObject> = Vec::new();
    for line in differences {
        let operation = operations
            .iter()
            .find(|one| is_about(line, &one.object.to_string()) || is_about(line, &one.group.to_string()));
        match operation {
            Some(operation) => {
                let name = operation.group.to_string();
                let rest = line.strip_prefix(&name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line);
                object(&mut objects, name, |object| object.differences.push(rest.to_owned()));
            }
            None => object(&mut objects, line.clone(), |_| {}),
        }
    }
    for operation in operations {
        let statement = (operation.sql.clone(), operation.note.clone());
        object(&mut objects, operation.group.to_string(), |object| object.statements.push(statement));
    }
    objects
}

/// Whether a line begins with the name of an object.
fn is_about(line: &str, object: &str) -> bool {
    line.strip_prefix(object).is_some_and(|rest| rest.starts_with([' ', ':']))
}

/// Changes the object of this name, which is added if it is new.
fn object(objects: &mut Vec<DifferingObject>, name: String, change: impl FnOnce(&mut DifferingObject)) {
    if let Some(known) = objects.iter_mut().find(|known| known.name == name) {
        change(known);
        return;
    }
    let mut object = DifferingObject { name, differences: Vec::new(), statements: Vec::new() };
    change(&mut object);
    objects.push(object);
}
