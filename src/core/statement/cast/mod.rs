//! Decides from two types whether a conversion of values loses or rejects values.
//!
//! A conversion is safe only for listed pairs of built-in types, for which every value converts to the new type and back
//! unchanged. All other pairs of built-in types are assumed to lose values. For other types, the outcome is unknown.

mod known;
mod type_name;

pub use type_name::TypeName;

/// The outcome of a conversion of all values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CastOutcome {
    /// Every value converts to the new type and back unchanged.
    Safe,
    /// Some values may change; some may also be rejected.
    Loses { why: String },
    /// No value changes, but some may be rejected.
    MayFail { why: String },
    /// Not known, because of a type that is not built in or an expression.
    Unknown,
}

/// The outcome for values of type `from` that are cast to each type of `chain` in order, and then to `to`.
///
/// The types are SQL, or the result of `format_type`, without a schema or with `pg_catalog`.
#[must_use]
pub fn convert(from: &str, chain: &[String], to: &str) -> CastOutcome {
    convert_through(from, chain.iter().map(String::as_str).chain([to]))
}

/// The worst outcome for values whose current type is not known.
#[must_use]
pub fn convert_unknown(chain: &[String], to: &str) -> CastOutcome {
    let mut types = chain.iter().map(String::as_str).chain([to]);
    let first = TypeName::parse(types.next().unwrap_or(to));
    if !first.is_unbounded_text() {
        return if first.is_built_in() {
            CastOutcome::Loses { why: format!("some types have values that do not fit into {first}") }
        } else {
            CastOutcome::Unknown
        };
    }
    convert_through(&first.to_string(), types)
}

/// Whether the new type may reject a value.
#[must_use]
pub fn may_reject(from: &str, chain: &[String], to: &str) -> bool {
    match convert(from, chain, to) {
        CastOutcome::Safe => false,
        CastOutcome::MayFail { .. } | CastOutcome::Unknown => true,
        CastOutcome::Loses { .. } => !known::never_rejects(&TypeName::parse(from), &TypeName::parse(to)),
    }
}

/// Whether the server must rewrite the table to convert the values without `USING`.
#[must_use]
pub fn rewrites_table(from: &str, to: &str) -> bool {
    !known::keeps_bytes(&TypeName::parse(from), &TypeName::parse(to))
}

/// The worst outcome of several conversions in order. Unknown is worse than a loss, and a loss is worse than a rejection.
fn convert_through<'a>(from: &str, types: impl Iterator<Item = &'a str>) -> CastOutcome {
    let mut from = TypeName::parse(from);
    let mut worst = CastOutcome::Safe;
    for to in types.map(TypeName::parse) {
        let cast = between(&from, &to);
        worst = match (worst, cast) {
            (CastOutcome::Unknown, _) | (_, CastOutcome::Unknown) => CastOutcome::Unknown,
            (lost @ CastOutcome::Loses { .. }, _) | (_, lost @ CastOutcome::Loses { .. }) => lost,
            (rejected @ CastOutcome::MayFail { .. }, _) | (_, rejected @ CastOutcome::MayFail { .. }) => rejected,
            (CastOutcome::Safe, CastOutcome::Safe) => CastOutcome::Safe,
        };
        from = to;
    }
    worst
}

fn between(from: &TypeName, to: &TypeName) -> CastOutcome {
    if from == to {
        return CastOutcome::Safe;
    }
    match (from.element(), to.element()) {
        (Some(from), Some(to)) => return between(&from, &to),
        (Some(element), None) if to.is_unbounded_text() => return between(&element, to),
        (None, None) => {}
        _ => return if from.is_built_in() && to.is_built_in() { lost(from, to) } else { CastOutcome::Unknown },
    }
    if !from.is_built_in() || !to.is_built_in() {
        return CastOutcome::Unknown;
    }
    if known::is_safe(from, to) {
        CastOutcome::Safe
    } else if let Some(why) = known::rejects(from, to) {
        CastOutcome::MayFail { why }
    } else {
        lost(from, to)
    }
}

