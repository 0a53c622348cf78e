//! The editor: typing, saving, leaving, searching, proving, and what is told beside.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixtures::*;
use super::harness::*;
use crate::core::hazard::{Class, Evidence, Hazard, Subject};
use crate::engine::project::ScriptProblem;
use crate::engine::verify::{Stage, Told};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::screen::editor::{FoundHazard, Opening, Operation, Origin, Panel, Proof};
use crate::tui::app::theme::Role;
use crate::tui::app::{Msg, Start};

const PATH: &str = "/project/migrations/versions/9f3b6c10_drop_legacy_code.sql";

/// The editor on the newest script, which drops a column.
fn open(width: u16, height: u16) -> Harness {
    let mut harness = Harness::new(width, height);
    harness.press("e");
    assert!(harness.model.editor.is_some());
    harness
}

fn text(harness: &Harness) -> String {
    harness.model.editor.as_ref().expect("the editor is open").text.to_string()
}

fn saved(harness: &Harness) -> Option<&String> {
    harness.disk.get(&PathBuf::from(PATH))
}

#[test]
fn pictures() {
    let mut harness = open(80, 24);
    harness.press("<end> -- 한국어<shift-home>");
    for (width, height) in [(80, 24), (40, 10), (120, 40), (200, 60)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("editor_{width}x{height}"), harness.screen());
    }
    harness.resize(80, 24).press("<f2>");
    insta::assert_snapshot!("editor_panel_below", harness.screen());
    harness.resize(120, 40).press("<f2><right><^f>legacy");
    insta::assert_snapshot!("editor_find", harness.screen());
    harness.press("<esc><esc>");
    insta::assert_snapshot!("editor_leaving", harness.screen());
    harness.press("<esc><f1>");
    insta::assert_snapshot!("editor_keys", harness.screen());
    for (width, height) in [(0, 0), (1, 1), (30, 8), (31, 200), (200, 8)] {
        harness.resize(width, height);
        harness.buffer();
    }
}

