//! What statements change according to their facts: rows, which the catalog does not show, and the objects of a script
//! that failed.

use super::ObjectChange;
use super::catalog_change::short_name;
use crate::core::statement::action::{AlterTable, ObjectKind, TableChange};
use crate::core::statement::{Action, Name, Statement};

/// The rows that a statement changes.
#[must_use]
pub fn row_changes(statement: &Statement) -> Vec<ObjectChange> {
    let mut found = Vec::new();
    for action in &statement.actions {
        match action {
            Action::AddRows { table } => found.push(on(table, None, "rows added")),
            Action::Update(update) if update.columns.is_empty() => found.push(on(&update.table, None, "rows updated")),
            Action::Update(update) => {
                let values =
                    update.columns.iter().map(|column| on(&update.table, Some(&column.name), "values updated"));
                found.extend(values);
            }
            Action::Delete { table, .. } => found.push(on(table, None, "rows deleted")),
            Action::Truncate { tables, .. } => found.extend(tables.iter().map(|table| on(table, None, "truncated"))),
            _ => {}
        }
    }
    found
}

/// The objects that a statement changes, for a script that did not run to its end.
#[must_use]
pub fn fact_changes(statement: &Statement) -> Vec<ObjectChange> {
    let mut found = row_changes(statement);
    for action in &statement.actions {
        match action {
            Action::CreateTable(create) => found.push(on(&create.name, None, "table created")),
            Action::CreateRelation(create) => found.push(on(&create.name, None, "created")),
            Action::CreateType(create) => found.push(on(&create.name, None, "type created")),
            Action::CreateRoutine(create) => found.push(on(&create.name, None, "routine created")),
            Action::CreateIndex(create) => found.push(on(&create.table, None, "index created")),
            Action::Drop(drop) if drop.kind != ObjectKind::Index => {
                found.extend(drop.names.iter().map(|name| on(name, None, "dropped")));
            }
            Action::AlterTable(alter) => found.extend(table_changes(alter)),
            Action::AlterType(alter) => found.push(on(&alter.name, None, "type changed")),
            Action::AlterDomain(alter) => found.push(on(&alter.name, None, "domain changed")),
            Action::RenameRelation { relation } => found.push(on(relation, None, "renamed")),
            Action::RenameColumn { relation, column } => found.push(on(relation, Some(column), "column renamed")),
            Action::RenameRoutine { routine } => found.push(on(routine, None, "renamed")),
            Action::MoveToSchema { object } => found.push(on(object, None, "moved to another schema")),
            _ => {}
        }
    }
    found
}

fn table_changes(alter: &AlterTable) -> Vec<ObjectChange> {
    let table = &alter.table;
    let change = |change: &TableChange| match change {
        TableChange::AddColumn(add) => on(table, Some(&add.name), "column added"),
        TableChange::DropColumn { column, .. } => on(table, Some(column), "column dropped"),
        TableChange::AlterColumn { column, .. } => on(table, Some(column), "column changed"),
        TableChange::AddConstraint(_) => on(table, None, "constraint added"),
        TableChange::DropConstraint { .. } => on(table, None, "constraint dropped"),
        TableChange::RenameTo { .. } => on(table, None, "renamed"),
        _ => on(table, None, "table changed"),
    };
    alter.changes.iter().map(change).collect()
}

fn on(owner: &Name, part: Option<&Name>, change: &str) -> ObjectChange {
    let owner = short_name(owner.schema.as_deref().unwrap_or_default(), &owner.name);
    let object = part.map_or_else(|| owner.clone(), |part| format!("{owner}.{}", part.name));
    ObjectChange { owner, object, change: change.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    #[test]
    fn the_objects_of_a_statement_are_known_from_its_facts() {
        for (sql, expected) in [
            ("INSERT INTO users VALUES (1)", "users rows added"),
            (
                "UPDATE shop.users SET plan = 'a', quota = 1",
                "shop.users.plan values updated, shop.users.quota values updated",
            ),
            ("DELETE FROM public.users", "users rows deleted"),
            ("TRUNCATE users, jobs", "users truncated, jobs truncated"),
            (
                "ALTER TABLE users ADD COLUMN plan text, DROP COLUMN quota",
                "users.plan column added, users.quota column dropped",
            ),
            ("CREATE INDEX i ON users (plan)", "users index created"),
            ("DROP TABLE users, jobs", "users dropped, jobs dropped"),
            ("CREATE VIEW v AS SELECT 1", "v created"),
            ("SELECT 1", ""),
        ] {
            let shown: Vec<String> = fact_changes(&analyse_one(sql))
                .into_iter()
                .map(|change| format!("{} {}", change.object, change.change))
                .collect();
            assert_eq!(shown.join(", "), expected, "{sql}");
        }
    }
}
