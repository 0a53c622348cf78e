//! What a pair of schemas is drawn from: every object stands on one side or on both, every attribute has a value for
//! each side. Both sides are rendered from the same value, so a pair shrinks by shrinking it.

use proptest::collection::vec;
use proptest::prelude::*;

/// Which of the two schemas is meant: `a`, or `b`, which it is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    A,
    B,
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Both,
    OnlyA,
    OnlyB,
}

impl Side {
    pub fn is_at(self, at: At) -> bool {
        self == Self::Both || (self == Self::OnlyA) == (at == At::A)
    }
}

/// A value for each side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Twice<T> {
    pub a: T,
    pub b: T,
}

impl<T: Copy + PartialEq> Twice<T> {
    pub fn at(self, at: At) -> T {
        if at == At::A { self.a } else { self.b }
    }
}

impl<T: std::fmt::Debug + PartialEq> std::fmt::Debug for Twice<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.a == self.b { write!(f, "{:?}", self.a) } else { write!(f, "{:?} -> {:?}", self.a, self.b) }
    }
}

/// A pair of schemas.
#[derive(Debug, Clone)]
pub struct World {
    pub types: Vec<Type>,
    pub sequences: Vec<Sequence>,
    pub tables: Vec<Table>,
    pub views: Vec<View>,
    pub routines: Vec<Routine>,
    pub wide: Wide,
}

/// An enum, domain, composite or range type, by `kind`.
#[derive(Debug, Clone)]
pub struct Type {
    pub kind: u8,
    pub side: Side,
    pub variant: Twice<u8>,
    pub not_null: Twice<bool>,
    /// Labels of an enum, attributes of a composite type, checks of a domain.
    pub parts: Vec<(Side, Twice<u8>)>,
    pub noted: Noted,
}

/// Comment and grants.
#[derive(Debug, Clone, Copy)]
pub struct Noted {
    pub comment: Twice<u8>,
    pub grant: Twice<u8>,
}

#[derive(Debug, Clone)]
pub struct Sequence {
    pub side: Side,
    pub variant: Twice<u8>,
    pub owner: Twice<u8>,
    pub noted: Noted,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub side: Side,
    pub in_app: bool,
    /// Plain, partitioned, or a child.
    pub shape: u8,
    pub other: u8,
    pub id: (Twice<u8>, Twice<u8>),
    pub key: Twice<u8>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Part>,
    pub references: Vec<Part>,
    pub indexes: Vec<Part>,
    pub attached: Vec<Part>,
    pub partitions: Vec<Part>,
    pub options: Twice<u8>,
    pub noted: Noted,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub side: Side,
    pub family: u8,
    pub which: u8,
    pub variant: Twice<u8>,
    pub not_null: Twice<bool>,
    pub default: Twice<u8>,
    pub extra: Twice<u8>,
    pub noted: Noted,
}

/// Something that belongs to a table.
#[derive(Debug, Clone)]
pub struct Part {
    pub kind: u8,
    pub side: Side,
    pub other: u8,
    pub variant: Twice<u8>,
    pub name: Twice<bool>,
    pub comment: Twice<u8>,
}

#[derive(Debug, Clone)]
pub struct View {
    pub side: Side,
    pub materialized: bool,
    pub source: u8,
    pub variant: Twice<u8>,
    pub options: Twice<u8>,
    pub indexed: Twice<bool>,
    pub noted: Noted,
}

#[derive(Debug, Clone)]
pub struct Routine {
    pub kind: u8,
    pub side: Side,
    pub other: u8,
    pub variant: Twice<u8>,
    pub noted: Noted,
}

/// What a database has one of.
#[derive(Debug, Clone)]
pub struct Wide {
    /// The bodies of `app.ok` and `app.touch`, on which others stand.
    pub bodies: Twice<u8>,
    pub extra_schema: Side,
    pub extension: Twice<bool>,
    pub collation: Twice<bool>,
    pub event_trigger: Twice<u8>,
    pub default_privileges: Twice<u8>,
    pub schema_grants: Noted,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![6 => Just(Side::Both), 1 => Just(Side::OnlyA), 1 => Just(Side::OnlyB)]
}

fn twice<T: Clone + PartialEq + std::fmt::Debug>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Twice<T>> {
    (value.clone(), proptest::option::weighted(0.15, value))
        .prop_map(|(a, b)| Twice { b: b.unwrap_or_else(|| a.clone()), a })
}

