//! What is known to be alike: models and a database that nobody has touched since they were last compared.

use super::Bench;
use crate::engine::Result;
use crate::engine::catalog;
use crate::engine::models::Key;

/// The kind under which the notes of a comparison without a difference are kept.
const KIND: &str = "alike";

/// The place of one comparison's outcome; nowhere when the database cannot be told again.
pub struct Memo(Option<Key>);

impl Memo {
    /// Looks how the target is now. To be called before it is read: what others change in between makes a database
    /// that is told from this one.
    pub async fn of(models: &Key, bench: &Bench<'_>) -> Result<Self> {
        // What is renamed exists in no catalog yet.
        if !bench.options.renames.is_empty() {
            return Ok(Self(None));
        }
        let session = bench.target.connect("limbeck autogenerate").await?;
        let fingerprint = catalog::read_fingerprint(&session).await?;
        let creator = super::roles::creator(&bench.project, bench.target);
        Ok(Self(fingerprint.map(|fingerprint| models.beside(&format!("{fingerprint} {creator:?}")))))
    }

    /// The notes of the comparison that found nothing, if there was one.
    pub fn recall(&self) -> Option<Vec<String>> {
        self.0.as_ref()?.cache_get(KIND)
    }

    /// Remembers that nothing differs. Where that cannot be written, nothing but time is lost.
    pub fn keep(&self, notes: &[String]) {
        let _ = self.0.as_ref().map(|key| key.cache_put(KIND, &notes));
    }
}
