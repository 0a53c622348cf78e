//! What becomes of the values of a column whose type changes, told from the two types alone.
//!
//! Safe is what was proved safe: only pairs of built-in types in which every value goes over and comes back as it
//! was. Everything else is taken to lose, and types that are not built in are not known.

mod known;
mod type_name;
mod using;

pub use type_name::TypeName;

/// What a cast does to values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cast {
    /// Every value goes over, and would come back as it was.
    Safe,
    /// Some values come out as others; some may be refused besides.
    Loses { why: String },
    /// Values that go over are as they were, and some are refused.
    MayFail { why: String },
    /// A type that is not built in, or an expression.
    Unknown,
}

/// What `ALTER COLUMN … TYPE to [USING using]` does to the values of a column of type `from`.
///
/// Types are as SQL or `format_type` writes them; without a schema, or with `pg_catalog`.
#[must_use]
pub fn loses(from: &str, to: &str, using: Option<&str>) -> Cast {
    let Some(using) = using else { return between(&TypeName::parse(from), &TypeName::parse(to)) };
    match using::chain(using) {
        Some(chain) => along(from, chain.iter().map(String::as_str).chain([to])),
        None => Cast::Unknown,
    }
}

/// What a change to this type does to a column of which the type is not known: the worst of what may be.
#[must_use]
pub fn into(to: &str, using: Option<&str>) -> Cast {
    let chain = match using.map(using::chain) {
        None => Vec::new(),
        Some(Some(chain)) => chain,
        Some(None) => return Cast::Unknown,
    };
    let mut types = chain.iter().map(String::as_str).chain([to]);
    let first = TypeName::parse(types.next().unwrap_or(to));
    if !first.is_unbounded_text() {
        return if first.is_built_in() {
            Cast::Loses { why: format!("values of some types do not all fit into {first}") }
        } else {
            Cast::Unknown
        };
    }
    along(&first.to_string(), types)
}

/// The types that a `USING` casts a column to one after the other; `None` when it is anything else.
#[must_use]
pub fn chain_of(using: &str, column: &str) -> Option<Vec<String>> {
    using::casts(using).filter(|(name, _)| name == column).map(|(_, chain)| chain)
}

/// Whether a change may stop at a value that the new type refuses.
#[must_use]
pub fn may_refuse(from: &str, to: &str, using: Option<&str>) -> bool {
    match loses(from, to, using) {
        Cast::Safe => false,
        Cast::MayFail { .. } | Cast::Unknown => true,
        Cast::Loses { .. } => !known::never_refuses(&TypeName::parse(from), &TypeName::parse(to)),
    }
}

/// Whether the server has to write the table anew.
#[must_use]
pub fn rewrites(from: &str, to: &str, using: Option<&str>) -> bool {
    let plain = using.is_none_or(|using| using::chain(using).is_some_and(|chain| chain.is_empty()));
    !plain || !known::keeps_bytes(&TypeName::parse(from), &TypeName::parse(to))
}

/// One cast after the other: the first that is not safe decides, a loss before a refusal.
fn along<'a>(from: &str, types: impl Iterator<Item = &'a str>) -> Cast {
    let mut from = TypeName::parse(from);
    let mut worst = Cast::Safe;
    for to in types.map(TypeName::parse) {
        let cast = between(&from, &to);
        worst = match (worst, cast) {
            (Cast::Unknown, _) | (_, Cast::Unknown) => Cast::Unknown,
            (lost @ Cast::Loses { .. }, _) | (_, lost @ Cast::Loses { .. }) => lost,
            (refused @ Cast::MayFail { .. }, _) | (_, refused @ Cast::MayFail { .. }) => refused,
            (Cast::Safe, Cast::Safe) => Cast::Safe,
        };
        from = to;
    }
    worst
}

