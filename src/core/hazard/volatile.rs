//! Defaults that give each row a value of its own.

use squawk_syntax::ast::{AddColumn, AstNode, CallExpr, Constraint, GeneratedAs};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::context::type_text;

/// Functions of the server that give one value a statement, and that defaults are made of. A function that is not
/// here may be volatile.
const STEADY: &[&str] = &[
    "abs",
    "age",
    "array_append",
    "array_cat",
    "array_fill",
    "array_prepend",
    "array_to_json",
    "array_to_string",
    "btrim",
    "cardinality",
    "ceil",
    "ceiling",
    "char_length",
    "chr",
    "concat",
    "concat_ws",
    "convert_from",
    "convert_to",
    "current_database",
    "current_schema",
    "current_setting",
    "current_user",
    "date_part",
    "date_trunc",
    "daterange",
    "decode",
    "digest",
    "encode",
    "extract",
    "floor",
    "format",
    "greatest",
    "hashtext",
    "host",
    "initcap",
    "int4range",
    "int8range",
    "isfinite",
    "json_build_array",
    "json_build_object",
    "json_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object",
    "jsonb_set",
    "jsonb_strip_nulls",
    "justify_days",
    "justify_hours",
    "justify_interval",
    "least",
    "left",
    "length",
    "localtime",
    "localtimestamp",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "md5",
    "mod",
    "now",
    "nullif",
    "numrange",
    "power",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "session_user",
    "sha256",
    "split_part",
    "statement_timestamp",
    "substr",
    "timezone",
    "to_char",
    "to_date",
];
/// The same, the rest of the alphabet.
const STEADY_TOO: &[&str] = &[
    "coalesce",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "overlay",
    "pg_backend_pid",
    "position",
    "row_to_json",
    "substring",
    "string_to_array",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "tstzrange",
    "upper",
];

/// Whether an expression may give another value for each row.
pub fn is_volatile(expression: &SyntaxNode) -> bool {
    expression.descendants().filter_map(CallExpr::cast).any(|call| {
        // Those without a name of their own (EXTRACT, JSON_OBJECT, …) are steady.
        call.expr().is_some_and(|function| !is_steady(function.syntax()))
    })
}

/// Whether a column that is added gets a value of its own in each row, so that the table is written anew.
pub fn is_computed(column: &AddColumn) -> bool {
    let serial = column.ty().is_some_and(|ty| type_text(&ty).contains("serial"));
    serial
        || column.constraints().any(|constraint| match constraint {
            Constraint::DefaultConstraint(default) => default.expr().is_some_and(|value| is_volatile(value.syntax())),
            Constraint::GeneratedConstraint(generated) => is_stored(generated.generated_as()),
            _ => false,
        })
}

/// An identity, or an expression that is not marked VIRTUAL. (Without a word PostgreSQL 18 takes it for virtual, and
/// servers before it refuse it.)
fn is_stored(generated: Option<GeneratedAs>) -> bool {
    generated
        .is_some_and(|generated| !generated.syntax().text().to_string().trim_end().to_lowercase().ends_with("virtual"))
}

fn is_steady(function: &SyntaxNode) -> bool {
    let text = function.text().to_string().to_lowercase();
    let name = match function.kind() {
        SyntaxKind::NAME_REF => text.trim(),
        SyntaxKind::FIELD_EXPR => match text.split_once('.') {
            Some(("pg_catalog", name)) => name.trim(),
            _ => return false,
        },
        _ => return false,
    };
    STEADY.binary_search(&name).is_ok() || STEADY_TOO.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::STEADY;

    #[test]
    fn the_list_can_be_searched() {
        assert!(STEADY.is_sorted());
    }
}
