//! The values of parameters as SQL literals.

use tokio_postgres::Client;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::core::sql::identifier;

/// The value of a parameter as the driver sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The OID of its type; 0 if the driver did not specify one and the server has not been asked.
    pub type_oid: u32,
    pub is_binary: bool,
    /// `None`: NULL.
    pub value: Option<Vec<u8>>,
}

impl Parameter {
    /// The literal, if it can be written without asking the server.
    pub fn literal(&self) -> Option<String> {
        let Some(value) = &self.value else { return Some("NULL".to_owned()) };
        let kind = Type::from_oid(self.type_oid);
        if !self.is_binary {
            return std::str::from_utf8(value).ok().map(|text| write_literal(text, kind.as_ref()));
        }
        let text = match (kind.as_ref()?, value.as_slice()) {
            (&Type::BOOL, [value]) => if *value == 0 { "false" } else { "true" }.to_owned(),
            (&Type::INT2, bytes) => i16::from_be_bytes(bytes.try_into().ok()?).to_string(),
            (&Type::INT4, bytes) => i32::from_be_bytes(bytes.try_into().ok()?).to_string(),
            (&Type::INT8, bytes) => i64::from_be_bytes(bytes.try_into().ok()?).to_string(),
            (&Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN | &Type::JSON, text) => {
                std::str::from_utf8(text).ok()?.to_owned()
            }
            _ => return None,
        };
        Some(write_literal(&text, kind.as_ref()))
    }

    /// The literal of a binary value, written by the server.
    ///
    /// # Errors
    /// If the server rejects the value.
    pub async fn ask_for_literal(&self, client: &Client) -> Result<String, tokio_postgres::Error> {
        let known = Type::from_oid(self.type_oid);
        // The server identifies the type by its OID alone.
        let kind =
            known.clone().unwrap_or_else(|| Type::new(String::new(), self.type_oid, Kind::Simple, String::new()));
        let raw = RawValue(self.value.as_deref().unwrap_or_default());
        let query = "SELECT $1::pg_catalog.text, pg_catalog.format_type($2, NULL)";
        let rows = client.query_typed(query, &[(&raw, kind), (&self.type_oid, Type::OID)]).await?;
        let Some(row) = rows.first() else { return Ok("NULL".to_owned()) };
        let text: &str = row.get(0);
        Ok(match &known {
            Some(kind) => write_literal(text, Some(kind)),
            None => format!("{}::{}", identifier::literal(text), row.get::<_, &str>(1)),
        })
    }
}

/// Writes a literal with its type, unless the type is that of the literal itself.
fn write_literal(text: &str, kind: Option<&Type>) -> String {
    match kind {
        None | Some(&Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::UNKNOWN) => identifier::literal(text),
        Some(&Type::BOOL) if matches!(text, "true" | "t") => "true".to_owned(),
        Some(&Type::BOOL) if matches!(text, "false" | "f") => "false".to_owned(),
        Some(&Type::INT4) if text.parse::<u32>().is_ok() => text.to_owned(),
        Some(kind) => match kind.kind() {
            Kind::Array(element) => format!("{}::{}[]", identifier::literal(text), element.name()),
            _ => format!("{}::{}", identifier::literal(text), kind.name()),
        },
    }
}

/// A binary value that is sent as it is.
#[derive(Debug)]
struct RawValue<'a>(&'a [u8]);

impl ToSql for RawValue<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_literals() {
        let text = |kind: Type, value: &str| Parameter {
            type_oid: kind.oid(),
            is_binary: false,
            value: Some(value.as_bytes().to_vec()),
        };
        let binary =
            |kind: Type, value: &[u8]| Parameter { type_oid: kind.oid(), is_binary: true, value: Some(value.to_vec()) };
        for (parameter, expected) in [
            (text(Type::TEXT, "it's"), Some("'it''s'")),
            (text(Type::INT4, "5"), Some("5")),
            (text(Type::INT4, "-5"), Some("'-5'::int4")),
            (text(Type::INT8, "5"), Some("'5'::int8")),
            (text(Type::INT4_ARRAY, "{1,2}"), Some("'{1,2}'::int4[]")),
            (text(Type::JSONB, r#"{"a":"\\"}"#), Some(r#"E'{"a":"\\\\"}'::jsonb"#)),
            (Parameter { type_oid: 0, is_binary: false, value: Some(b"x".to_vec()) }, Some("'x'")),
            (Parameter { type_oid: 99_999, is_binary: false, value: Some(b"x".to_vec()) }, Some("'x'")),
            (Parameter { type_oid: 0, is_binary: true, value: None }, Some("NULL")),
            (binary(Type::BOOL, &[1]), Some("true")),
            (binary(Type::INT2, &[255, 255]), Some("'-1'::int2")),
            (binary(Type::INT4, &7_i32.to_be_bytes()), Some("7")),
            (binary(Type::INT8, &7_i64.to_be_bytes()), Some("'7'::int8")),
            (binary(Type::VARCHAR, b"a"), Some("'a'")),
            (binary(Type::NUMERIC, &[0; 8]), None),
            (Parameter { type_oid: 99_999, is_binary: true, value: Some(vec![1]) }, None),
        ] {
            assert_eq!(parameter.literal().as_deref(), expected, "{parameter:?}");
        }
    }
}
