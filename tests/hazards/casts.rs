//! Every cast between built-in types, tested with values: a cast that limbeck calls safe must be safe.

use std::fmt::Write;

use limbeck::core::statement::cast::{CastOutcome, convert, may_reject};

use crate::support::server;

/// Types, and values of each type (including extremes), separated by `|`.
#[rustfmt::skip]
pub(super) const TYPES: &[(&str, &str)] = &[
    ("boolean", "true|false"),
    ("smallint", "-32768|-1|0|1|7|32767"),
    ("integer", "-2147483648|-1|0|1|123456789|2147483647"),
    ("bigint", "-9223372036854775808|-1|0|1|9007199254740993|9223372036854775807"),
    ("real", "-3.4028235e+38|-0.1|0|1.5|16777216|1e-40|NaN|Infinity"),
    ("double precision", "-1.7976931348623157e+308|0.1|0|1.5|9007199254740991|1e-300|NaN|-Infinity"),
    ("numeric", "-123456789012345678901234567890.123456789|0.1|0|1.50|99999|NaN"),
    ("numeric(5,2)", "-999.99|0|0.01|1.50"),
    ("numeric(10,0)", "-9999999999|0|1"),
    ("numeric(12,4)", "-99999999.9999|0|0.0001"),
    ("money", "-12.34|0|92233720368547758.07"),
    ("text", "|a|a  |  b|true|on|1|-1.5|0x1f|2020-01-01|2020-1-1|{}|{\"b\":1, \"b\": 2}|<a/>|[1,2]|10.0.0.1|101|\u{e9}|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("varchar", "|a|a  |true|1|-1.5|2020-1-1|{}|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("varchar(3)", "|a|a  |abc|1|on"),
    ("varchar(40)", "|a|a  |abc|1|on|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("varchar(80)", "|a  |1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("bpchar", "|a|a  |1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("char(3)", "|a|a  |abc|1"),
    ("char(40)", "|a|abc|1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("name", "|a|A b|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("\"char\"", "|a|1"),
    ("bytea", "|\\x00|\\xdeadbeef|abc"),
    ("date", "-infinity|4713-01-01 BC|1970-01-01|2020-02-29|5874897-12-31|infinity"),
    ("time", "00:00:00|12:34:56.789012|24:00:00"),
    ("time(0)", "00:00:00|23:59:59|24:00:00"),
    ("timetz", "00:00:00+00|12:34:56.789012-08:30|24:00:00+14"),
    ("timestamp", "-infinity|4713-01-01 00:00:00 BC|2020-03-08 02:30:00|2020-11-01 01:30:00|2020-01-01 12:34:56.789012|294276-12-31 23:59:59"),
    ("timestamp(0)", "2020-03-08 02:30:00|2020-01-01 12:34:56|infinity"),
    ("timestamp(3)", "2020-03-08 02:30:00.123|2020-01-01 12:34:56.789"),
    ("timestamptz", "-infinity|2020-11-01 05:30:00+00|2020-11-01 06:30:00+00|2020-01-01 12:34:56.789012+00|1880-01-01 00:00:00+00"),
    ("timestamptz(0)", "2020-11-01 05:30:00+00|2020-11-01 06:30:00+00"),
    ("interval", "0|1 year 2 mons 3 days 04:05:06.789012|-1 days +25:00:00|100 years"),
    ("interval(0)", "1 year 2 mons 3 days 04:05:06|-1 days"),
    ("interval year to month", "1 year 2 mons|0"),
    ("uuid", "00000000-0000-0000-0000-000000000000|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("json", "{\"b\": 1, \"a\": 1, \"b\": 2}|[1,  2]|null|1.50|\"x\"|true|{\"a\":\"\\u0000\"}"),
    ("jsonb", "{\"b\": 1, \"a\": 2}|[1, 2]|null|1.50|\"x\"|true|1e400"),
    ("jsonpath", "$.a[*]|strict $"),
    ("xml", "<a/>|<a>b</a>|text"),
    ("bit(3)", "101|000"),
    ("bit(8)", "10101010|00000000"),
    ("varbit", "|1|101|10101010101010101010101010101010101"),
    ("varbit(5)", "|1|10101"),
    ("inet", "10.0.0.1|10.0.0.1/8|::1|fe80::1/64"),
    ("cidr", "10.0.0.0/8|::/0|10.0.0.1/32"),
    ("macaddr", "08:00:2b:01:02:03"),
    ("macaddr8", "08:00:2b:ff:fe:01:02:03|08:00:2b:01:02:03:04:05"),
    ("point", "(0,0)|(1.5,-2.25)"),
    ("line", "{1,-1,0}"),
    ("lseg", "[(0,0),(1,2)]"),
    ("box", "(3,4),(1,2)|(0,0),(0,0)"),
    ("path", "[(0,0),(1,2),(2,0)]|((0,0),(1,2),(2,0))"),
    ("polygon", "((0,0),(1,2),(2,0))|((0,0),(0,1),(1,1),(1,0))"),
    ("circle", "<(1,2),3>|<(0,0),0>"),
    ("oid", "0|1|4294967295"),
    ("xid", "0|3|4294967295"),
    ("xid8", "3|18446744073709551615"),
    ("cid", "0|4294967295"),
    ("tid", "(0,1)|(4294967295,65535)"),
    ("pg_lsn", "0/0|16/B374D848"),
    ("regclass", "pg_class"),
    ("regtype", "integer|-"),
    ("regproc", "now|-"),
    ("regprocedure", "now()|-"),
    ("regoper", "0"),
    ("regoperator", "+(integer,integer)|0"),
    ("regrole", "pg_monitor|-"),
    ("regnamespace", "pg_catalog|-"),
    ("regconfig", "english"),
    ("regdictionary", "simple"),
    ("regcollation", "\"C\"|-"),
    ("int2vector", "1 2 3"),
    ("oidvector", "1 2 3"),
    ("refcursor", "a|a  "),
    ("tsvector", "'a':1 'b':2"),
    ("tsquery", "'a' & 'b'"),
    ("txid_snapshot", "10:20:10,14,15"),
    ("pg_snapshot", "10:20:10,14,15"),
    ("int4range", "[1,5)|empty|(,)"),
    ("int8range", "[1,5)|empty"),
    ("numrange", "[1.5,5]|empty"),
    ("daterange", "[2020-01-01,2020-02-01)|empty"),
    ("tsrange", "[\"2020-01-01 00:00:00\",\"2020-02-01 00:00:00\")|empty"),
    ("tstzrange", "[\"2020-01-01 00:00:00+00\",\"2020-02-01 00:00:00+00\")|empty"),
    ("int4multirange", "{[1,5),[7,9)}|{}"),
    ("int8multirange", "{[1,5),[7,9)}|{}"),
    ("nummultirange", "{[1.5,5],[7,9)}|{}"),
    ("datemultirange", "{[2020-01-01,2020-02-01)}|{}"),
    ("tsmultirange", "{}"),
    ("tstzmultirange", "{}"),
    ("integer[]", "{}|{1,NULL,-2147483648}|{{1,2},{3,4}}"),
    ("bigint[]", "{}|{1,NULL,9007199254740993}"),
    ("text[]", "{}|{a,NULL,\"b c\"}|{1,2}"),
    ("varchar(3)[]", "{}|{a,abc}"),
    ("numeric(5,2)[]", "{999.99}"),
    ("double precision[]", "{0.1}"),
    ("jsonb[]", "{}|{\"{}\"}"),
];

/// Catalog types that are not used for columns, or that accept no input values.
const INTERNAL: &str = "'aclitem', 'gtsvector', 'pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list', \
                        'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary', 'pg_ddl_command'";

pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The values of a type, as an SQL array.
pub(super) fn samples(values: &str) -> String {
    let values: Vec<String> = values.split('|').map(literal).collect();
    format!("ARRAY[{}]::text[]", values.join(","))
}

#[test]
fn casts_that_change_or_refuse_values_are_never_called_safe() {
    let database = server().database();
    database.psql(include_str!("cast_changes.sql"));
    // Types that this server does not have are left out, e.g. multiranges before PostgreSQL 14.
    let known: Vec<&(&str, &str)> = TYPES
        .iter()
        .filter(|(ty, _)| database.psql(&format!("SELECT to_regtype({}) IS NOT NULL", literal(ty))) == "t")
        .collect();
    let mut rows = String::new();
    for (ty, values) in &known {
        write!(rows, "{}({}, {})", if rows.is_empty() { "" } else { ", " }, literal(ty), samples(values)).unwrap();
    }
    let query = format!(
        "SET TimeZone = 'America/New_York'; WITH types (name, samples) AS (VALUES {rows}) \
         SELECT a.name, b.name, check_cast(a.name, b.name, a.samples) FROM types a CROSS JOIN types b"
    );
    let checked = database.query(&query);
    let (mut tried, mut safe, mut wrong) = (0, 0, Vec::new());
    for row in &checked {
        let [from, to, outcome] = row.as_slice() else { panic!("{row:?}") };
        if outcome == "none" {
            continue;
        }
        let (changed, refused) = (outcome.contains("changed"), outcome.contains("refused"));
        tried += usize::from(changed || refused);
        let verdict = convert(from, &[], to);
        let right = match verdict {
            CastOutcome::Safe => {
                safe += 1;
                !changed && !refused
            }
            CastOutcome::MayFail { .. } => !changed,
            CastOutcome::Loses { .. } => !refused || may_reject(from, &[], to),
            CastOutcome::Unknown => false,
        };
        if !right {
            wrong.push(format!("{from} to {to}: {outcome}, called {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), checked.len(), wrong.join("\n"));
    assert!(tried > 500 && safe > 200, "{tried} pairs with faults, {safe} safe");
}

#[test]
fn every_built_in_type_is_tested() {
    let database = server().database();
    let names: Vec<String> = TYPES.iter().map(|(ty, _)| format!("to_regtype({})", literal(ty))).collect();
    let query = format!(
        "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') \
         AND typcategory <> 'A' AND typname NOT IN ({INTERNAL}) AND NOT oid = ANY(ARRAY[{}]::oid[])",
        names.join(",")
    );
    assert_eq!(database.psql(&query), "");
}
