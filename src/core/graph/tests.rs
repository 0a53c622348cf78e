//! Tests of the whole graph, on graphs drawn as short text.

use super::*;

fn id(text: &str) -> RevisionId {
    RevisionId::parse(text).unwrap()
}

/// Reads `child < parent parent ! dependency # label`, one revision a line.
fn graph(text: &str) -> Graph {
    let (graph, problems) = Graph::build(drawn(text));
    assert_eq!(problems, []);
    graph
}

fn drawn(text: &str) -> Vec<Revision> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(revision).collect()
}

fn revision(line: &str) -> Revision {
    let (mut down_revisions, mut depends_on, mut branch_labels) = (vec![], vec![], vec![]);
    let mut words = line.split_whitespace();
    let name = id(words.next().unwrap());
    let mut list = "<";
    for word in words {
        match (word, list) {
            ("<" | "!" | "#", _) => list = word,
            (_, "<") => down_revisions.push(id(word)),
            (_, "!") => depends_on.push(word.to_owned()),
            _ => branch_labels.push(word.to_owned()),
        }
    }
    Revision { id: name, down_revisions, depends_on, branch_labels }
}

fn ids(text: &str) -> Vec<RevisionId> {
    text.split_whitespace().map(id).collect()
}

fn spaced<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(" ")
}

/// The steps and where they lead (`b1 c1 => c1`), or the refusal.
fn told(path: Result<Path, GraphError>) -> String {
    match path {
        Ok(path) => {
            let steps = spaced(path.steps.iter().map(|step| step.revision.as_str()));
            format!("{steps} => {}", spaced(path.to.iter().map(RevisionId::as_str))).trim().to_owned()
        }
        Err(error) => error.message,
    }
}

const FORK: &str = "
    aaaa1
    bbbb2 < aaaa1
    cccc3 < aaaa1 # billing
    dddd4 < bbbb2 cccc3
    eeee5 # network
    ffff6 < dddd4 ! network
";

#[test]
fn history_is_told_newest_first_a_branch_at_a_time() {
    let order = spaced(graph(FORK).newest_first().iter().map(|revision| revision.id.as_str()));
    assert_eq!(order, "ffff6 dddd4 bbbb2 cccc3 eeee5 aaaa1");
}

#[test]
fn heads_bases_and_labels() {
    let graph = graph(FORK);
    assert_eq!(spaced(graph.heads().iter().map(|id| id.as_str())), "eeee5 ffff6");
    assert_eq!(spaced(graph.real_heads().iter().map(|id| id.as_str())), "ffff6");
    assert_eq!(spaced(graph.bases().iter().map(|id| id.as_str())), "aaaa1 eeee5");
    assert_eq!(graph.labels("ffff6"), ["billing"]);
    assert_eq!(graph.labels("bbbb2"), [""; 0]);
    assert_eq!(graph.labels("eeee5"), ["network"]);
    assert!(graph.is_branch_point("aaaa1") && graph.is_head("eeee5") && !graph.is_real_head("eeee5"));
}
