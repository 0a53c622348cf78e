//! Recognises expressions that may return a different value for each row.

use squawk_syntax::ast::{AstNode, CallExpr};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// Built-in functions that return the same value for all rows of a statement. Any other function may be volatile.
const STABLE: &[&str] = &[
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
/// More functions of the same kind.
const MORE_STABLE: &[&str] = &[
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

/// Whether an expression may return a different value for each row.
pub fn is_volatile(expression: &SyntaxNode) -> bool {
    expression.descendants().filter_map(CallExpr::cast).any(|call| {
        // Functions with their own syntax (EXTRACT, JSON_OBJECT, …) are stable.
        call.expr().is_some_and(|function| !is_stable(function.syntax()))
    })
}

fn is_stable(function: &SyntaxNode) -> bool {
    let text = function.text().to_string().to_lowercase();
    let name = match function.kind() {
        SyntaxKind::NAME_REF => text.trim(),
        SyntaxKind::FIELD_EXPR => match text.split_once('.') {
            Some(("pg_catalog", name)) => name.trim(),
            _ => return false,
        },
        _ => return false,
    };
    STABLE.binary_search(&name).is_ok() || MORE_STABLE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::STABLE;

    #[test]
    fn the_list_is_sorted() {
        assert!(STABLE.is_sorted());
    }
}
