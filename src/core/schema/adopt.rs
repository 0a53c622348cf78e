//! Completes a schema that comes from SQLAlchemy's metadata, which cannot define all kinds of objects.

use super::{Kind, Object, ObjectId, Schema, Table};

impl Schema {
    /// Takes from the database what metadata cannot define: views, functions, triggers, extensions, grants, row security
    /// and others. A comparison then leaves them as they are. What the schema defines itself, for example with DDL events,
    /// stays.
    pub fn adopt_undefinable(&mut self, database: &Self) {
        let adopted: Vec<ObjectId> =
            database.objects.keys().filter(|id| self.must_adopt(database, id)).cloned().collect();
        for id in &adopted {
            if let Some(object) = database.objects.get(id) {
                self.objects.insert(id.clone(), object.clone());
            }
        }
        for (id, object) in &mut self.objects {
            if let (Object::Table(table), Some(Object::Table(known))) = (object, database.objects.get(id)) {
                adopt_table_attributes(table, known);
            }
        }
        let holder = |id: &ObjectId| database.holder(id).unwrap_or(id).clone();
        self.grants.retain(|id, _| !database.objects.contains_key(&holder(id)));
        let known = database.grants.iter().filter(|(id, _)| self.objects.contains_key(&holder(id)));
        self.grants.extend(known.map(|(id, grants)| (id.clone(), grants.clone())));
        let is_adopted = |id: &ObjectId| adopted.contains(id) || adopted.iter().any(|table| holds(table, id));
        for (id, comment) in &database.comments {
            let is_definable = matches!(id.kind, Kind::Table | Kind::Column | Kind::Constraint);
            // The index of a constraint is no object.
            let is_known = self.objects.contains_key(id) || self.objects.contains_key(&holder(id));
            if is_adopted(id) || (!is_definable && is_known) {
                self.comments.insert(id.clone(), comment.clone());
            }
        }
        for (id, on) in database.depends.iter().filter(|(id, _)| is_adopted(id)) {
            self.depends.insert(id.clone(), on.clone());
        }
        for object in &database.unsupported {
            if !self.unsupported.contains(object) {
                self.unsupported.push(object.clone());
            }
        }
    }

    fn must_adopt(&self, database: &Self, id: &ObjectId) -> bool {
        if self.objects.contains_key(id) {
            return false;
        }
        match id.kind {
            Kind::Schema | Kind::Enum | Kind::Sequence | Kind::Column | Kind::Constraint => false,
            Kind::Table => self.is_partition_of_known(database, id),
            Kind::Index => {
                let table = ObjectId::new(Kind::Table, &id.schema, &id.of);
                database.holder(id).is_some_and(|holder| holder.kind == Kind::MaterializedView)
                    || (!self.objects.contains_key(&table) && self.is_partition_of_known(database, &table))
            }
            // They need their table.
            Kind::Trigger | Kind::Rule | Kind::Policy => match database.holder(id) {
                Some(holder) => self.objects.contains_key(holder) || self.must_adopt(database, holder),
                None => false,
            },
            _ => true,
        }
    }

    /// Whether a table of the database is a partition, at any level, of a table of this schema.
    fn is_partition_of_known(&self, database: &Self, id: &ObjectId) -> bool {
        let Some(partition) = database.table(&id.schema, &id.name).and_then(|table| table.partition_of.as_ref()) else {
            return false;
        };
        let parent = ObjectId::new(Kind::Table, &partition.parent.schema, &partition.parent.name);
        self.objects.contains_key(&parent) || self.is_partition_of_known(database, &parent)
    }
}

/// Takes the attributes of a table that revisions set with SQL. `table` keeps those that it defines.
fn adopt_table_attributes(table: &mut Table, known: &Table) {
    table.row_security |= known.row_security;
    table.force_row_security |= known.force_row_security;
    table.replica_identity.clone_from(&known.replica_identity);
    if table.options.is_empty() {
        table.options.clone_from(&known.options);
    }
    for column in &mut table.columns {
        let Some(known) = known.columns.iter().find(|known| known.name == column.name) else { continue };
        column.storage.clone_from(&known.storage);
        column.compression.clone_from(&known.compression);
        column.statistics = known.statistics;
        column.options.clone_from(&known.options);
    }
}

/// Whether a column or constraint belongs to a table.
fn holds(table: &ObjectId, part: &ObjectId) -> bool {
    table.kind == Kind::Table && part.schema == table.schema && part.of == table.name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::schema::Grant;

    fn schema(ids: &[ObjectId]) -> Schema {
        // Only the identities matter.
        Schema { objects: ids.iter().map(|id| (id.clone(), Object::Schema)).collect(), ..Schema::default() }
    }

    #[test]
    fn kinds_that_metadata_cannot_define_are_adopted() {
        let table = ObjectId::new(Kind::Table, "public", "a");
        for (id, is_adopted) in [
            (ObjectId::new(Kind::View, "public", "v"), true),
            (ObjectId::new(Kind::MaterializedView, "public", "v"), true),
            (ObjectId::routine(Kind::Function, "public", "f", "integer"), true),
            (ObjectId::new(Kind::Extension, "", "citext"), true),
            (ObjectId::new(Kind::Publication, "", "p"), true),
            (ObjectId::new(Kind::Domain, "public", "d"), true),
            (ObjectId::on(Kind::Trigger, "public", "a", "t"), true),
            (ObjectId::on(Kind::Policy, "public", "a", "p"), true),
            (ObjectId::on(Kind::Trigger, "public", "gone", "t"), false),
            (ObjectId::on(Kind::Index, "public", "a", "i"), false),
            (ObjectId::new(Kind::Table, "public", "b"), false),
            (ObjectId::new(Kind::Enum, "public", "e"), false),
            (ObjectId::new(Kind::Sequence, "public", "s"), false),
            (ObjectId::new(Kind::Schema, "", "other"), false),
        ] {
            let database = schema(&[table.clone(), ObjectId::new(Kind::Table, "public", "gone"), id.clone()]);
            let mut models = schema(std::slice::from_ref(&table));
            models.adopt_undefinable(&database);
            assert_eq!(models.objects.contains_key(&id), is_adopted, "{id}");
            assert_eq!(models.objects.len(), 1 + usize::from(is_adopted));
        }
    }

    #[test]
    fn parts_of_what_the_models_lack_are_not_adopted() {
        let (known, gone) = (ObjectId::new(Kind::Table, "public", "a"), ObjectId::new(Kind::Table, "public", "b"));
        let column = ObjectId::on(Kind::Column, "public", "a", "x");
        let mut database = schema(&[known.clone(), gone.clone()]);
        let grant = Grant { grantee: "public".into(), privilege: "SELECT".into(), grantable: false };
        for id in [&known, &gone, &column] {
            database.grants.entry(id.clone()).or_default().insert(grant.clone());
            database.comments.insert(id.clone(), "by hand".to_owned());
        }
        let mut models = schema(std::slice::from_ref(&known));
        models.adopt_undefinable(&database);
        assert_eq!(models.grants.keys().collect::<Vec<_>>(), [&known, &column]);
        assert!(models.comments.is_empty(), "metadata defines comments on tables and columns");
    }
}
