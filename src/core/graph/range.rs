//! `history -r START:END`: the revisions from one end to the other, both included.

use super::node::{self, Place, PlaceSet, reach};
use super::refusal::{Asked, Refusal, listed};
use super::resolve::Stand;
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
        // An empty end is an end left out; so is, as in Alembic, `current` of a database that holds nothing.
        let left_out = |text: &str| text.is_empty() || (text == "current" && current.is_empty());
        let given = |text: &&str| !left_out(text);
        let (start, end) = (start.filter(given), end.filter(given));
        let found = self
            .between(start.unwrap_or("base"), end.unwrap_or("heads"), current)
            .map_err(|refusal| self.error(refusal, Asked::Range(Some(end.unwrap_or("heads")))))?;
        Ok(self.newest_first_of(&found).into_iter().map(|place| &self.nodes[place].revision).collect())
    }

    fn between(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<PlaceSet, Refusal> {
        let mut tops = self.range_end(start, end, current)?;
        if let Some((branch, _)) = start.split_once('@').filter(|(branch, _)| !branch.is_empty()) {
            let named = self.branch(branch)?;
            match self.nodes[named].labels.as_slice() {
                [only] if self.id(named).as_str() == branch => tops.retain(|top| self.has_label(*top, only)),
                _ => tops.retain(|top| self.has_label(*top, branch)),
            }
        }
        self.no_overlap(&tops)?;
        let required = reach(&self.nodes, tops.iter().copied(), node::below);
        let bottoms = self.range_start(start, end, current)?;
        if bottoms.iter().any(|bottom| !required.contains(*bottom)) {
            let shown = |text: &str| if text == "current" { listed(current, usize::MAX) } else { text.to_owned() };
            return Err(Refusal::NotOnTheWay { lower: shown(start), upper: shown(end) });
        }
        self.no_overlap(&bottoms)?;
        if bottoms.is_empty() {
            return Ok(required);
        }
        Ok(reach(&self.nodes, bottoms, node::children).and(&required))
    }

    /// Upwards an end may be relative to the start.
    fn range_end(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        match Target::parse(end) {
            _ if end == "current" => self.rows(current),
            Target::Relative(Relative { branch, symbol: None, steps }) if steps > 0 => {
                let from = self.range_start(start, "heads", current)?;
                let from: Vec<RevisionId> = from.into_iter().map(|place| self.id(place).clone()).collect();
                self.upgrade_targets(Target::Relative(Relative { branch, symbol: None, steps }), &from)
            }
            Target::Relative(Relative { branch, symbol: Some("current"), steps }) => {
                self.around_current(branch, steps, current)
            }
            Target::Relative(Relative { branch, symbol: Some(symbol), steps }) => {
                let start = self.single(Name { branch: branch.filter(|_| steps <= 0), symbol }, symbol)?;
                Ok(self.walk(start, steps, branch, false)?.and_then(Stand::place).into_iter().collect())
            }
            target => self.upgrade_targets(target, current),
        }
    }

    /// Downwards a start may be relative to the heads, or to the end where that is where the database stands.
    fn range_start(&self, start: &str, end: &str, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        match Target::parse(start) {
            _ if start == "current" => self.rows(current),
            Target::Absolute(name) => self.absolute(name),
            Target::Relative(Relative { branch, symbol: None, steps }) if steps < 0 => {
                let tops = if end == "current" { self.rows(current)? } else { self.range_tops(end, current)? };
                let mut found = Vec::new();
                for top in tops.into_iter().filter(|top| branch.is_none_or(|branch| self.has_label(*top, branch))) {
                    found.extend(self.walk(Stand::On(top), steps, None, false)?.and_then(Stand::place));
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
                Ok(self.downgrade_destination(start, current, false)?.stand.place().into_iter().collect())
            }
        }
    }

    fn range_tops(&self, end: &str, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        self.range_end("base", end, current)
    }

    fn around_current(&self, branch: Option<&str>, steps: i64, current: &[RevisionId]) -> Result<Vec<Place>, Refusal> {
        let mut found = Vec::new();
        for row in self.rows(current)? {
            found.extend(self.walk(Stand::On(row), steps, branch, false)?.and_then(Stand::place));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
