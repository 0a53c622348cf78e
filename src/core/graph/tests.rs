//! Tests of the whole graph, with graphs written as text.

use super::*;

fn id(text: &str) -> RevisionId {
    RevisionId::parse(text).unwrap()
}

/// Reads one revision per line: `child < parent parent ! dependency # label`.
fn graph(text: &str) -> Graph {
    let (graph, problems) = Graph::build(revisions(text));
    assert_eq!(problems, []);
    graph
}

fn revisions(text: &str) -> Vec<Revision> {
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

/// The steps and the final rows (`b1 c1 => c1`), or the error.
fn outcome(path: Result<Path, GraphError>) -> String {
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
fn history_lists_newest_first_and_one_branch_at_a_time() {
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

#[test]
fn upgrades() {
    let cases = [
        ("heads", "", "aaaa1 bbbb2 cccc3 eeee5 dddd4 ffff6 => ffff6"),
        ("ffff6", "dddd4", "eeee5 ffff6 => ffff6"),
        ("head", "", MULTIPLE_HEADS),
        ("billing@head", "aaaa1", "bbbb2 cccc3 dddd4 eeee5 ffff6 => ffff6"),
        ("bbb", "", "aaaa1 bbbb2 => bbbb2"),
        ("bbbb2", "bbbb2", "=> bbbb2"),
        ("base", "bbbb2", "=> bbbb2"),
        ("+1", "aaaa1", "Ambiguous walk"),
        ("billing@+1", "bbbb2", "cccc3 => bbbb2 cccc3"),
        ("+1", "bbbb2 cccc3", "Ambiguous upgrade from multiple current revisions"),
        ("+2", "dddd4", "Relative revision +2 didn't produce 2 migrations"),
        ("bbbb2+1", "", "aaaa1 bbbb2 cccc3 dddd4 => dddd4"),
        ("ffff6+5", "ffff6", "Relative revision +5 didn't produce 5 migrations"),
        ("billing@eeee5", "", "Can't locate revision identified by 'eeee5'"),
        ("nope", "", "Can't locate revision identified by 'nope'"),
        ("heads", "gone1", "Can't locate revision identified by 'gone1'"),
        ("heads", "aaaa1 bbbb2", "Requested revision bbbb2 overlaps with other requested revisions aaaa1"),
    ];
    let graph = graph(FORK);
    for (target, current, expected) in cases {
        assert_eq!(outcome(graph.upgrade(target, &ids(current))), expected, "{target} from {current}");
    }
}

const MULTIPLE_HEADS: &str = "Multiple head revisions are present for given argument 'head'; please specify a specific \
    target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads";

#[test]
fn downgrades() {
    let cases = [
        ("base", "ffff6", "ffff6 dddd4 bbbb2 cccc3 eeee5 aaaa1 =>"),
        ("-1", "ffff6", "ffff6 => dddd4 eeee5"),
        ("-1", "dddd4", "dddd4 => bbbb2 cccc3"),
        ("-2", "dddd4", "Ambiguous walk"),
        ("-1", "bbbb2 cccc3", "Ambiguous downgrade from multiple current revisions: bbbb2, cccc3"),
        ("billing@-1", "bbbb2 cccc3", "cccc3 => bbbb2"),
        ("billing@base", "dddd4", "dddd4 bbbb2 cccc3 aaaa1 =>"),
        ("network@base", "ffff6", "ffff6 eeee5 => dddd4"),
        ("aaaa1", "dddd4", "dddd4 bbbb2 cccc3 => aaaa1"),
        ("aaaa1", "aaaa1", "=> aaaa1"),
        ("-1", "aaaa1", "aaaa1 =>"),
        ("-2", "aaaa1", "Relative revision -2 didn't produce 2 migrations"),
        ("-1", "", "Relative revision -1 didn't produce 1 migrations"),
        ("base", "", "=>"),
        ("bbbb2", "aaaa1", "Destination bbbb2 is not a valid downgrade target from current head(s)"),
        ("bbbb2-3", "bbbb2", "Walked too far"),
    ];
    let graph = graph(FORK);
    for (target, current, expected) in cases {
        assert_eq!(outcome(graph.downgrade(target, &ids(current))), expected, "{target} from {current}");
    }
}

#[test]
fn version_rows_are_written_in_alembics_order() {
    let graph = graph(FORK);
    let changes = |path: Path| path.steps.into_iter().flat_map(|step| step.changes).collect::<Vec<_>>();
    let update = |from, to| VersionChange::Update { from: id(from), to: id(to) };
    let up = changes(graph.upgrade("dddd4", &[]).unwrap());
    let insert = |name| VersionChange::Insert(id(name));
    let expected = [
        insert("aaaa1"),
        update("aaaa1", "bbbb2"),
        insert("cccc3"),
        VersionChange::Delete(id("bbbb2")),
        update("cccc3", "dddd4"),
    ];
    assert_eq!(up, expected);
    let down = changes(graph.downgrade("-1", &ids("dddd4")).unwrap());
    assert_eq!(down, [insert("bbbb2"), update("dddd4", "cccc3")]);
}

#[test]
fn stamps() {
    let cases = [
        ("base", "ffff6", "ffff6 =>"),
        ("heads", "", "ffff6 => ffff6"),
        ("aaaa1 eeee5", "", "aaaa1 eeee5 => aaaa1 eeee5"),
        ("aaaa1", "bbbb2 cccc3", "aaaa1 => aaaa1"),
        ("aaaa1 bbbb2", "", "bbbb2 => bbbb2"),
        ("bbbb2", "bbbb2", "=> bbbb2"),
        ("head", "", "Multiple heads are present; please specify a single target revision"),
        ("nope", "", "Can't locate revision identified by 'nope'"),
        ("heads", "gone1", "Can't locate revision identified by 'gone1'"),
    ];
    let graph = graph(FORK);
    for (targets, current, expected) in cases {
        let targets: Vec<String> = targets.split(' ').map(str::to_owned).collect();
        assert_eq!(outcome(graph.stamp(&targets, &ids(current))), expected, "{targets:?} from {current}");
    }
}

#[test]
fn lookups() {
    let cases = [
        ("current", "bbbb2", "bbbb2"),
        ("heads", "", "ffff6"),
        ("base", "", ""),
        ("net", "", "eeee5"),
        ("current-1", "bbbb2", "aaaa1"),
        ("+1", "bbbb2", "dddd4"),
        ("ffff6-1", "", "dddd4"),
        ("9999", "", "Can't locate revision identified by '9999'"),
    ];
    let graph = graph(FORK);
    for (target, current, expected) in cases {
        let found = match graph.resolve(target, &ids(current)) {
            Ok(found) => spaced(found.iter().map(RevisionId::as_str)),
            Err(error) => error.message,
        };
        assert_eq!(found, expected, "{target} from {current}");
    }
    assert_eq!(graph.resolve("bbbb3", &[]).unwrap_err().hint.unwrap(), "did you mean bbbb2?");
}

#[test]
fn ranges() {
    let cases = [
        (None, None, "", "ffff6 dddd4 bbbb2 cccc3 eeee5 aaaa1"),
        (Some("aaaa1"), Some("bbbb2"), "", "bbbb2 aaaa1"),
        (Some("current"), None, "dddd4", "ffff6 dddd4"),
        (Some("-1"), Some("current"), "bbbb2", "bbbb2 aaaa1"),
        (Some("-3"), Some("current"), "bbbb2", "bbbb2 aaaa1"),
        (
            Some("bbbb2"),
            Some("cccc3"),
            "",
            "Requested range bbbb2:cccc3 does not refer to ancestor/descendant revisions along the same branch",
        ),
    ];
    let graph = graph(FORK);
    for (start, end, current, expected) in cases {
        let found = match graph.range(start, end, &ids(current)) {
            Ok(found) => spaced(found.iter().map(|revision| revision.id.as_str())),
            Err(error) => error.message,
        };
        assert_eq!(found, expected, "{start:?}:{end:?} from {current}");
    }
}

#[test]
fn parents_of_a_new_revision() {
    let several = "Multiple heads are present; please specify the head revision on which the new revision should be \
        based, or perform a merge.";
    let no_head =
        "Revision bbbb2 is not a head revision; please specify --splice to create a new branch from this revision";
    let cases = [
        ("", false, several),
        ("ffff6", false, "ffff6"),
        ("base", false, ""),
        ("bbbb2", false, no_head),
        ("bbbb2", true, "bbbb2"),
        ("ffff6 eeee5", false, "ffff6 eeee5"),
        ("ffff6 ffff", false, "Duplicate head revisions specified"),
    ];
    let graph = graph(FORK);
    for (heads, splice, expected) in cases {
        let heads: Vec<String> = heads.split_whitespace().map(str::to_owned).collect();
        let found = match graph.parents_for_new(&heads, splice) {
            Ok(found) => spaced(found.iter().map(RevisionId::as_str)),
            Err(error) => error.message,
        };
        assert_eq!(found, expected, "{heads:?}");
    }
}

#[test]
fn problems_are_reported_and_the_rest_is_usable() {
    let cases = [
        ("a < b \n b < c \n c < a", "cycle in the revisions: a -> b -> c"),
        ("a < a", "cycle in the revisions: a"),
        ("a \n b < a ! b", "cycle in the revisions: b"),
        ("a < gone", "revision gone referenced from a is not present"),
        ("a ! gone", "dependency 'gone' of a cannot be found"),
        ("a \n a", "revision a is present more than once"),
        ("a # x \n b # x", "branch name 'x' in revision b already used by revision a"),
        ("a \n b # a", "branch name 'a' in revision b already used by revision a"),
    ];
    for (text, expected) in cases {
        let (graph, problems) = Graph::build(revisions(&format!("{text} \n good \n best < good")));
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected], "{text}");
        assert_eq!(outcome(graph.upgrade("best", &[])), "good best => best", "{text}");
        assert_eq!(graph.newest_first().len(), graph.len());
    }
    let (graph, _) = Graph::build(revisions("a < b \n b < a"));
    assert_eq!(outcome(graph.upgrade("heads", &[])), "cycle in the revisions: a -> b");
}

#[test]
fn a_hundred_thousand_revisions_do_not_overflow_the_stack() {
    let name = |number: usize| id(&format!("{number:06}"));
    let link = |number: usize| Revision {
        id: name(number),
        down_revisions: (number > 0).then(|| name(number - 1)).into_iter().collect(),
        depends_on: vec![],
        branch_labels: vec![],
    };
    let (graph, problems) = Graph::build((0..100_000).map(link).collect());
    assert!(problems.is_empty());
    assert_eq!(graph.newest_first().first().unwrap().id, name(99_999));
    assert_eq!(graph.upgrade("head", &[]).unwrap().to, [name(99_999)]);
}
