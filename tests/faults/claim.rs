//! What limbeck claims about the state of the database when a run ends.

/// The claim of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The database is at these heads (`base` for none).
    At(String),
    /// Nothing was run, so the heads are the same as before.
    Unchanged,
    /// A step outside a transaction stopped; the heads are those before the step.
    Stopped,
    /// limbeck cannot find out what the state is.
    Unknown,
    /// The report does not describe the state.
    Missing,
}

const AT: &str = "the database is at ";

/// Reads the claim from what a failed run printed.
pub fn claim(stderr: &str) -> Claim {
    let said = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    if said(&["cannot find out", "is unknown"]) {
        return Claim::Unknown;
    }
    if let Some((_, rest)) = stderr.rsplit_once(AT) {
        return Claim::At(heads_in(rest));
    }
    if said(&["nothing was run", "no script was run", "Nothing was run"]) {
        return Claim::Unchanged;
    }
    if said(&["outside a transaction: "]) {
        return Claim::Stopped;
    }
    Claim::Missing
}

/// The heads at the beginning of a text: ids separated by `, `.
fn heads_in(text: &str) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let id = word.trim_end_matches([',', '.', ';', ')', ':']);
        ids.push(id);
        if !word.ends_with(',') {
            break;
        }
    }
    ids.sort_unstable();
    ids.join(",")
}

#[test]
fn claims_are_read() {
    for (report, expected) in [
        ("error: x\n  rolled back; the database is at base\n", Claim::At("base".to_owned())),
        ("the database is at b2, a1 (after the commit it would be at c3)", Claim::At("a1,b2".to_owned())),
        ("limbeck cannot find out whether it took effect", Claim::Unknown),
        ("cancelled; nothing was run", Claim::Unchanged),
        ("outside a transaction: 1 of 2 statements of revision a1 took effect", Claim::Stopped),
        ("error: the connection to the server was lost", Claim::Missing),
    ] {
        assert_eq!(claim(report), expected, "{report}");
    }
}
