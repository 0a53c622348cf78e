//! The editor: typing, saving, closing, searching, proving.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixtures::*;
use super::harness::*;
use crate::tui::app::theme::Role;
use crate::tui::app::{Msg, Start};

pub const PATH: &str = "/project/migrations/versions/9f3b6c10_drop_legacy_code.sql";

/// The editor on the newest script, which drops a column.
pub fn open(width: u16, height: u16) -> Harness {
    let mut harness = Harness::new(width, height);
    harness.press("e");
    assert!(harness.model.editor().is_some());
    harness
}

pub fn text(harness: &Harness) -> String {
    harness.model.editor().expect("the editor is open").text.to_string()
}

pub fn saved(harness: &Harness) -> Option<&String> {
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
fn ascii_marks() {
    let mut harness =
        Harness::silent(120, 40, sample(), &["7c1d5e02aa10", "b04e77aa0912"], Start { ascii: true, ..start(120, 40) });
    harness.run();
    harness.press("ex<^p>");
    let screen = harness.screen();
    assert!(screen.is_ascii(), "{screen}");
}

#[test]
fn text_is_highlighted_while_it_is_typed() {
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
    assert_eq!(colours(&harness, 10), "ccccccccccccccc".get(..15).unwrap(), "the comment continues below");
    harness.press("<backspace><backspace>");
    assert!(colours(&harness, 10).starts_with("kkkkk.kkkkk"));
}

#[test]
fn selection_and_matches_are_visible_in_every_theme() {
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
fn typed_text_is_saved_unchanged() {
    let mut harness = open(120, 40);
    let before = text(&harness);
    harness.press("q?:e<^s>");
    let wanted = before.replace("ALTER TABLE functions\n", "q?:eALTER TABLE functions\n");
    assert_eq!(saved(&harness), Some(&wanted));
    assert!(harness.asked.contains(&format!("save {PATH}")) && harness.asked.last().unwrap() == "load scripts");
    assert!(harness.screen().contains("saved 9f3b6c10_drop_legacy_code.sql"), "{}", harness.screen());
    harness.press("<^s>");
    assert!(harness.screen().contains("there are no unsaved changes"));
    harness.press("<esc>");
    assert!(harness.model.editor().is_none());
    assert!(harness.screen().contains("q?:eALTER TABLE"), "the pane shows the new text");
}

#[test]
fn line_endings_and_byte_order_mark_are_kept() {
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
    assert!(harness.model.editor().is_some(), "the harmless button has the focus");
    harness.press("<esc><tab><enter>");
    assert!(harness.model.editor().is_none() && saved(&harness).is_none());
    harness.press("ex<esc><tab><tab><enter>");
    assert!(harness.model.editor().is_none() && saved(&harness).unwrap().contains("xALTER"));
    harness.press("e<esc>");
    assert!(harness.model.editor().is_none() && harness.model.dialogs.is_empty(), "without changes nothing is asked");
    harness.press("ex<^c>");
    assert!(!harness.asked.contains(&String::from("quit")));
    harness.press("<tab><tab><enter>");
    assert_eq!(harness.asked.last().unwrap(), "load scripts");
    assert!(harness.asked.contains(&String::from("quit")), "saved, then quit");
}

#[test]
fn unsaved_text_survives_a_closed_terminal() {
    let mut harness = open(120, 40);
    harness.send(Msg::Terminate);
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("rescue")), "nothing was typed");
    harness.press("x");
    harness.send(Msg::Terminate);
    let asked = &harness.asked[harness.asked.len() - 2..];
    assert_eq!(asked, [format!("rescue {PATH}.unsaved"), String::from("quit")]);
}

#[test]
fn a_file_changed_by_another_program_is_never_overwritten_without_a_question() {
    let mut harness = open(120, 40);
    let theirs = text(&harness).replace("legacy_code", "other_code");
    harness.press("x");
    harness.disk.insert(PathBuf::from(PATH), theirs.clone());
    harness.press("<^s>");
    assert!(harness.screen().contains("Another program has changed"), "{}", harness.screen());
    assert_eq!(saved(&harness), Some(&theirs));
    harness.press("<enter><^s><tab><enter>");
    assert_eq!(text(&harness), theirs, "reload takes the file's text");
    harness.press("<^z><^z>");
    assert!(text(&harness).contains("xALTER"), "undo restores the typed text");
    harness.press("<^s>");
    assert_eq!(saved(&harness).unwrap(), &text(&harness), "what was read is known now");
    harness.press("y");
    harness.disk.insert(PathBuf::from(PATH), theirs);
    harness.press("<^s><tab><tab><enter>");
    assert_eq!(saved(&harness).unwrap(), &text(&harness), "overwritten after the question");
}

