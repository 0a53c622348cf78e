//! Puts rows together: what an oid stands for, and what belongs to what.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::unreadable;
use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema, Scope};
use crate::engine::Result;

/// The system catalogs' own oids, the same in every version.
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
}

/// An object as the catalog addresses it, for one snapshot: catalog, oid, and column or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub class: u32,
    pub oid: u32,
    pub column: i32,
}

/// One row of a source.
pub(super) struct Record {
    pub oid: u32,
    pub id: ObjectId,
    pub data: String,
}

impl Record {
    pub fn of(kind: Kind, row: &Row) -> Result<Self, tokio_postgres::Error> {
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
        serde_json::from_str(&self.data).map_err(|error| unreadable(self.id.kind, &format!("{}: {error}", self.id)))
    }
}

/// A schema in the making.
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

    /// Whether it is anyone's business.
    pub fn wants(&self, id: &ObjectId) -> bool {
        self.scope.contains(id)
    }

    /// Takes an object in; `false` where it is out of scope.
    pub fn put<T: DeserializeOwned>(&mut self, class: u32, record: Record, wrap: fn(T) -> Object) -> Result<bool> {
        if !self.wants(&record.id) {
            return Ok(false);
        }
        let object = wrap(record.parse()?);
        self.know(class, record.oid, 0, record.id.clone());
        self.schema.objects.insert(record.id, object);
        Ok(true)
    }

    /// Remembers what an address stands for.
    pub fn know(&mut self, class: u32, oid: u32, column: i32, id: ObjectId) {
        self.ids.insert(Address { class, oid, column }, id);
    }

    /// Remembers that dependencies on one thing are dependencies on another.
    pub fn alias(&mut self, from: Address, to: Address) {
        self.aliases.insert(from, to);
    }

    /// What stands at an address itself.
    pub fn at(&self, address: Address) -> Option<&ObjectId> {
        self.ids.get(&address)
    }

    /// What stands at an address, or for it.
    pub fn meant(&self, mut address: Address) -> Option<&ObjectId> {
        // The longest way: an array of a multirange of a range that an extension made.
        for _ in 0..5 {
            match self.aliases.get(&address) {
                Some(next) => address = *next,
                None => break,
            }
        }
        self.ids.get(&address)
    }

    /// The columns of a relation that was taken in.
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

    /// The constraints of a table or domain that was taken in.
    pub fn constraints(&mut self, holder: Address) -> Option<&mut Vec<Constraint>> {
        let id = self.ids.get(&holder)?;
        match self.schema.objects.get_mut(id)? {
            Object::Table(table) => Some(&mut table.constraints),
            Object::Domain(domain) => Some(&mut domain.constraints),
            _ => None,
        }
    }

    /// The schema, once everything has been taken in.
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