/// One of `count` choices; 0 is the plainest.
fn choice(count: u8) -> impl Strategy<Value = Twice<u8>> {
    twice(0..count)
}

/// Mostly 0.
fn seldom(count: u8) -> impl Strategy<Value = Twice<u8>> {
    twice(prop_oneof![4 => Just(0), 1 => 0..count])
}

fn noted() -> impl Strategy<Value = Noted> {
    (mostly_none(), mostly_none()).prop_map(|(comment, grant)| Noted { comment, grant })
}

fn mostly_none() -> impl Strategy<Value = Twice<u8>> {
    twice(prop_oneof![6 => Just(0), 1 => 1..4_u8])
}

fn part(kinds: u8) -> impl Strategy<Value = Part> {
    let name = twice(proptest::bool::weighted(0.1));
    (0..kinds, side(), any::<u8>(), choice(12), name, seldom(3))
        .prop_map(|(kind, side, other, variant, name, comment)| Part { kind, side, other, variant, name, comment })
}

fn column() -> impl Strategy<Value = Column> {
    let flag = twice(proptest::bool::weighted(0.25));
    (side(), 0..18_u8, any::<u8>(), choice(8), flag, seldom(4), seldom(6), noted()).prop_map(
        |(side, family, which, variant, not_null, default, extra, noted)| Column {
            side,
            family,
            which,
            variant,
            not_null,
            default,
            extra,
            noted,
        },
    )
}

fn table() -> impl Strategy<Value = Table> {
    let parts = (vec(part(5), 0..3), vec(part(4), 0..3), vec(part(12), 0..3), vec(part(4), 0..3), vec(part(4), 0..3));
    let shape = prop_oneof![5 => Just(0_u8), 2 => Just(1), 1 => Just(2)];
    let about = (side(), any::<bool>(), shape, any::<u8>(), choice(4), choice(3), choice(4), seldom(12), noted());
    (about, vec(column(), 0..6), parts).prop_map(|(about, columns, parts)| {
        let (side, in_app, shape, other, kind, width, key, options, noted) = about;
        let (constraints, references, indexes, attached, partitions) = parts;
        let id = (kind, width);
        Table {
            side,
            in_app,
            shape,
            other,
            id,
            key,
            columns,
            constraints,
            references,
            indexes,
            attached,
            partitions,
            options,
            noted,
        }
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    let parts = vec((side(), choice(6)), 1..5);
    (0..4_u8, side(), choice(4), twice(proptest::bool::weighted(0.2)), parts, noted())
        .prop_map(|(kind, side, variant, not_null, parts, noted)| Type { kind, side, variant, not_null, parts, noted })
}

fn sequence() -> impl Strategy<Value = Sequence> {
    (side(), choice(6), seldom(5), noted()).prop_map(|(side, variant, owner, noted)| Sequence {
        side,
        variant,
        owner,
        noted,
    })
}

fn view() -> impl Strategy<Value = View> {
    (side(), proptest::bool::weighted(0.3), any::<u8>(), choice(4), seldom(3), twice(any::<bool>()), noted()).prop_map(
        |(side, materialized, source, variant, options, indexed, noted)| View {
            side,
            materialized,
            source,
            variant,
            options,
            indexed,
            noted,
        },
    )
}

fn routine() -> impl Strategy<Value = Routine> {
    (0..9_u8, side(), any::<u8>(), choice(6), noted()).prop_map(|(kind, side, other, variant, noted)| Routine {
        kind,
        side,
        other,
        variant,
        noted,
    })
}

fn wide() -> impl Strategy<Value = Wide> {
    let flag = || twice(proptest::bool::weighted(0.3));
    (seldom(3), side(), flag(), flag(), seldom(4), seldom(4), noted()).prop_map(
        |(bodies, extra_schema, extension, collation, event_trigger, default_privileges, schema_grants)| Wide {
            bodies,
            extra_schema,
            extension,
            collation,
            event_trigger,
            default_privileges,
            schema_grants,
        },
    )
}

/// Pairs of schemas, over all kinds of objects.
pub fn worlds() -> impl Strategy<Value = World> {
    (vec(any_type(), 0..5), vec(sequence(), 0..3), vec(table(), 1..5), vec(view(), 0..5), vec(routine(), 0..4), wide())
        .prop_map(|(types, sequences, tables, views, routines, wide)| World {
            types,
            sequences,
            tables,
            views,
            routines,
            wide,
        })
}
