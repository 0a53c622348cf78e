//! Statements for single changes of tables and their parts.

mod column;
mod key;
mod table;

use super::{Alteration, alter, alteration, create, drop, own as own_sequence, release};
use crate::core::diff::fixtures::{
    Pair, column, constraint, depend, index, labels, numbers, on, own, sql, table, table_with,
};
use crate::core::schema::ConstraintKind::{Check, Exclusion, ForeignKey, NotNull, PrimaryKey, Unique};
use crate::core::schema::{
    Column, CompositeType, Constraint, Domain, ForeignTable, Generation, Identity, IdentitySequence, Index, Kind,
    Object, ObjectId, Partition, Persistence, QualifiedName, Sequence, SequenceOptions, Table,
};

const ALTER: Alteration = Alteration::InPlace { rebuilds_dependents: false };
const RETYPE: Alteration = Alteration::InPlace { rebuilds_dependents: true };

fn id() -> ObjectId {
    own(Kind::Table, "t")
}

fn column_id() -> ObjectId {
    on(Kind::Column, "t", "c")
}

fn column_pair(old: Column, new: Column) -> Pair {
    Pair::new(id(), table(&[old]), table(&[new]))
}

fn column_with(type_name: &str, set: impl FnOnce(&mut Column)) -> Column {
    let mut built = column("c", type_name);
    set(&mut built);
    built
}

fn numbered(always: bool, type_name: &str, set: impl FnOnce(&mut SequenceOptions)) -> Column {
    let mut options = numbers(type_name);
    set(&mut options);
    let sequence = IdentitySequence { schema: "public".into(), name: "t_c_seq".into(), options };
    column_with(type_name, |column| {
        column.not_null = true;
        column.identity = Some(Identity { always, sequence: Some(sequence) });
    })
}

fn parent(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".into(), name: name.into() }
}

fn altered(pair: &Pair, id: &ObjectId) -> Vec<String> {
    sql(alter(&pair.context(), id))
}
