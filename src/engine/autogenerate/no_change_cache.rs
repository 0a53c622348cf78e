//! Caches that models and database are equal, so that an unchanged pair is not compared again.

use super::ComparisonContext;
use crate::engine::Result;
use crate::engine::catalog;
use crate::engine::models::CacheKey;
use crate::engine::scratch::creator_role;

/// The cache file kind for the notes of a comparison without differences.
const KIND: &str = "alike";

/// The cache entry of one comparison. `None` when changes of the database cannot be detected.
pub struct NoChangeCache(Option<CacheKey>);

impl NoChangeCache {
    /// Reads the current fingerprint of the target. Call it before the target is read: a concurrent change then
    /// invalidates the entry.
    pub async fn of(models: &CacheKey, context: &ComparisonContext<'_>) -> Result<Self> {
        // Requested renames are not part of the catalog.
        if !context.options.renames.is_empty() {
            return Ok(Self(None));
        }
        let session = context.target.connect("limbeck autogenerate").await?;
        let fingerprint = catalog::read_fingerprint(&session).await?;
        let creator = creator_role(&context.project, context.target);
        Ok(Self(fingerprint.map(|fingerprint| models.with(&format!("{fingerprint} {creator:?}")))))
    }

    /// Returns the notes of an earlier comparison that found no difference.
    pub fn read_notes(&self) -> Option<Vec<String>> {
        self.0.as_ref()?.cache_get(KIND)
    }

    /// Stores that there is no difference. If the entry cannot be written, the next comparison only takes longer.
    pub fn store(&self, notes: &[String]) {
        let _ = self.0.as_ref().map(|key| key.cache_put(KIND, &notes));
    }
}