#[test]
fn ascii_has_its_own_marks() {
    let mut harness =
        Harness::silent(120, 40, sample(), &["7c1d5e02aa10", "b04e77aa0912"], Start { ascii: true, ..start(120, 40) });
    harness.run();
    harness.press("ex<^p>");
    let screen = harness.screen();
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn text_is_coloured_as_it_is_typed() {
    let mut harness = open(120, 40);
    harness.press("SELECT 'a' -- b<enter>");
    let theme = harness.model.preferences.theme.clone();
    let colours = |harness: &Harness, row: u16| -> String {
        let buffer = harness.buffer();
        let kind = |fg| match fg {
            _ if fg == theme.style(Role::Keyword).fg => 'k',
            _ if fg == theme.style(Role::String).fg => 's',
            _ if fg == theme.style(Role::Comment).fg => 'c',
            _ => '.',
        };
        (6..21).map(|x| kind(buffer[(x, row)].style().fg)).collect()
    };
    assert!(harness.screen().lines().nth(9).unwrap().starts_with("│   8 SELECT 'a' -- b"));
    assert_eq!(colours(&harness, 9), "kkkkkk.sss.cccc");
    harness.press("<up><home>/*");
    assert_eq!(colours(&harness, 10), "ccccccccccccccc".get(..15).unwrap(), "a comment goes on below");
    harness.press("<backspace><backspace>");
    assert!(colours(&harness, 10).starts_with("kkkkk.kkkkk"));
}

#[test]
fn a_selection_and_matches_are_seen_in_every_theme() {
    for theme in ["dark", "light", "sixteen", "colour-blind", "mono"] {
        let options = Start { theme: Some(theme.to_owned()), ..start(80, 24) };
        let mut harness = Harness::silent(80, 24, sample(), &["c3d2a981e5b4"], options);
        harness.run();
        harness.press("e<shift-right><shift-right>");
        let look = |harness: &Harness, x: u16, y: u16| {
            let style = harness.buffer()[(x, y)].style();
            (style.bg, style.add_modifier)
        };
        assert_ne!(look(&harness, 6, 9), look(&harness, 8, 9), "{theme}");
        harness.press("<^f><^u>functions");
        let (here, other, none) = (look(&harness, 18, 9), look(&harness, 18, 13), look(&harness, 7, 9));
        assert!(here != other && here != none && other != none, "{theme}: {here:?} {other:?} {none:?}");
    }
}

#[test]
fn what_is_typed_is_saved_as_it_is_typed() {
    let mut harness = open(120, 40);
    let before = text(&harness);
    harness.press("q?:e<^s>");
    let wanted = before.replace("ALTER TABLE functions\n", "q?:eALTER TABLE functions\n");
    assert_eq!(saved(&harness), Some(&wanted));
    assert!(harness.asked.contains(&format!("save {PATH}")) && harness.asked.last().unwrap() == "load scripts");
    assert!(harness.screen().contains("saved 9f3b6c10_drop_legacy_code.sql"), "{}", harness.screen());
    harness.press("<^s>");
    assert!(harness.screen().contains("nothing has changed since it was saved"));
    harness.press("<esc>");
    assert!(harness.model.editor.is_none());
    assert!(harness.screen().contains("q?:eALTER TABLE"), "the pane shows the new text");
}

#[test]
fn line_ends_and_the_mark_of_the_file_are_kept() {
    let mut files: Vec<_> = sample().scripts.values().map(|file| (**file).clone()).collect();
    let file = files.iter_mut().find(|file| file.script.revision == id("9f3b6c10a7d2")).unwrap();
    file.text = format!("\u{feff}{}", file.text.replace('\n', "\r\n")).into();
    let before = file.text.clone();
    let mut harness = Harness::with(120, 40, tree(files), &["c3d2a981e5b4"]);
    harness.press("e<^end>x<enter>y<^s>");
    assert_eq!(saved(&harness), Some(&format!("{before}x\r\ny")));
}

#[test]
fn unsaved_changes_are_asked_about() {
    let mut harness = open(120, 40);
    harness.press("x<esc>");
    assert!(harness.screen().contains("Unsaved changes"));
    harness.press("<enter>");
    assert!(harness.model.editor.is_some(), "the harmless button has the focus");
    harness.press("<esc><tab><enter>");
    assert!(harness.model.editor.is_none() && saved(&harness).is_none());
    harness.press("ex<esc><tab><tab><enter>");
    assert!(harness.model.editor.is_none() && saved(&harness).unwrap().contains("xALTER"));
    harness.press("e<esc>");
    assert!(harness.model.editor.is_none() && harness.model.dialogs.is_empty(), "without changes nothing is asked");
    harness.press("ex<^c>");
    assert!(!harness.asked.contains(&String::from("quit")));
    harness.press("<tab><tab><enter>");
    assert_eq!(harness.asked.last().unwrap(), "load scripts");
    assert!(harness.asked.contains(&String::from("quit")), "saved, then quit");
}

#[test]
fn a_file_that_somebody_else_changed_is_never_written_over_unasked() {
    let mut harness = open(120, 40);
    let theirs = text(&harness).replace("legacy_code", "other_code");
    harness.press("x");
    harness.disk.insert(PathBuf::from(PATH), theirs.clone());
    harness.press("<^s>");
    assert!(harness.screen().contains("was changed by somebody else"), "{}", harness.screen());
    assert_eq!(saved(&harness), Some(&theirs));
    harness.press("<enter><^s><tab><enter>");
    assert_eq!(text(&harness), theirs, "reload takes theirs");
    harness.press("<^z><^z>");
    assert!(text(&harness).contains("xALTER"), "and undo brings mine back");
    harness.press("<^s>");
    assert_eq!(saved(&harness).unwrap(), &text(&harness), "what was read is known now");
    harness.press("y");
    harness.disk.insert(PathBuf::from(PATH), theirs);
    harness.press("<^s><tab><tab><enter>");
    assert_eq!(saved(&harness).unwrap(), &text(&harness), "overwritten when asked");
}

#[test]
fn a_file_that_changes_below_is_read_again_or_told() {
    let mut harness = open(120, 40);
    let change = |harness: &mut Harness, to: &str| {
        let mut files: Vec<_> = harness.tree.scripts.values().map(|file| (**file).clone()).collect();
        let file = files.iter_mut().find(|file| file.path == PathBuf::from(PATH)).unwrap();
        file.text = file.text.replace("legacy_code", to).into();
        harness.disk.insert(file.path.clone(), file.text.to_string());
        harness.tree = Arc::new(tree(files));
        harness.send(Msg::ScriptsChanged);
    };
    change(&mut harness, "other_code");
    assert!(text(&harness).contains("other_code") && harness.screen().contains("read again"), "{}", harness.screen());
    assert!(!harness.model.editor.as_ref().unwrap().is_modified());
    harness.press("x");
    change(&mut harness, "third_code");
    let mut files: Vec<_> = harness.tree.scripts.values().map(|file| (**file).clone()).collect();
    let file = files.iter_mut().find(|file| file.path == PathBuf::from(PATH)).unwrap();
    file.text = file.text.replace("other_code", "third_code").into();
    harness.tree = Arc::new(tree(files));
    harness.send(Msg::ScriptsChanged);
    assert!(text(&harness).contains("xALTER") && text(&harness).contains("other_code"), "what was typed stays");
    assert!(harness.screen().contains("the file was changed by somebody else"), "{}", harness.screen());
}

#[test]
fn what_is_no_script_any_more_is_told_with_its_line_before_it_is_saved() {
    let mut harness = open(120, 40);
    harness.press("<^home><down><down><^x>");
    assert!(harness.screen().contains("✗"), "{}", harness.screen());
    harness.press("<^s>");
    assert!(harness.screen().contains("This is not the script that it was"), "{}", harness.screen());
    harness.press("<enter>");
    assert!(saved(&harness).is_none());
    harness.press("<^s><tab><enter>");
    assert!(!saved(&harness).unwrap().contains("Revision ID"));
    let mut harness = open(120, 40);
    harness.press("<^f>9f3b6c10a7d2<esc><delete>8<^s>");
    let screen = harness.screen();
    assert!(screen.contains("the revision ID was 9f3b6c10a7d2 and is now 8f3b6c10a7d2"), "{screen}");
}

#[test]
fn faults_and_hazards_follow_the_text() {
    let mut harness = open(120, 40);
    let screen = harness.screen();
    for words in [
        "! data-loss  functions.legacy_code",
        "drop column legacy_code",
        "DL103 drops column · line 8",
        "ix_functions_legacy",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("'");
    let screen = harness.screen();
    assert!(screen.contains(" x line ") && screen.contains("✗"), "{screen}");
    assert!(screen.contains("functions.legacy_code"), "the last reading stands");
    harness.press("<f8>");
    harness.press("<^z>");
    assert!(!harness.screen().contains("✗"));
    harness.press("<^a><delete>");
    assert_eq!(text(&harness), "");
    harness.press("<^z>TRUNCATE jobs;<enter>");
    assert!(harness.screen().contains("! data-loss  jobs"), "{}", harness.screen());
}

#[test]
fn searching_goes_from_match_to_match() {
    let mut harness = open(120, 40);
    harness.press("<^home><^f>LEGACY");
    assert!(harness.screen().contains("nothing found"), "capitals count where there are any");
    harness.press("<^u>legacy");
    assert!(harness.screen().contains("find: legacy") && harness.screen().contains("1 of 4"), "{}", harness.screen());
    harness.press("<enter><down>");
    assert!(harness.screen().contains("3 of 4"));
    harness.press("<up><up><up>");
    assert!(harness.screen().contains("4 of 4"), "round the end");
    harness.press("<esc>");
    let cursor = harness.model.editor.as_ref().unwrap().document.cursor();
    assert_eq!(cursor.0, 11, "the cursor stays at what was found");
    harness.press("<f3>");
    assert_eq!(harness.model.editor.as_ref().unwrap().document.cursor().0, 0);
    harness.press("<^g>9<enter>");
    assert_eq!(harness.model.editor.as_ref().unwrap().document.cursor().0, 8);
    harness.press("<^g>x<enter>");
    assert!(harness.screen().contains("a number from 1 to 13"));
}

#[test]
fn a_paste_is_one_step_and_copies_reach_the_terminal() {
    let mut harness = open(120, 40);
    let before = text(&harness);
    harness.send(Msg::Paste(String::from("SELECT 1;\rSELECT 2;\r\n")));
    assert!(text(&harness).contains("SELECT 1;\nSELECT 2;\nALTER"));
    harness.press("<^z>");
    assert_eq!(text(&harness), before);
    harness.press("<^y>");
    assert!(text(&harness).contains("SELECT 2;\nALTER"));
    harness.press("<shift-up><shift-up><^c>");
    assert_eq!(harness.asked.last().unwrap(), "copy the selection: SELECT 1;\nSELECT 2;\n");
    assert!(!harness.asked.contains(&String::from("quit")));
    harness.press("<^x><^end><^v>");
    assert!(text(&harness).ends_with("legacy_code text;\nSELECT 1;\nSELECT 2;\n"), "{}", text(&harness));
}

#[test]
fn the_mouse_places_the_cursor_selects_and_scrolls() {
    let mut harness = open(80, 12);
    let mouse = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let top = harness.model.editor.as_ref().unwrap().top;
    harness.send(mouse(MouseEventKind::Down(MouseButton::Left), 10, 3));
    let cursor = harness.model.editor.as_ref().unwrap().document.cursor();
    assert_eq!(cursor, (top + 1, 4.min(harness.model.editor.as_ref().unwrap().document.line(top + 1).len())));
    harness.send(mouse(MouseEventKind::Drag(MouseButton::Left), 8, 5));
    assert!(harness.model.editor.as_ref().unwrap().document.selected_text().is_some());
    harness.send(mouse(MouseEventKind::Up(MouseButton::Left), 8, 5));
    let cursor = harness.model.editor.as_ref().unwrap().document.cursor();
    harness.send(mouse(MouseEventKind::ScrollUp, 10, 5));
    harness.send(mouse(MouseEventKind::ScrollUp, 10, 5));
    let editor = harness.model.editor.as_ref().unwrap();
    assert_eq!((editor.top, editor.document.cursor()), (0, cursor), "the wheel leaves the cursor alone");
}

#[test]
fn read_only_is_read_and_said() {
    let options = Start { read_only: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &["c3d2a981e5b4"], options);
    harness.run();
    harness.press("e");
    let before = text(&harness);
    harness.press("x<enter><delete><^v><^x>");
    harness.send(Msg::Paste(String::from("x")));
    assert_eq!(text(&harness), before);
    assert!(harness.screen().contains("read-only: limbeck was opened with --read-only"), "{}", harness.screen());
    harness.press("<^a><^c>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("copy the selection")));
    harness.press("<esc>");
    assert!(harness.model.editor.is_none());
}

#[test]
fn where_it_ran_is_told() {
    let mut harness = Harness::with(120, 40, sample(), &["c3d2a981e5b4"]);
    harness.press("/8e10<enter>e");
    assert!(harness.screen().contains("applied on default: what runs there is what ran"), "{}", harness.screen());
    harness.press("<esc>xj<enter>");
    harness.press("e");
    assert!(harness.screen().contains("applied on staging, default: what runs there"), "{}", harness.screen());
    harness.press("<esc><esc>/9f3b<enter>e");
    assert!(!harness.screen().contains("applied on"));
}

#[test]
fn proving_saves_first_tells_how_far_it_is_and_grows_stale_with_the_text() {
    let mut harness = open(120, 40);
    assert!(harness.screen().contains("not proved yet: ^p proves it"));
    harness.press("-- x<enter><^p>");
    assert!(saved(&harness).unwrap().contains("-- x\nALTER"));
    assert!(harness.asked.contains(&String::from("prove 9f3b6c10a7d2")));
    let screen = harness.screen();
    assert!(screen.contains("✓ up ok  ✓ down ok  ✓ again ok") && screen.contains("9f3b6c10 is proved"), "{screen}");
    harness.press("y");
    assert!(harness.screen().contains("edited since: prove again with ^p"), "{}", harness.screen());
    harness.press("<^z>");
    assert!(!harness.screen().contains("edited since"), "undone it is what was proved");
    harness.proof.down = false;
    harness.proof.difference = vec![String::from("after the downgrade, column functions.legacy_code is missing")];
    harness.press("<^p>");
    let screen = harness.screen();
    assert!(screen.contains("✗ down not") && screen.contains("after the downgrade, column"), "{screen}");
}

#[test]
fn a_proof_that_runs_can_be_cancelled() {
    let mut harness = open(120, 40);
    harness.hold = true;
    harness.press("<^p>");
    harness.send(Msg::ProofTold(Told::Proving {
        revision: id("9f3b6c10a7d2"),
        stage: Stage::Down,
        number: 1,
        count: 1,
    }));
    let screen = harness.screen();
    assert!(screen.contains("proving: down …") && screen.contains("^c cancel"), "{screen}");
    harness.press("x<^s>");
    assert!(!harness.asked.contains(&format!("save {PATH}")), "one job at a time");
    harness.press("<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    harness.send(Msg::Proved(id("9f3b6c10a7d2"), Err(Error::of(ErrorKind::Interrupted, "cancelled"))));
    assert!(harness.screen().contains("the proof was cancelled"));
    assert!(!harness.model.is_busy() && harness.model.editor.is_some());
}

#[test]
fn a_proof_without_a_server_says_why_not() {
    let mut harness = Harness::silent(120, 40, sample(), &[], start(120, 40));
    harness.away = Some(Error::of(ErrorKind::Connection, "cannot be reached"));
    harness.run();
    harness.press("e<^p>");
    assert!(harness.screen().contains("prove: the server is away"), "{}", harness.screen());
}

/// A script as autogenerate hands it over.
fn fresh(origin: Origin) -> Opening {
    let path = PathBuf::from("/project/migrations/versions/eeeeeeeeeeee_new.sql");
    let made = file("eeeeeeeeeeee", "new", &["9f3b6c10a7d2"], "DROP TABLE jobs;", "CREATE TABLE jobs ();");
    let hazard = Hazard {
        code: "DL101",
        class: Class::DataLoss,
        title: "drops table",
        object: String::from("jobs"),
        evidence: Some(Evidence { rows: 12, values: 12, exact: true, seconds: 0.1 }),
        subject: Subject::Table { schema: None, name: String::from("jobs") },
    };
    Opening {
        path,
        text: made.text,
        origin,
        revision: Some(id("eeeeeeeeeeee")),
        line: None,
        panel: Panel {
            proof: Proof::Found(Box::new(proved("eeeeeeeeeeee")), jiff::civil::time(10, 0, 0, 0)),
            operations: vec![Operation { object: "jobs".into(), doing: "is not in the models".into(), line: 8 }],
            hazards: vec![FoundHazard { line: 8, direction: crate::core::graph::Direction::Upgrade, hazard }],
            proved: None,
        },
    }
}

#[test]
fn a_script_that_was_just_made_is_kept_or_thrown_away() {
    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::New))));
    let screen = harness.screen();
    for words in ["● new", "again ok", "is not in the models", "12 rows (exact)"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("<esc>");
    assert!(harness.screen().contains("Keep the new script?"));
    harness.press("<tab><enter>");
    assert!(harness.model.editor.is_none() && harness.disk.is_empty());

    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::New))));
    harness.press("<esc><tab><tab><enter>");
    assert!(harness.disk.contains_key(&fresh(Origin::New).path));
    assert!(harness.screen().contains("eeeeeeee  new"), "the tree has it, selected\n{}", harness.screen());

    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::Written))));
    harness.press("<esc><tab><enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("remove /project")), "{:?}", harness.asked);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::Written))));
    harness.press("<^s><esc>");
    assert!(harness.model.editor.is_none(), "kept, so that nothing is asked");
}

