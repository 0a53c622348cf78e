//! Pictures of the screens at several sizes.

use super::harness::*;
use crate::engine::{Error, ErrorKind};

#[test]
fn look() {
    let mut show = |h: &Harness| println!("{}\n=====", h.screen());
    let mut h = Harness::new(90, 26);
    for key in [
        "?",
        "<esc>:gra",
        "<esc>c",
        "<tab>",
        "<esc>x",
        "<esc>gjs",
        "<esc>/merge",
        "<enter>",
        "<esc>3",
        "<esc>2",
        "@",
        "<esc>@",
    ] {
        h.press(key);
        println!("{key}");
        show(&h);
    }
    let mut h = Harness::new(90, 26);
    h.fails = Some(Error {
        kind: ErrorKind::Failed,
        message: "column \"legacy_code\" does not exist".into(),
        causes: vec!["SQLSTATE 42703".into(), "the revision was rolled back".into()],
        hint: Some("Perhaps you meant to reference the column \"functions.legacy\"".into()),
        revision: Some("9f3b6c10a7d2".into()),
        line: Some(8),
        excerpt: Some(
            "  8 | ALTER TABLE functions DROP COLUMN legacy_code;\n    |                                   ^".into(),
        ),
    });
    h.press("u<enter>legacy_code<enter>");
    show(&h);
    h.press("<esc>");
    show(&h);
    let mut h = Harness::silent(110, 24, sample(), &[], start(100, 24));
    show(&h);
    h.away = Some(
        Error::of(ErrorKind::Connection, "the server at localhost:5432 cannot be reached")
            .because("connection refused"),
    );
    h.run();
    show(&h);
    h.press("!");
    show(&h);
    let mut h = Harness::with(80, 20, tree(vec![]), &[]);
    show(&h);
    h.press("c");
    show(&h);
    let mut t = sample();
    t.problems.push(crate::engine::project::ScriptProblem::File {
        path: "/x/versions/bad.sql".into(),
        line: Some(3),
        message: "expected '-- Revision ID:'".into(),
        hint: Some("hint hint".into()),
    });
    let h = Harness::with(110, 24, t, &["deadbeef0000"]);
    show(&h);
    let heads = tree(vec![
        file("aaaaaaaaaaaa", "one", &[], "", ""),
        file("bbbbbbbbbbbb", "two", &["aaaaaaaaaaaa"], "", ""),
        file("cccccccccccc", "three", &["aaaaaaaaaaaa"], "", ""),
    ]);
    let mut h = Harness::with(80, 20, heads, &["aaaaaaaaaaaa"]);
    show(&h);
    h.press("m");
    show(&h);
    h.press("<down> <enter>");
    show(&h);
}
