//! A long session of two developers. Every line of the output equals Alembic's.

use super::run;
use crate::support::{TestProject, server};

/// A command line, its exit code, its standard output and its standard error.
struct Call(&'static str, i32, &'static str, &'static str);

const SESSION: &[Call] = &[
    Call(
        "revision -m create_account --rev-id 1111aaaa2222",
        0,
        "Generating {versions}/1111aaaa2222_create_account.sql ...  done\n",
        "",
    ),
    Call(
        "revision -m add_email --rev-id 2222bbbb3333",
        0,
        "Generating {versions}/2222bbbb3333_add_email.sql ...  done\n",
        "",
    ),
    Call(
        "revision -m billing_side --rev-id 3333cccc4444 --head 1111aaaa2222",
        1,
        "",
        "error: Revision 1111aaaa2222 is not a head revision; please specify --splice to create a new branch from this revision\n",
    ),
    Call(
        "revision -m billing_side --rev-id 3333cccc4444 --head 1111aaaa2222 --splice --branch-label billing",
        0,
        "Generating {versions}/3333cccc4444_billing_side.sql ...  done\n",
        "",
    ),
    Call("heads", 0, "2222bbbb3333 (head)\n3333cccc4444 (billing) (head)\n", ""),
    Call("heads -v", 0, "{email}\n{billing}\n", ""),
    Call(
        "branches",
        0,
        "1111aaaa2222 (branchpoint)\n             -> 2222bbbb3333 (head)\n             -> 3333cccc4444 (billing) (head)\n\n",
        "",
    ),
    Call(
        "branches -v",
        0,
        "{account}\n             -> 2222bbbb3333 (head), add email\n             -> 3333cccc4444 (billing) (head), billing side\n\n",
        "",
    ),
    Call("current", 0, "", ""),
    Call(
        "upgrade head",
        1,
        "",
        "error: Multiple head revisions are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads\n",
    ),
    Call(
        "upgrade heads",
        0,
        "",
        "Running upgrade  -> 1111aaaa2222, create account\nRunning upgrade 1111aaaa2222 -> 2222bbbb3333, add email\nRunning upgrade 1111aaaa2222 -> 3333cccc4444, billing side\n",
    ),
    Call("current", 0, "2222bbbb3333 (head)\n3333cccc4444 (head)\n", ""),
    Call("current -v", 0, "Current revision(s) for {url}:\n{email}\n{billing}\n", ""),
    Call("current --check-heads", 0, "2222bbbb3333 (head)\n3333cccc4444 (head)\n", ""),
    Call("history", 0, "{history}", ""),
    Call("history -v", 0, "{email}\n{billing}\n{account}\n", ""),
    Call(
        "history -i",
        0,
        "1111aaaa2222 -> 2222bbbb3333 (head) (current), add email\n1111aaaa2222 -> 3333cccc4444 (billing) (head) (current), billing side\n<base> -> 1111aaaa2222 (branchpoint), create account\n",
        "",
    ),
    Call(
        "history -r 1111aaaa2222:2222bbbb3333",
        0,
        "1111aaaa2222 -> 2222bbbb3333 (head), add email\n<base> -> 1111aaaa2222 (branchpoint), create account\n",
        "",
    ),
    Call(
        "history -r current:",
        0,
        "1111aaaa2222 -> 2222bbbb3333 (head), add email\n1111aaaa2222 -> 3333cccc4444 (billing) (head), billing side\n",
        "",
    ),
    Call("history -r-1:current", 0, "{history}", ""),
    Call("history -r nope", 1, "", "error: History range requires [start]:[end], [start]:, or :[end]\n"),
    Call("show 222", 0, "{email}\n", ""),
    Call("show 9999", 1, "", "error: Can't locate revision identified by '9999'\n"),
    Call("show heads", 0, "{email}\n{billing}\n", ""),
    Call(
        "downgrade -1",
        1,
        "",
        "error: Ambiguous downgrade from multiple current revisions: 2222bbbb3333, 3333cccc4444\n",
    ),
    Call("downgrade billing@-1", 0, "", "Running downgrade 3333cccc4444 -> 1111aaaa2222, billing side\n"),
    Call("current --check-heads", 4, "", "error: Database is not on all head revisions\n"),
    Call("upgrade billing@head", 0, "", "Running upgrade 1111aaaa2222 -> 3333cccc4444, billing side\n"),
    Call("upgrade +1", 1, "", "error: Ambiguous upgrade from multiple current revisions\n"),
    Call("upgrade heads", 0, "", "Nothing to do: the database is at 2222bbbb3333, 3333cccc4444\n"),
    Call(
        "revision -m x",
        1,
        "",
        "error: Multiple heads are present; please specify the head revision on which the new revision should be based, or perform a merge.\n",
    ),
    Call(
        "merge heads -m merge_billing --rev-id 4444dddd5555",
        0,
        "Generating {versions}/4444dddd5555_merge_billing.sql ...  done\n",
        "",
    ),
    Call("heads", 0, "4444dddd5555 (billing) (head)\n", ""),
    Call("upgrade head", 0, "", "Running upgrade 2222bbbb3333, 3333cccc4444 -> 4444dddd5555, merge billing\n"),
    Call("current", 0, "4444dddd5555 (head) (mergepoint)\n", ""),
    Call("downgrade -1", 0, "", "Running downgrade 4444dddd5555 -> 2222bbbb3333, 3333cccc4444, merge billing\n"),
    Call("current", 0, "2222bbbb3333\n3333cccc4444\n", ""),
    Call("upgrade head -q", 0, "", ""),
    Call(
        "revision -m network_base --head base --branch-label network --rev-id 5555eeee6666",
        0,
        "Generating {versions}/5555eeee6666_network_base.sql ...  done\n",
        "",
    ),
    Call("revision -m needs_network --head 4444dddd5555 --depends-on network --rev-id 6666ffff7777 -q", 0, "", ""),
    Call("heads", 0, "5555eeee6666 (network) (effective head)\n6666ffff7777 (billing) (head)\n", ""),
    Call("heads --resolve-dependencies", 0, "6666ffff7777 (billing) (head)\n", ""),
    Call(
        "history",
        0,
        "4444dddd5555 (network) -> 6666ffff7777 (billing) (head), needs network\n2222bbbb3333, 3333cccc4444 -> 4444dddd5555 (billing) (mergepoint), merge billing\n1111aaaa2222 -> 2222bbbb3333, add email\n1111aaaa2222 -> 3333cccc4444 (billing), billing side\n<base> -> 5555eeee6666 (network) (effective head), network base\n<base> -> 1111aaaa2222 (branchpoint), create account\n",
        "",
    ),
    Call(
        "upgrade heads",
        0,
        "",
        "Running upgrade  -> 5555eeee6666, network base\nRunning upgrade 4444dddd5555 -> 6666ffff7777, needs network\n",
    ),
    Call("current", 0, "5555eeee6666 (effective head)\n6666ffff7777 (head)\n", ""),
    Call(
        "show current",
        0,
        "Rev: 6666ffff7777 (head)\nParent: 4444dddd5555\nAlso depends on: network\nBranch names: billing\nPath: {versions}/6666ffff7777_needs_network.sql\n\n    needs network\n    \n    Revision ID: 6666ffff7777\n    Revises: 4444dddd5555\n    Create Date: {date}\n\n",
        "",
    ),
    Call("stamp base", 0, "", "Running stamp_revision 6666ffff7777 -> \n"),
    Call(
        "stamp 1111aaaa2222 5555eeee6666",
        0,
        "",
        "Running stamp_revision  -> 1111aaaa2222\nRunning stamp_revision  -> 5555eeee6666\n",
    ),
    Call("current", 0, "1111aaaa2222 (branchpoint)\n5555eeee6666 (effective head)\n", ""),
    Call("stamp --purge heads", 0, "", "Running stamp_revision  -> 6666ffff7777\n"),
    Call("upgrade 1111aaaa2222:heads", 1, "", "error: Range revision not allowed\n"),
    Call("edit nope", 1, "", "error: Can't locate revision identified by 'nope'\n"),
    Call("upgrade nope", 1, "", "error: Can't locate revision identified by 'nope'\n"),
    Call("downgrade base -q", 0, "", ""),
    Call(
        "downgrade 2222bbbb3333",
        1,
        "",
        "error: Destination 2222bbbb3333 is not a valid downgrade target from current head(s)\n",
    ),
    Call("revision -m bad --rev-id a-b", 1, "", "error: Character(s) '-' not allowed in revision identifier 'a-b'\n"),
    Call(
        "merge 2222bbbb3333 3333cccc4444 -m again",
        1,
        "",
        "error: Revision 2222bbbb3333 is not a head revision; please specify --splice to create a new branch from this revision\n",
    ),
    Call("merge 2222bbbb3333 2222bbbb3333 -m dup", 1, "", "error: Duplicate head revisions specified\n"),
    Call("upgrade 1111aaaa2222+1", 1, "", "error: Ambiguous walk\n"),
];

/// Texts that replace `{name}` in the expected output.
const BLOCKS: &[(&str, &str)] = &[
    (
        "{account}",
        "Rev: 1111aaaa2222 (branchpoint)\nParent: <base>\nBranches into: 2222bbbb3333, 3333cccc4444\nPath: {versions}/1111aaaa2222_create_account.sql\n\n    create account\n    \n    Revision ID: 1111aaaa2222\n    Revises: \n    Create Date: {date}\n",
    ),
    (
        "{email}",
        "Rev: 2222bbbb3333 (head)\nParent: 1111aaaa2222\nPath: {versions}/2222bbbb3333_add_email.sql\n\n    add email\n    \n    Revision ID: 2222bbbb3333\n    Revises: 1111aaaa2222\n    Create Date: {date}\n",
    ),
    (
        "{billing}",
        "Rev: 3333cccc4444 (head)\nParent: 1111aaaa2222\nBranch names: billing\nPath: {versions}/3333cccc4444_billing_side.sql\n\n    billing side\n    \n    Revision ID: 3333cccc4444\n    Revises: 1111aaaa2222\n    Create Date: {date}\n",
    ),
    (
        "{history}",
        "1111aaaa2222 -> 2222bbbb3333 (head), add email\n1111aaaa2222 -> 3333cccc4444 (billing) (head), billing side\n<base> -> 1111aaaa2222 (branchpoint), create account\n",
    ),
];

#[test]
fn the_output_equals_alembics() {
    let database = server().database();
    let project = TestProject::on(&database);
    for Call(line, status, stdout, stderr) in SESSION {
        let output = run(&project, line).expect_status(*status);
        assert_eq!(normal(&project, &output.stdout), expanded(stdout), "limbeck {line}");
        let stderr_text = without_hints(&normal(&project, &output.stderr));
        assert_eq!(stderr_text, *stderr, "limbeck {line}");
    }
}

fn expanded(text: &str) -> String {
    BLOCKS.iter().fold(text.to_owned(), |text, (name, block)| text.replace(name, block))
}

/// Replaces the parts that differ in each run: paths, dates, the server.
fn normal(project: &TestProject, text: &str) -> String {
    let versions = project.path("versions");
    let mut normal = String::new();
    for line in text.lines() {
        let line = line.replace(versions.to_str().unwrap(), "{versions}");
        let (line, _) = line.split_once("Create Date: ").map_or((line.clone(), ""), |(indent, date)| {
            assert!(date.len() >= "2026-11-22 10:00:00+00:00".len(), "{date}");
            (format!("{indent}Create Date: {{date}}"), "")
        });
        normal.push_str(match line.strip_prefix("Current revision(s) for postgresql://") {
            Some(_) => "Current revision(s) for {url}:",
            None => &line,
        });
        normal.push('\n');
    }
    normal
}

/// Removes the hints, which only limbeck prints.
fn without_hints(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("hint: ")).fold(String::new(), |text, line| text + line + "\n")
}
