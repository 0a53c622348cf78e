//! Settings under which copies are made and put back, and how the script's own come back afterwards.

use tokio_postgres::Client;

use super::CopyError;

/// What limbeck's own statements run with: no row is hidden, and text reads back as it was.
const OWN: [(&str, &str); 7] = [
    ("row_security", "off"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("search_path", "pg_catalog"),
];

/// The settings of a script while ours hold; all of it inside one transaction.
#[derive(Debug)]
pub(super) struct OwnSettings {
    saved: Vec<(&'static str, String)>,
    path: String,
}

impl OwnSettings {
    /// Puts our settings in place of the script's, all but its search path; `role` is the project's.
    pub async fn begin(client: &Client, role: Option<&str>) -> Result<Self, CopyError> {
        let names: Vec<&'static str> = std::iter::once("role").chain(OWN.iter().map(|(name, _)| *name)).collect();
        let list: Vec<String> = names.iter().map(|name| format!("current_setting('{name}')")).collect();
        let row = client.query_one(&format!("SELECT {}", list.join(", ")), &[]).await?;
        let saved: Vec<(&'static str, String)> =
            names.into_iter().enumerate().map(|(place, name)| (name, row.get(place))).collect();
        let path = saved.last().map(|(_, value)| value.clone()).unwrap_or_default();
        let own = std::iter::once(("role", role.unwrap_or("none"))).chain(OWN);
        set(client, own.filter(|(name, _)| *name != "search_path")).await?;
        Ok(Self { saved, path })
    }

    /// Names are looked for in the catalog only.
    pub async fn leave_path(&self, client: &Client) -> Result<(), CopyError> {
        set(client, [("search_path", "pg_catalog")]).await
    }

    /// Names are looked for as the script does.
    pub async fn script_path(&self, client: &Client) -> Result<(), CopyError> {
        set(client, [("search_path", self.path.as_str())]).await
    }

    /// Gives the script its settings back.
    pub async fn end(self, client: &Client) -> Result<(), CopyError> {
        // The role comes last: the others may not be its to set.
        set(client, self.saved.iter().rev().map(|(name, value)| (*name, value.as_str()))).await
    }
}

async fn set<'a>(client: &Client, settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), CopyError> {
    let (names, values): (Vec<&str>, Vec<&str>) = settings.into_iter().unzip();
    let set = "SELECT set_config(s.name, s.value, true) FROM unnest($1::text[], $2::text[]) WITH ORDINALITY \
        AS s (name, value, place) ORDER BY s.place";
    client.query(set, &[&names, &values]).await?;
    Ok(())
}