#[test]
fn a_new_text_takes_over_the_counts_until_its_statement_goes() {
    let mut harness = Harness::new(120, 40);
    harness.send(Msg::OpenEditor(Box::new(fresh(Origin::Written))));
    harness.press("<^g>8<enter><end><enter>DROP TABLE users;");
    let screen = harness.screen();
    assert!(screen.contains("12 rows (exact)") && screen.contains("! data-loss  users"), "{screen}");
    assert!(!screen.contains("is not in the models"), "operations are read off the text from now on");
}

#[test]
fn a_file_that_is_no_script_can_be_mended() {
    let path = PathBuf::from("/x/versions/bad.sql");
    let mut faulty = sample();
    faulty.problems.push(ScriptProblem::File {
        path: path.clone(),
        line: Some(2),
        message: String::from("expected 'Revision ID:'"),
        hint: None,
    });
    let mut harness = Harness::with(110, 30, faulty, &["c3d2a981e5b4"]);
    harness.disk.insert(path.clone(), String::from("-- x\nSELECT 1;\n"));
    harness.press("gke");
    assert_eq!(harness.asked.last().unwrap(), "examine");
    assert!(harness.asked.contains(&String::from("read /x/versions/bad.sql Some(2)")));
    assert!(harness.screen().contains("bad.sql") && harness.screen().contains("✗"), "{}", harness.screen());
    harness.press("<^home>-- Revision ID: abc<enter>-- Revises:<enter>-- @upgrade<enter><^s>");
    assert!(harness.model.dialogs.is_empty(), "it is a script now: {}", harness.screen());
    assert!(harness.disk[&path].starts_with("-- Revision ID: abc\n"));
}

