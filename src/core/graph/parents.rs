//! The parents of a new revision.

use super::node::RevisionIndex;
use super::resolve_error::{LookupPurpose, ResolveError};
use super::{Graph, GraphError, RevisionId};

impl Graph {
    /// See [`Graph::parents_for_new`].
    pub(super) fn new_parents(&self, heads: &[String], splice: bool) -> Result<Vec<RevisionId>, GraphError> {
        let parents = self
            .chosen_parents(heads, splice)
            .map_err(|resolve_error| self.error(resolve_error, LookupPurpose::NewRevision))?;
        Ok(parents.into_iter().map(|index| self.id(index).clone()).collect())
    }

    fn chosen_parents(&self, heads: &[String], splice: bool) -> Result<Vec<RevisionIndex>, ResolveError> {
        let only_head = ["head".to_owned()];
        let mut parents = Vec::new();
        for head in if heads.is_empty() { &only_head } else { heads } {
            parents.extend(self.named(head)?);
        }
        let mut once = parents.clone();
        once.sort_unstable();
        once.dedup();
        if once.len() != parents.len() {
            return Err(ResolveError::with_hint("Duplicate head revisions specified", "name each parent once"));
        }
        match parents.iter().find(|parent| !splice && !self.nodes[**parent].children.is_empty()) {
            None => Ok(parents),
            Some(parent) => Err(ResolveError::with_hint(
                format!(
                    "Revision {} is not a head revision; please specify --splice to create a new branch from this revision",
                    self.id(*parent)
                ),
                format!("the heads are {}", super::resolve_error::listed(self.heads(), 8)),
            )),
        }
    }
}
