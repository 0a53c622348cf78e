//! The specification of a pair of schemas: every object is on one side or on both, and every attribute has a value for
//! each side. Both sides are written from the same specification, so that a failing pair can be shrunk.

use proptest::collection::vec;
use proptest::prelude::*;

/// One of the two schemas: `a` is the old one, `b` the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

/// The sides that have an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Both,
    OnlyA,
    OnlyB,
}

impl Presence {
    pub fn is_on(self, side: Side) -> bool {
        self == Self::Both || (self == Self::OnlyA) == (side == Side::A)
    }
}

/// A value for each side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PerSide<T> {
    pub a: T,
    pub b: T,
}

impl<T: Copy + PartialEq> PerSide<T> {
    pub fn on(self, side: Side) -> T {
        if side == Side::A { self.a } else { self.b }
    }
}

impl<T: std::fmt::Debug + PartialEq> std::fmt::Debug for PerSide<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.a == self.b { write!(f, "{:?}", self.a) } else { write!(f, "{:?} -> {:?}", self.a, self.b) }
    }
}

/// A pair of schemas.
#[derive(Debug, Clone)]
pub struct PairSpec {
    pub types: Vec<Type>,
    pub sequences: Vec<Sequence>,
    pub tables: Vec<Table>,
    pub views: Vec<View>,
    pub routines: Vec<Routine>,
    pub database: DatabaseObjects,
}

/// An enum, domain, composite or range type, by `kind`.
#[derive(Debug, Clone)]
pub struct Type {
    pub kind: u8,
    pub presence: Presence,
    pub variant: PerSide<u8>,
    pub not_null: PerSide<bool>,
    /// The labels of an enum, attributes of a composite type, or checks of a domain.
    pub parts: Vec<(Presence, PerSide<u8>)>,
    pub annotations: Annotations,
}

/// Comment and grants.
#[derive(Debug, Clone, Copy)]
pub struct Annotations {
    pub comment: PerSide<u8>,
    pub grant: PerSide<u8>,
}

#[derive(Debug, Clone)]
pub struct Sequence {
    pub presence: Presence,
    pub variant: PerSide<u8>,
    pub owner: PerSide<u8>,
    pub annotations: Annotations,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub presence: Presence,
    pub in_app: bool,
    /// Plain, partitioned, or a child.
    pub shape: u8,
    pub other: u8,
    pub id: (PerSide<u8>, PerSide<u8>),
    pub key: PerSide<u8>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Part>,
    pub references: Vec<Part>,
    pub indexes: Vec<Part>,
    pub attached: Vec<Part>,
    pub partitions: Vec<Part>,
    pub options: PerSide<u8>,
    pub annotations: Annotations,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub presence: Presence,
    pub family: u8,
    pub which: u8,
    pub variant: PerSide<u8>,
    pub not_null: PerSide<bool>,
    pub default: PerSide<u8>,
    pub extra: PerSide<u8>,
    pub annotations: Annotations,
}

/// A part of a table.
#[derive(Debug, Clone)]
pub struct Part {
    pub kind: u8,
    pub presence: Presence,
    pub other: u8,
    pub variant: PerSide<u8>,
    pub name: PerSide<bool>,
    pub comment: PerSide<u8>,
}

#[derive(Debug, Clone)]
pub struct View {
    pub presence: Presence,
    pub materialized: bool,
    pub source: u8,
    pub variant: PerSide<u8>,
    pub options: PerSide<u8>,
    pub indexed: PerSide<bool>,
    pub annotations: Annotations,
}

#[derive(Debug, Clone)]
pub struct Routine {
    pub kind: u8,
    pub presence: Presence,
    pub other: u8,
    pub variant: PerSide<u8>,
    pub annotations: Annotations,
}

/// Objects that a database has only once.
#[derive(Debug, Clone)]
pub struct DatabaseObjects {
    /// The bodies of `app.ok` and `app.touch`, which other objects use.
    pub bodies: PerSide<u8>,
    pub extra_schema: Presence,
    pub extension: PerSide<bool>,
    pub collation: PerSide<bool>,
    pub event_trigger: PerSide<u8>,
    pub default_privileges: PerSide<u8>,
    pub schema_grants: Annotations,
}

fn presence() -> impl Strategy<Value = Presence> {
    prop_oneof![6 => Just(Presence::Both), 1 => Just(Presence::OnlyA), 1 => Just(Presence::OnlyB)]
}

fn per_side<T: Clone + PartialEq + std::fmt::Debug>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = PerSide<T>> {
    (value.clone(), proptest::option::weighted(0.15, value))
        .prop_map(|(a, b)| PerSide { b: b.unwrap_or_else(|| a.clone()), a })
}

