//! `history -r START:END`: the revisions between two ends, including both.

use super::node::{self, RevisionIndex, RevisionSet, reachable};
use super::resolve::WalkPosition;
use super::resolve_error::{LookupPurpose, ResolveError, listed};
use super::target::{Name, Relative, Target};
use super::{Graph, GraphError, Revision, RevisionId};

impl Graph {
    /// See [`Graph::range`].
    pub(super) fn range_newest_first(
        &self,
        start: Option<&str>,
        end: Option<&str>,
        current: &[RevisionId],
    ) -> Result<Vec<&Revision>, GraphError> {
        // An empty end counts as not given. So does `current` if the version table is empty, as in Alembic.
        let left_out = |text: &str| text.is_empty() || (text == "current" && current.is_empty());
        let given = |text: &&str| !left_out(text);
        let (start, end) = (start.filter(given), end.filter(given));
        let found = self
            .between(start.unwrap_or("base"), end.unwrap_or("heads"), current)
            .map_err(|resolve_error| self.error(resolve_error, LookupPurpose::Range(Some(end.unwrap_or("heads")))))?;
        Ok(self.newest_first_of(&found).into_iter().map(|index| &self.nodes[index].revision).collect())
    }

    fn between(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<RevisionSet, ResolveError> {
        let mut tops = self.range_end(start, end, current)?;
        if let Some((branch, _)) = start.split_once('@').filter(|(branch, _)| !branch.is_empty()) {
            let named = self.branch(branch)?;
            match self.nodes[named].labels.as_slice() {
                [only] if self.id(named).as_str() == branch => tops.retain(|top| self.has_label(*top, only)),
                _ => tops.retain(|top| self.has_label(*top, branch)),
            }
        }
        self.check_overlap(&tops)?;
        let required = reachable(&self.nodes, tops.iter().copied(), node::prerequisites);
        let bottoms = self.range_start(start, end, current)?;
        if bottoms.iter().any(|bottom| !required.contains(*bottom)) {
            let shown = |text: &str| if text == "current" { listed(current, usize::MAX) } else { text.to_owned() };
            return Err(ResolveError::Unreachable { lower: shown(start), upper: shown(end) });
        }
        self.check_overlap(&bottoms)?;
        if bottoms.is_empty() {
            return Ok(required);
        }
        Ok(reachable(&self.nodes, bottoms, node::children).and(&required))
    }

    /// Resolves the end of a range, which may be relative to the start.
    fn range_end(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<Vec<RevisionIndex>, ResolveError> {
        match Target::parse(end) {
            _ if end == "current" => self.rows(current),
            Target::Relative(Relative { branch, symbol: None, steps }) if steps > 0 => {
                let from = self.range_start(start, "heads", current)?;
                let from: Vec<RevisionId> = from.into_iter().map(|index| self.id(index).clone()).collect();
                self.upgrade_targets(Target::Relative(Relative { branch, symbol: None, steps }), &from)
            }
            Target::Relative(Relative { branch, symbol: Some("current"), steps }) => {
                self.around_current(branch, steps, current)
            }
            Target::Relative(Relative { branch, symbol: Some(symbol), steps }) => {
                let start = self.single(Name { branch: branch.filter(|_| steps <= 0), symbol }, symbol)?;
                Ok(self.walk(start, steps, branch, false)?.and_then(WalkPosition::index).into_iter().collect())
            }
            target => self.upgrade_targets(target, current),
        }
    }

    /// Resolves the start of a range, which may be relative to the heads, or to the end if that is `current`.
    fn range_start(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<Vec<RevisionIndex>, ResolveError> {
        match Target::parse(start) {
            _ if start == "current" => self.rows(current),
            Target::Absolute(name) => self.absolute(name),
            Target::Relative(Relative { branch, symbol: None, steps }) if steps < 0 => {
                let tops = if end == "current" { self.rows(current)? } else { self.range_tops(end, current)? };
                let mut found = Vec::new();
                for top in tops.into_iter().filter(|top| branch.is_none_or(|branch| self.has_label(*top, branch))) {
                    found.extend(self.walk(WalkPosition::On(top), steps, None, false)?.and_then(WalkPosition::index));
                }
                found.sort_unstable();
                found.dedup();
                Ok(found)
            }
            Target::Relative(Relative { branch, symbol: Some("current"), steps }) => {
                self.around_current(branch, steps, current)
            }
            Target::Relative(Relative { symbol: None, .. }) => self.named(start),
            Target::Relative(_) => {
                Ok(self.downgrade_destination(start, current, false)?.position.index().into_iter().collect())
            }
        }
    }

    fn range_tops(&self, end: &str, current: &[RevisionId]) -> Result<Vec<RevisionIndex>, ResolveError> {
        self.range_end("base", end, current)
    }

    fn around_current(
        &self,
        branch: Option<&str>,
        steps: i64,
        current: &[RevisionId],
    ) -> Result<Vec<RevisionIndex>, ResolveError> {
        let mut found = Vec::new();
        for row in self.rows(current)? {
            found.extend(self.walk(WalkPosition::On(row), steps, branch, false)?.and_then(WalkPosition::index));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