#[test]
fn a_file_that_changes_on_disk_is_read_again_or_reported() {
    let mut harness = open(120, 40);
    let change = |harness: &mut Harness, to: &str| {
        let mut files: Vec<_> = harness.tree.scripts.values().map(|file| (**file).clone()).collect();
        let file = files.iter_mut().find(|file| file.path == std::path::Path::new(PATH)).unwrap();
        file.text = file.text.replace("legacy_code", to).into();
        harness.disk.insert(file.path.clone(), file.text.to_string());
        harness.tree = Arc::new(tree(files));
        harness.send(Msg::ScriptsChanged);
    };
    change(&mut harness, "other_code");
    assert!(text(&harness).contains("other_code") && harness.screen().contains("read again"), "{}", harness.screen());
    assert!(!harness.model.editor().unwrap().is_modified());
    harness.press("x");
    change(&mut harness, "third_code");
    let mut files: Vec<_> = harness.tree.scripts.values().map(|file| (**file).clone()).collect();
    let file = files.iter_mut().find(|file| file.path == std::path::Path::new(PATH)).unwrap();
    file.text = file.text.replace("other_code", "third_code").into();
    harness.tree = Arc::new(tree(files));
    harness.send(Msg::ScriptsChanged);
    assert!(text(&harness).contains("xALTER") && text(&harness).contains("other_code"), "the typed text stays");
    assert!(harness.screen().contains("the file was changed by another program"), "{}", harness.screen());
}

#[test]
fn an_invalid_script_is_reported_with_its_line_before_it_is_saved() {
    let mut harness = open(120, 40);
    harness.press("<^home><down><down><^x>");
    assert!(harness.screen().contains("✗"), "{}", harness.screen());
    harness.press("<^s>");
    assert!(harness.screen().contains("This is not the same script"), "{}", harness.screen());
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
        "line 8 · DL103 drops column",
        "ix_functions_legacy",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    harness.press("'");
    let screen = harness.screen();
    assert!(screen.contains(" x line ") && screen.contains("✗"), "{screen}");
    assert!(screen.contains("functions.legacy_code"), "the last findings stay");
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
    assert!(harness.screen().contains("nothing found"), "case counts if there are capital letters");
    harness.press("<^u>legacy");
    assert!(harness.screen().contains("find: legacy") && harness.screen().contains("1 of 4"), "{}", harness.screen());
    harness.press("<enter><down>");
    assert!(harness.screen().contains("3 of 4"));
    harness.press("<up><up><up>");
    assert!(harness.screen().contains("4 of 4"), "after the last match the first");
    harness.press("<esc>");
    let cursor = harness.model.editor().unwrap().document.cursor();
    assert_eq!(cursor.0, 11, "the cursor stays at the match");
    harness.press("<f3>");
    assert_eq!(harness.model.editor().unwrap().document.cursor().0, 0);
    harness.press("<^g>9<enter>");
    assert_eq!(harness.model.editor().unwrap().document.cursor().0, 8);
    harness.press("<^g>x<enter>");
    assert!(harness.screen().contains("a number from 1 to 13"));
}

#[test]
fn a_paste_is_one_undo_step_and_copies_reach_the_terminal() {
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
fn the_mouse_moves_the_cursor_selects_and_scrolls() {
    let mut harness = open(80, 12);
    let mouse = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let top = harness.model.editor().unwrap().top;
    harness.send(mouse(MouseEventKind::Down(MouseButton::Left), 10, 3));
    let cursor = harness.model.editor().unwrap().document.cursor();
    assert_eq!(cursor, (top + 1, 4.min(harness.model.editor().unwrap().document.line(top + 1).len())));
    harness.send(mouse(MouseEventKind::Drag(MouseButton::Left), 8, 5));
    assert!(harness.model.editor().unwrap().document.selected_text().is_some());
    harness.send(mouse(MouseEventKind::Up(MouseButton::Left), 8, 5));
    let cursor = harness.model.editor().unwrap().document.cursor();
    harness.send(mouse(MouseEventKind::ScrollUp, 10, 5));
    harness.send(mouse(MouseEventKind::ScrollUp, 10, 5));
    let editor = harness.model.editor().unwrap();
    assert_eq!((editor.top, editor.document.cursor()), (0, cursor), "the wheel leaves the cursor alone");
}

#[test]
fn read_only_is_shown() {
    let options = Start { read_only: true, ..start(120, 40) };
    let mut harness = Harness::silent(120, 40, sample(), &["c3d2a981e5b4"], options);
    harness.run();
    harness.press("e");
    let before = text(&harness);
    harness.press("x<enter><delete><^v><^x>");
    harness.send(Msg::Paste(String::from("x")));
    assert_eq!(text(&harness), before);
    assert!(harness.screen().contains("read-only: limbeck was started with --read-only"), "{}", harness.screen());
    harness.press("<^a><^c>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("copy the selection")));
    harness.press("<esc>");
    assert!(harness.model.editor().is_none());
}