fn between(from: &TypeName, to: &TypeName) -> Cast {
    if from == to {
        return Cast::Safe;
    }
    match (from.element(), to.element()) {
        (Some(from), Some(to)) => return between(&from, &to),
        (Some(element), None) if to.is_unbounded_text() => return between(&element, to),
        (None, None) => {}
        _ => return if from.is_built_in() && to.is_built_in() { lost(from, to) } else { Cast::Unknown },
    }
    if !from.is_built_in() || !to.is_built_in() {
        return Cast::Unknown;
    }
    if known::is_safe(from, to) {
        Cast::Safe
    } else if let Some(why) = known::refuses(from, to) {
        Cast::MayFail { why }
    } else {
        lost(from, to)
    }
}

fn lost(from: &TypeName, to: &TypeName) -> Cast {
    let why = known::reason(from, to).map_or_else(|| format!("not every {from} is a {to}"), str::to_owned);
    Cast::Loses { why }
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
            assert_eq!(loses(from, to, None), Cast::Safe, "{from} to {to}");
        }
    }

    #[test]
    fn what_loses_or_refuses_is_told() {
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
            assert!(matches!(loses(from, to, None), Cast::Loses { .. }), "{from} to {to}: {:?}", loses(from, to, None));
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
                matches!(loses(from, to, None), Cast::MayFail { .. }),
                "{from} to {to}: {:?}",
                loses(from, to, None)
            );
        }
    }

    #[test]
    fn what_is_not_built_in_is_not_known() {
        for (from, to) in
            [("mood", "text"), ("text", "mood"), ("s.int", "integer"), ("mood[]", "text[]"), ("\"Int\"", "int")]
        {
            assert_eq!(loses(from, to, None), Cast::Unknown, "{from} to {to}");
        }
    }

    #[test]
    fn using_is_followed_through_casts_and_no_further() {
        assert_eq!(loses("integer", "bigint", Some("a::bigint")), Cast::Safe);
        assert_eq!(loses("integer", "bigint", Some("(a)")), Cast::Safe);
        assert_eq!(loses("integer", "bigint", Some("CAST(a AS bigint)")), Cast::Safe);
        assert!(matches!(loses("integer", "text", Some("a::real::text")), Cast::Loses { .. }));
        assert!(matches!(loses("uuid", "uuid", Some("\"A\"::text::uuid")), Cast::Loses { .. }));
        assert_eq!(loses("integer", "bigint", Some("a + 1")), Cast::Unknown);
        assert_eq!(loses("integer", "bigint", Some("0")), Cast::Unknown);
        assert_eq!(loses("text", "text", Some("nullif(a, '')")), Cast::Unknown);
        assert_eq!(loses("int", "int", Some("a) , drop (")), Cast::Unknown);
    }

    #[test]
    fn of_a_column_that_is_not_known_the_worst_is_told() {
        assert_eq!(into("text", None), Cast::Safe);
        assert_eq!(into("varchar", Some("a::text")), Cast::Safe);
        assert!(matches!(into("bigint", None), Cast::Loses { .. }));
        assert!(matches!(into("varchar(20)", None), Cast::Loses { .. }));
        assert!(matches!(into("integer", Some("a::integer")), Cast::Loses { .. }));
        assert_eq!(into("mood", Some("a::text::mood")), Cast::Unknown);
        assert_eq!(into("text", Some("upper(a)")), Cast::Unknown);
    }

    #[test]
    fn tables_are_rewritten_unless_the_bytes_stay() {
        for (from, to) in [
            ("varchar(10)", "varchar(20)"),
            ("varchar(10)", "text"),
            ("text", "varchar"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("cidr", "inet"),
            ("timestamp(3)", "timestamp(6)"),
        ] {
            assert!(!rewrites(from, to, None), "{from} to {to}");
        }
        for (from, to) in
            [("integer", "bigint"), ("text", "varchar(10)"), ("numeric(10,2)", "numeric(12,3)"), ("integer", "text")]
        {
            assert!(rewrites(from, to, None), "{from} to {to}");
        }
        assert!(rewrites("text", "text", Some("upper(a)")));
    }
}
