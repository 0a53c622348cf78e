//! Assembles a schema from the rows of the catalog queries: resolves oids, and adds parts to the objects that they
//! belong to.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::unexpected_entry;
use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema, Scope};
use crate::engine::Result;

/// The oids of the system catalogs, which are the same in every version.
pub(super) mod class {
    pub const TYPE: u32 = 1247;
    pub const PROC: u32 = 1255;
    pub const RELATION: u32 = 1259;
    pub const CONSTRAINT: u32 = 2606;
    pub const NAMESPACE: u32 = 2615;
    pub const REWRITE: u32 = 2618;
    pub const TRIGGER: u32 = 2620;
    pub const EXTENSION: u32 = 3079;
    pub const POLICY: u32 = 3256;
    pub const STATISTICS: u32 = 3381;
    pub const COLLATION: u32 = 3456;
    pub const EVENT_TRIGGER: u32 = 3466;
    pub const DEFAULT_ACL: u32 = 826;
    pub const FOREIGN_SERVER: u32 = 1417;
    pub const USER_MAPPING: u32 = 1418;
    pub const FOREIGN_DATA_WRAPPER: u32 = 2328;
    pub const PUBLICATION: u32 = 6104;
    pub const PUBLICATION_TABLE: u32 = 6106;
    pub const PUBLICATION_SCHEMA: u32 = 6237;
}

/// The address of an object in the catalog, valid in one snapshot: catalog, oid, and column number or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub class: u32,
    pub oid: u32,
    pub column: i32,
}

/// One row of a catalog query.
pub(super) struct Record {
    pub oid: u32,
    pub id: ObjectId,
    pub data: String,
}

impl Record {
    pub fn from_row(kind: Kind, row: &Row) -> Result<Self, tokio_postgres::Error> {
        let id = ObjectId {
            kind,
            schema: row.try_get(1)?,
            of: row.try_get(2)?,
            name: row.try_get(3)?,
            arguments: row.try_get(4)?,
        };
        Ok(Self { oid: row.try_get(0)?, id, data: row.try_get(5)? })
    }

    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.data)
            .map_err(|error| unexpected_entry(self.id.kind, &format!("{}: {error}", self.id)))
    }
}

/// A schema that is being assembled.
pub(super) struct Assembly {
    pub schema: Schema,
    scope: Scope,
    ids: HashMap<Address, ObjectId>,
    aliases: HashMap<Address, Address>,
}

impl Assembly {
    pub fn new(scope: Scope) -> Self {
        Self { schema: Schema::default(), scope, ids: HashMap::new(), aliases: HashMap::new() }
    }

    /// Whether an object is in scope.
    pub fn is_in_scope(&self, id: &ObjectId) -> bool {
        self.scope.contains(id)
    }

    /// Adds an object. Returns whether it is in scope; otherwise it is ignored.
    pub fn add_object<T: DeserializeOwned>(
        &mut self,
        class: u32,
        record: Record,
        wrap: fn(T) -> Object,
    ) -> Result<bool> {
        if !self.is_in_scope(&record.id) {
            return Ok(false);
        }
        let object = wrap(record.parse()?);
        self.register(class, record.oid, 0, record.id.clone());
        self.schema.objects.insert(record.id, object);
        Ok(true)
    }

    /// Records the identity of the object at an address.
    pub fn register(&mut self, class: u32, oid: u32, column: i32, id: ObjectId) {
        self.ids.insert(Address { class, oid, column }, id);
    }

    /// Records that dependencies on one address are dependencies on another.
    pub fn register_alias(&mut self, from: Address, to: Address) {
        self.aliases.insert(from, to);
    }

    /// The object at an address, without aliases.
    pub fn object_at(&self, address: Address) -> Option<&ObjectId> {
        self.ids.get(&address)
    }

    /// The object at an address, or at the address that it is an alias of.
    pub fn resolve(&self, mut address: Address) -> Option<&ObjectId> {
        // The longest chain: the array of the multirange of a range type that belongs to an extension.
        for _ in 0..5 {
            match self.aliases.get(&address) {
                Some(next) => address = *next,
                None => break,
            }
        }
        self.ids.get(&address)
    }

    /// The columns of a relation that was added.
    pub fn columns(&mut self, relation: u32) -> Option<&mut Vec<Column>> {
        let id = self.ids.get(&Address { class: class::RELATION, oid: relation, column: 0 })?;
        match self.schema.objects.get_mut(id)? {
            Object::Table(table) => Some(&mut table.columns),
            Object::View(view) => Some(&mut view.columns),
            Object::MaterializedView(view) => Some(&mut view.columns),
            Object::CompositeType(composite) => Some(&mut composite.columns),
            _ => None,
        }
    }

    /// The constraints of a table or domain that was added.
    pub fn constraints(&mut self, holder: Address) -> Option<&mut Vec<Constraint>> {
        let id = self.ids.get(&holder)?;
        match self.schema.objects.get_mut(id)? {
            Object::Table(table) => Some(&mut table.constraints),
            Object::Domain(domain) => Some(&mut domain.constraints),
            _ => None,
        }
    }

    /// Returns the assembled schema.
    pub fn finish(mut self) -> Schema {
        self.schema.unsupported.sort();
        self.schema
    }
}

impl Address {
    pub fn relation(oid: u32) -> Self {
        Self { class: class::RELATION, oid, column: 0 }
    }
}
