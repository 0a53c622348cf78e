//! The change of an object.

use std::collections::BTreeMap;

use crate::core::schema::ObjectId;

/// What happens to an object between the old and the new schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectChange {
    Keep,
    Create,
    Drop,
    Alter,
    /// The object is dropped and created again.
    Recreate,
}

impl ObjectChange {
    /// Whether the new schema's object is created.
    pub fn creates(self) -> bool {
        matches!(self, Self::Create | Self::Recreate)
    }

    /// Whether the old schema's object is dropped.
    pub fn drops(self) -> bool {
        matches!(self, Self::Drop | Self::Recreate)
    }
}

/// The change of every object that has steps of its own.
pub type ObjectChanges = BTreeMap<ObjectId, ObjectChange>;