fn lost(from: &TypeName, to: &TypeName) -> CastOutcome {
    let why = known::reason(from, to).map_or_else(|| format!("not every {from} value is a {to}"), str::to_owned);
    CastOutcome::Loses { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_is_safe() {
        for (from, to) in [
            ("int", "bigint"),
            ("smallint", "int4"),
            ("int8", "numeric"),
            ("integer", "double precision"),
            ("smallint", "real"),
            ("int2", "numeric(5)"),
            ("integer", "numeric(12, 2)"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric(12,4)"),
            ("numeric(10,2)", "numeric"),
            ("varchar(10)", "text"),
            ("character varying(10)", "varchar(20)"),
            ("varchar(10)", "pg_catalog.varchar"),
            ("TEXT", "varchar"),
            ("real", "float8"),
            ("float(3)", "real"),
            ("timestamp(3)", "timestamp"),
            ("timestamptz(3)", "timestamp with time zone"),
            ("time(0)", "time(3) without time zone"),
            ("bit(8)", "bit varying"),
            ("varbit(4)", "bit varying(8)"),
            ("cidr", "inet"),
            ("macaddr", "macaddr8"),
            ("jsonb", "json"),
            ("json", "text"),
            ("uuid", "text"),
            ("uuid", "varchar(36)"),
            ("boolean", "text"),
            ("int[]", "bigint[]"),
            ("integer[]", "text"),
            ("varchar(3)[]", "text ARRAY"),
            ("decimal(4,1)", "numeric(4,1)"),
            ("date", "date"),
        ] {
            assert_eq!(convert(from, &[], to), CastOutcome::Safe, "{from} to {to}");
        }
    }

    #[test]
    fn losses_and_rejections_are_found() {
        for (from, to) in [
            ("numeric", "integer"),
            ("numeric(10,2)", "numeric(10,1)"),
            ("numeric(10,2)", "numeric(10,0)"),
            ("bigint", "double precision"),
            ("integer", "real"),
            ("double precision", "real"),
            ("text", "varchar(10)"),
            ("varchar(20)", "varchar(10)"),
            ("text", "char(20)"),
            ("text", "name"),
            ("text", "\"char\""),
            ("timestamptz", "timestamp"),
            ("timestamp", "timestamptz"),
            ("timestamp", "date"),
            ("timestamp(6)", "timestamp(3)"),
            ("json", "jsonb"),
            ("text", "jsonb"),
            ("inet", "cidr"),
            ("integer", "boolean"),
            ("interval", "time"),
            ("interval", "interval year to month"),
            ("text", "integer"),
            ("bigint[]", "real[]"),
            ("text", "text[]"),
            ("bit varying", "bit(3)"),
            ("varchar(8)", "bit"),
        ] {
            assert!(
                matches!(convert(from, &[], to), CastOutcome::Loses { .. }),
                "{from} to {to}: {:?}",
                convert(from, &[], to)
            );
        }
        for (from, to) in [
            ("bigint", "integer"),
            ("integer", "smallint"),
            ("integer", "numeric(5,0)"),
            ("numeric(12,2)", "numeric(10,2)"),
            ("date", "timestamp"),
            ("text", "json"),
            ("macaddr8", "macaddr"),
            ("bigint[]", "int[]"),
        ] {
            assert!(
                matches!(convert(from, &[], to), CastOutcome::MayFail { .. }),
                "{from} to {to}: {:?}",
                convert(from, &[], to)
            );
        }
    }

    #[test]
    fn types_that_are_not_built_in_are_unknown() {
        for (from, to) in
            [("mood", "text"), ("text", "mood"), ("s.int", "integer"), ("mood[]", "text[]"), ("\"Int\"", "int")]
        {
            assert_eq!(convert(from, &[], to), CastOutcome::Unknown, "{from} to {to}");
        }
    }

    #[test]
    fn every_cast_of_a_chain_counts() {
        let chain = |types: &[&str]| types.iter().map(|ty| (*ty).to_owned()).collect::<Vec<_>>();
        assert_eq!(convert("integer", &chain(&["bigint"]), "bigint"), CastOutcome::Safe);
        assert!(matches!(convert("integer", &chain(&["real", "text"]), "text"), CastOutcome::Loses { .. }));
        assert!(matches!(convert("uuid", &chain(&["text", "uuid"]), "uuid"), CastOutcome::Loses { .. }));
        assert_eq!(convert("integer", &chain(&["mood"]), "bigint"), CastOutcome::Unknown);
    }

    #[test]
    fn an_unknown_type_has_the_worst_outcome() {
        let chain = |types: &[&str]| types.iter().map(|ty| (*ty).to_owned()).collect::<Vec<_>>();
        assert_eq!(convert_unknown(&[], "text"), CastOutcome::Safe);
        assert_eq!(convert_unknown(&chain(&["text"]), "varchar"), CastOutcome::Safe);
        assert!(matches!(convert_unknown(&[], "bigint"), CastOutcome::Loses { .. }));
        assert!(matches!(convert_unknown(&[], "varchar(20)"), CastOutcome::Loses { .. }));
        assert!(matches!(convert_unknown(&chain(&["integer"]), "integer"), CastOutcome::Loses { .. }));
        assert_eq!(convert_unknown(&chain(&["text", "mood"]), "mood"), CastOutcome::Unknown);
    }

    #[test]
    fn a_table_is_rewritten_unless_the_bytes_stay_the_same() {
        for (from, to) in [
            ("varchar(10)", "varchar(20)"),
            ("varchar(10)", "text"),
            ("text", "varchar"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("cidr", "inet"),
            ("timestamp(3)", "timestamp(6)"),
        ] {
            assert!(!rewrites_table(from, to), "{from} to {to}");
        }
        for (from, to) in
            [("integer", "bigint"), ("text", "varchar(10)"), ("numeric(10,2)", "numeric(12,3)"), ("integer", "text")]
        {
            assert!(rewrites_table(from, to), "{from} to {to}");
        }
    }
}