#[test]
fn an_error_and_a_plan_lead_to_their_line() {
    let mut harness = Harness::new(120, 40);
    harness.press("ujjje");
    assert_eq!(harness.model.editor.as_ref().unwrap().document.cursor(), (7, 0));
    harness.press("<esc>");
    assert!(harness.model.plan.is_some(), "back to the plan");
    harness.press("<esc>");
    harness.model.show_error(Error {
        revision: Some(String::from("9f3b6c10a7d2")),
        line: Some(9),
        ..Error::new("it failed")
    });
    harness.press("e");
    assert_eq!(harness.model.editor.as_ref().unwrap().document.cursor(), (8, 0));
    assert!(harness.model.dialogs.is_empty());
}

#[test]
fn a_script_too_long_is_left_to_other_editors() {
    let mut harness = Harness::new(120, 40);
    let text: Arc<str> = "\n".repeat(60_000).into();
    harness.send(Msg::OpenEditor(Box::new(Opening { text, ..fresh(Origin::New) })));
    assert!(harness.model.editor.is_none() && harness.screen().contains("E opens it in $EDITOR"));
}

#[test]
fn answers_of_texts_that_are_gone_do_not_count() {
    let mut harness = open(120, 40);
    harness.send(Msg::Examined(0, Box::default()));
    assert!(harness.screen().contains("drop column legacy_code"));
    harness.press("<esc>");
    for message in [
        Msg::Proved(id("9f3b6c10a7d2"), Ok(Box::new(proved("9f3b6c10a7d2")))),
        Msg::ScriptSaved(Ok(crate::engine::project::Saved::Written)),
        Msg::ScriptRemoved(Ok(())),
    ] {
        harness.send(message);
    }
    assert!(harness.model.editor.is_none());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("prove")));
}
