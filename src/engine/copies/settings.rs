//! The session settings with which copies are made and restored. Afterwards the script's settings are set again.

use tokio_postgres::Client;

use super::CopyError;
use crate::core::sql::qualify_names;

/// The settings for limbeck's statements: row security must not hide rows, and values must convert to text and back
/// unchanged.
const OWN: [(&str, &str); 7] = [
    ("row_security", "off"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("search_path", "pg_catalog"),
];

/// The script's settings, saved while limbeck's settings apply. Both are local to the transaction.
#[derive(Debug)]
pub(super) struct OwnSettings {
    saved: Vec<(&'static str, String)>,
    script_path: String,
}

impl OwnSettings {
    /// Saves the script's settings and sets limbeck's, except for the search path. `role` is the project's role.
    pub async fn begin(client: &Client, role: Option<&str>) -> Result<Self, CopyError> {
        let names: Vec<&'static str> = std::iter::once("role").chain(OWN.iter().map(|(name, _)| *name)).collect();
        let list: Vec<String> = names.iter().map(|name| format!("current_setting('{name}')")).collect();
        let row = client.query_one(&qualify_names(&format!("SELECT {}", list.join(", "))), &[]).await?;
        let saved: Vec<(&'static str, String)> =
            names.into_iter().enumerate().map(|(index, name)| (name, row.get(index))).collect();
        let script_path = saved.last().map(|(_, value)| value.clone()).unwrap_or_default();
        let own = std::iter::once(("role", role.unwrap_or("none"))).chain(OWN);
        set(client, own.filter(|(name, _)| *name != "search_path")).await?;
        Ok(Self { saved, script_path })
    }

    /// Sets the search path to `pg_catalog`.
    pub async fn use_catalog_path(&self, client: &Client) -> Result<(), CopyError> {
        set(client, [("search_path", "pg_catalog")]).await
    }

    /// Sets the search path of the script.
    pub async fn use_script_path(&self, client: &Client) -> Result<(), CopyError> {
        set(client, [("search_path", self.script_path.as_str())]).await
    }

    /// Sets the script's settings again.
    pub async fn end(self, client: &Client) -> Result<(), CopyError> {
        // The role is set last, because it may lack the permission to set the others.
        set(client, self.saved.iter().rev().map(|(name, value)| (*name, value.as_str()))).await
    }
}

async fn set<'a>(client: &Client, settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), CopyError> {
    let (names, values): (Vec<&str>, Vec<&str>) = settings.into_iter().unzip();
    let set = "SELECT set_config(s.name, s.value, true) FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) WITH ORDINALITY \
        AS s (name, value, ordinal) ORDER BY s.ordinal";
    client.query(&qualify_names(set), &[&names, &values]).await?;
    Ok(())
}