/// One of `count` choices. 0 is the simplest.
fn choice(count: u8) -> impl Strategy<Value = PerSide<u8>> {
    per_side(0..count)
}

/// Usually 0.
fn rarely(count: u8) -> impl Strategy<Value = PerSide<u8>> {
    per_side(prop_oneof![4 => Just(0), 1 => 0..count])
}

fn annotations() -> impl Strategy<Value = Annotations> {
    (mostly_none(), mostly_none()).prop_map(|(comment, grant)| Annotations { comment, grant })
}

fn mostly_none() -> impl Strategy<Value = PerSide<u8>> {
    per_side(prop_oneof![6 => Just(0), 1 => 1..4_u8])
}

fn part(kinds: u8) -> impl Strategy<Value = Part> {
    let name = per_side(proptest::bool::weighted(0.1));
    (0..kinds, presence(), any::<u8>(), choice(12), name, rarely(3)).prop_map(
        |(kind, presence, other, variant, name, comment)| Part { kind, presence, other, variant, name, comment },
    )
}

fn column() -> impl Strategy<Value = Column> {
    let flag = per_side(proptest::bool::weighted(0.25));
    (presence(), 0..18_u8, any::<u8>(), choice(8), flag, rarely(4), rarely(6), annotations()).prop_map(
        |(presence, family, which, variant, not_null, default, extra, annotations)| Column {
            presence,
            family,
            which,
            variant,
            not_null,
            default,
            extra,
            annotations,
        },
    )
}

fn table() -> impl Strategy<Value = Table> {
    let parts = (vec(part(5), 0..3), vec(part(4), 0..3), vec(part(12), 0..3), vec(part(4), 0..3), vec(part(4), 0..3));
    let shape = prop_oneof![5 => Just(0_u8), 2 => Just(1), 1 => Just(2)];
    let about =
        (presence(), any::<bool>(), shape, any::<u8>(), choice(4), choice(3), choice(4), rarely(12), annotations());
    (about, vec(column(), 0..6), parts).prop_map(|(about, columns, parts)| {
        let (presence, in_app, shape, other, kind, width, key, options, annotations) = about;
        let (constraints, references, indexes, attached, partitions) = parts;
        let id = (kind, width);
        Table {
            presence,
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
            annotations,
        }
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    let parts = vec((presence(), choice(6)), 1..5);
    (0..4_u8, presence(), choice(4), per_side(proptest::bool::weighted(0.2)), parts, annotations()).prop_map(
        |(kind, presence, variant, not_null, parts, annotations)| Type {
            kind,
            presence,
            variant,
            not_null,
            parts,
            annotations,
        },
    )
}

fn sequence() -> impl Strategy<Value = Sequence> {
    (presence(), choice(6), rarely(5), annotations()).prop_map(|(presence, variant, owner, annotations)| Sequence {
        presence,
        variant,
        owner,
        annotations,
    })
}

fn view() -> impl Strategy<Value = View> {
    (
        presence(),
        proptest::bool::weighted(0.3),
        any::<u8>(),
        choice(4),
        rarely(3),
        per_side(any::<bool>()),
        annotations(),
    )
        .prop_map(|(presence, materialized, source, variant, options, indexed, annotations)| View {
            presence,
            materialized,
            source,
            variant,
            options,
            indexed,
            annotations,
        })
}

fn routine() -> impl Strategy<Value = Routine> {
    (0..9_u8, presence(), any::<u8>(), choice(6), annotations()).prop_map(
        |(kind, presence, other, variant, annotations)| Routine { kind, presence, other, variant, annotations },
    )
}

fn database() -> impl Strategy<Value = DatabaseObjects> {
    let flag = || per_side(proptest::bool::weighted(0.3));
    (rarely(3), presence(), flag(), flag(), rarely(4), rarely(4), annotations()).prop_map(
        |(bodies, extra_schema, extension, collation, event_trigger, default_privileges, schema_grants)| {
            DatabaseObjects {
                bodies,
                extra_schema,
                extension,
                collation,
                event_trigger,
                default_privileges,
                schema_grants,
            }
        },
    )
}

/// Pairs of schemas with all kinds of objects.
pub fn pair_specs() -> impl Strategy<Value = PairSpec> {
    (
        vec(any_type(), 0..5),
        vec(sequence(), 0..3),
        vec(table(), 1..5),
        vec(view(), 0..5),
        vec(routine(), 0..4),
        database(),
    )
        .prop_map(|(types, sequences, tables, views, routines, database)| PairSpec {
            types,
            sequences,
            tables,
            views,
            routines,
            database,
        })
}
