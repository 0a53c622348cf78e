//! The keys of the panes and the dialogs.

use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixtures::*;
use super::harness::*;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::table;
use crate::tui::app::dispatch;
use crate::tui::app::history::Item;
use crate::tui::app::model::{Connection, Pane};
use crate::tui::app::{Msg, Start};

fn selected(harness: &Harness) -> String {
    match harness.model.history.selected_item() {
        Some(Item::Revision(id) | Item::Missing(id)) => id.short().to_owned(),
        Some(Item::Problem(index)) => format!("problem {index}"),
        Some(Item::Base) => String::from("<base>"),
        None => String::from("nothing"),
    }
}

#[test]
fn the_first_effects_load_scripts_and_connect() {
    let harness = Harness::new(120, 40);
    assert_eq!(harness.asked, ["load scripts", "connect default", "highlight 9f3b6c10a7d2"]);
    assert!(!harness.model.is_busy());
}

#[test]
fn movements_go_by_revision_and_stop_at_the_ends() {
    let mut harness = Harness::new(80, 24);
    assert_eq!(selected(harness.press("jj")), "7c1d5e02");
    assert_eq!(selected(harness.press("k")), "51ab90de");
    assert_eq!(selected(harness.press("G")), "<base>");
    assert_eq!(selected(harness.press("j")), "<base>");
    assert_eq!(selected(harness.press("gk")), "9f3b6c10");
    assert_eq!(selected(harness.press("<down><down><up>")), "51ab90de");
}

#[test]
fn u_and_d_only_open_the_plan() {
    let mut harness = Harness::new(80, 24);
    harness.press("u");
    assert!(harness.model.plan().is_some());
    assert!(!harness.asked.iter().any(|asked| asked.starts_with("apply")));
    harness.press("<esc>");
    assert!(harness.model.plan().is_none());
    harness.press("d");
    assert!(harness.model.plan().is_none(), "with several heads d is refused");
    assert!(harness.screen().contains("several heads"));
}

#[test]
fn capital_letters_use_the_selected_revision() {
    let mut harness = Harness::new(80, 24);
    harness.press("jU");
    assert_eq!(harness.asked.last().unwrap(), "prepare upgrade 51ab90de3c44");
    harness.press("<esc>jjjjD");
    assert_eq!(harness.asked.last().unwrap(), "prepare downgrade 8e10f3b79a01");
    harness.press("<esc>GD");
    assert_eq!(harness.asked.last().unwrap(), "prepare downgrade base");
}

#[test]
fn downgrading_one_head_is_minus_one() {
    let mut harness = Harness::with(80, 24, sample(), &["c3d2a981e5b4"]);
    harness.press("d");
    assert_eq!(harness.asked.last().unwrap(), "prepare downgrade -1");
}

#[test]
fn esc_goes_back_and_never_quits() {
    let mut harness = Harness::new(120, 40);
    harness.press("3");
    assert_eq!(harness.model.panes.focus, Pane::Script);
    harness.press("<esc><esc><esc>");
    assert_eq!(harness.model.panes.focus, Pane::History);
    assert!(!harness.asked.contains(&String::from("quit")));
    harness.press("q");
    assert_eq!(harness.asked.last().unwrap(), "quit");
}

#[test]
fn panes_by_number_letter_and_tab() {
    let mut harness = Harness::new(120, 40);
    for (keys, pane) in [
        ("l", Pane::Script),
        ("h", Pane::History),
        ("<tab>", Pane::Pending),
        ("<tab>", Pane::Script),
        ("<tab>", Pane::Log),
        ("<tab>", Pane::History),
        ("<backtab>", Pane::Log),
        ("2", Pane::Pending),
        ("1", Pane::History),
        ("<enter>", Pane::Script),
    ] {
        harness.press(keys);
        assert_eq!(harness.model.panes.focus, pane, "after {keys}");
    }
}

#[test]
fn the_pending_pane_selects_in_the_tree() {
    let mut harness = Harness::with(120, 40, sample(), &["8e10f3b79a01"]);
    assert_eq!(selected(harness.press("2gj")), "7c1d5e02");
    assert_eq!(selected(harness.press("k")), "c3d2a981");
}

#[test]
fn the_filter_jumps_while_typing_and_n_goes_to_the_next_match() {
    let mut harness = Harness::new(80, 24);
    assert_eq!(selected(harness.press("/timeouts")), "51ab90de");
    harness.press("<enter>");
    assert_eq!(selected(harness.press("n")), "b04e77aa");
    assert_eq!(selected(harness.press("n")), "51ab90de");
    assert_eq!(selected(harness.press("N")), "b04e77aa");
    assert!(harness.screen().contains("/timeouts · 2 matches"));
    harness.press("<esc>");
    assert!(!harness.screen().contains("/timeouts"));
    assert_eq!(selected(harness.press("/색인<esc>")), "b04e77aa", "Esc returns to the earlier selection");
}

#[test]
fn letters_in_a_text_field_are_text() {
    let mut harness = Harness::new(80, 24);
    harness.press("cqujk? :<esc>");
    assert!(!harness.asked.contains(&String::from("quit")));
    harness.press("cadd 이메일<enter>");
    assert_eq!(harness.asked[harness.asked.len() - 2], "create 'add 이메일' on 9f3b6c10a7d2 splice false");
    assert_eq!(harness.asked.last().unwrap(), "load scripts");
}

#[test]
fn a_revision_whose_parent_is_not_a_head_is_shown_as_a_branch() {
    let mut harness = Harness::new(80, 24);
    harness.press("jjc");
    assert!(harness.screen().contains("starts a branch here"));
    harness.press("<tab><down><enter>");
    assert!(harness.screen().contains("enter a message"));
    harness.press("x<enter>");
    assert!(harness.asked.iter().any(|asked| asked == "create 'x' on 7c1d5e02aa10 splice true"), "{:?}", harness.asked);
}

#[test]
fn a_pasted_message_becomes_one_line() {
    let mut harness = Harness::new(80, 24);
    harness.press("c");
    harness.send(Msg::Paste(String::from("two\nlines\n")));
    harness.press("<enter>");
    assert!(harness.asked.iter().any(|asked| asked.starts_with("create 'two lines'")));
    harness.send(Msg::Paste(String::from("u\n")));
    assert!(harness.model.plan().is_none(), "a paste on the panes is not a key");
}

#[test]
fn m_merges_the_chosen_heads() {
    let mut harness = Harness::with(80, 24, forked(), &["aaaaaaaaaaaa"]);
    harness.press("mm<down> <enter>");
    assert!(harness.screen().contains("choose at least two heads"));
    harness.press(" <enter>");
    let wanted = "merge bbbbbbbbbbbb cccccccccccc 'merge bbbbbbbb and cccccccc'";
    assert!(harness.asked.iter().any(|asked| asked == wanted), "{:?}", harness.asked);
}

#[test]
fn u_with_several_heads_upgrades_to_all_of_them() {
    let mut harness = Harness::with(80, 24, forked(), &["aaaaaaaaaaaa"]);
    harness.press("u");
    assert_eq!(harness.asked.last().unwrap(), "prepare upgrade heads");
}

#[test]
fn stamping_shows_from_and_to_and_moves_the_heads() {
    let mut harness = Harness::new(80, 24);
    harness.press("s");
    let screen = harness.screen();
    assert!(screen.contains("from    7c1d5e02") && screen.contains("to      9f3b6c10"), "{screen}");
    harness.press("<enter>");
    assert!(harness.asked.contains(&String::from("stamp 9f3b6c10a7d2 purge false")));
    assert_eq!(harness.model.heads().unwrap(), [id("9f3b6c10a7d2")]);
    assert!(harness.screen().contains("stamped 7c1d5e02, b04e77aa → 9f3b6c10"));
}

#[test]
fn another_environment_is_connected_and_late_answers_are_dropped() {
    let mut harness = Harness::new(80, 24);
    harness.press("xj<enter>");
    assert_eq!(harness.asked.last().unwrap(), "connect staging");
    let late = Error::of(ErrorKind::Connection, "too late");
    harness.send(Msg::Status(1, Err(late)));
    assert!(matches!(harness.model.server.connection, Connection::Connected));
    harness.press("xj<enter>");
    assert!(harness.screen().contains("production protected"));
}

#[test]
fn the_selected_revision_stays_selected_after_a_reload() {
    let mut harness = Harness::new(80, 24);
    harness.press("jj");
    let mut files: Vec<_> = sample().scripts.values().map(|file| (**file).clone()).collect();
    files.push(file("ffffffffffff", "newer", &["9f3b6c10a7d2"], "", ""));
    harness.tree = Arc::new(tree(files));
    harness.send(Msg::ScriptsChanged);
    assert_eq!(selected(&harness), "7c1d5e02");
    assert!(harness.screen().contains("newer"));
}

#[test]
fn changed_heads_are_shown_without_a_key() {
    let mut harness = Harness::new(80, 24);
    harness.heads = vec![id("9f3b6c10a7d2")];
    harness.send(Msg::Poll);
    let screen = harness.screen();
    assert!(screen.contains("the database's heads have changed") && screen.contains("nothing pending"), "{screen}");
}

#[test]
fn an_unreachable_server_is_shown_with_a_retry() {
    let mut harness = Harness::silent(110, 30, sample(), &["9f3b6c10a7d2"], start(110, 30));
    harness.unreachable = Some(Error::of(ErrorKind::Connection, "the server at localhost cannot be reached"));
    harness.run();
    let screen = harness.screen();
    assert!(screen.contains("server not reachable") && screen.contains("cannot be reached"), "{screen}");
    harness.press("u");
    assert!(harness.screen().contains("upgrade: the server cannot be reached"));
    harness.unreachable = None;
    harness.press("R");
    assert!(harness.screen().contains("PostgreSQL 15.18"));
}

#[test]
fn missing_heads_and_problems_are_rows() {
    let mut with_problem = sample();
    with_problem.problems.push(crate::engine::project::ScriptProblem::File {
        path: "/x/versions/bad.sql".into(),
        line: Some(3),
        message: String::from("expected 'Revision ID:'"),
        hint: Some(String::from("the header comes first")),
    });
    let mut harness = Harness::with(110, 30, with_problem, &["deadbeef0000"]);
    let screen = harness.screen();
    assert!(screen.contains("missing") && screen.contains("bad.sql:3"), "{screen}");
    assert_eq!(selected(&harness), "9f3b6c10", "the first revision is selected first");
    assert!(
        screen.contains("unknown") && !screen.contains(" pending"),
        "below a missing head nothing is known\n{screen}"
    );
    harness.press("u");
    assert!(harness.model.plan().is_none() && harness.screen().contains("the database is at deadbeef"));
    harness.press("<esc>k<enter>");
    assert!(harness.screen().contains("the header comes first"));
    harness.press("<esc>ky");
    assert_eq!(harness.asked.last().unwrap(), "copy the id deadbeef0000: deadbeef0000");
}

#[test]
fn read_only_shows_plans_and_writes_nothing() {
    let options = Start { read_only: true, ..start(80, 24) };
    let mut harness = Harness::silent(80, 24, sample(), &["c3d2a981e5b4"], options);
    harness.run();
    harness.press("csE");
    assert!(harness.model.dialogs.is_empty());
    harness.press("u<enter>");
    assert!(harness.model.plan().unwrap().is_reviewing());
    assert!(harness.screen().contains("--read-only"));
}

#[test]
fn the_users_keys_and_theme_apply_and_errors_are_shown() {
    let config = "theme = 'light'\n[keys]\nupgrade = 'p'\nnonsense = 'z'\n";
    let options = Start { user_config: Some(config.to_owned()), ..start(80, 24) };
    let mut harness = Harness::silent(80, 24, sample(), &["c3d2a981e5b4"], options);
    harness.run();
    assert!(harness.screen().contains("the command 'nonsense' is unknown"));
    harness.press("<esc>p");
    assert!(harness.model.plan().is_some());
    assert_eq!(harness.model.preferences.theme.name, "light");
}

#[test]
fn the_palette_runs_the_typed_command() {
    let mut harness = Harness::new(80, 24);
    harness.press(":stamp<enter>");
    assert!(harness.screen().contains("Only the version table is written"));
    harness.press("<esc>:backup<enter>");
    assert!(harness.screen().contains("of the whole database, by pg_dump"));
}

#[test]
fn every_command_has_a_key_that_reaches_it() {
    let harness = Harness::new(80, 24);
    let keymap = &harness.model.preferences.keymap;
    for info in table() {
        for place in &info.contexts {
            let reached =
                keymap.keys(info.id).iter().any(|chord| keymap.command(*place, chord.event()) == Some(info.id));
            assert!(reached, "{} cannot be reached at {place:?}", info.title);
        }
    }
}

#[test]
fn every_command_applies_somewhere() {
    let mut applied = std::collections::HashSet::new();
    let mut look = |harness: &Harness| {
        applied.extend(table().iter().filter(|info| dispatch::decide(&harness.model, info.id).is_ok()).map(|i| i.id));
    };
    let mut harness = Harness::with(110, 30, sample(), &["c3d2a981e5b4"]);
    for keys in ["", "jjjj", "u", "<esc>/a", "<enter>", "c", "<esc>x", "<esc>s", "<esc>:", "<esc>G"] {
        harness.press(keys);
        look(&harness);
    }
    let mut harness = Harness::with(110, 30, forked(), &["aaaaaaaaaaaa"]);
    look(&harness);
    for keys in ["m", "m<down>"] {
        harness.press(keys);
        look(&harness);
    }
    let mut several: Vec<_> = forked().scripts.into_values().map(|file| (*file).clone()).collect();
    several.push(file("dddddddddddd", "four", &["aaaaaaaaaaaa"], "", ""));
    let mut several = Harness::with(110, 30, tree(several), &["aaaaaaaaaaaa"]);
    look(several.press("m"));
    harness.press("<esc>");
    harness.unreachable = Some(Error::of(ErrorKind::Connection, "away"));
    harness.press("<esc>R");
    look(&harness);
    harness.unreachable = Some(Error::of(ErrorKind::NoDatabase, "no database URL"));
    harness.press("R");
    look(&harness);
    let mut at_head = Harness::with(110, 30, sample(), &["9f3b6c10a7d2"]);
    at_head.press("");
    look(&at_head);
    at_head.press("K");
    look(&at_head);
    let mut asked = Harness::new(110, 30);
    asked.keeping.enabled = true;
    asked.press("u<enter>");
    look(&asked);
    let mut editing = Harness::with(110, 30, sample(), &["c3d2a981e5b4"]);
    for keys in ["e", "x", "<^f>a"] {
        editing.press(keys);
        look(&editing);
    }
    look(&super::databases::missing(true));
    for info in table().iter().filter(|info| !applied.contains(&info.id)) {
        let reason = dispatch::decide(&harness.model, info.id).err().unwrap_or_default();
        assert_eq!(reason, "", "{}", info.title);
    }
}

fn click(harness: &mut Harness, column: u16, row: u16) {
    let kind = MouseEventKind::Down(MouseButton::Left);
    harness.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

/// The position of a text on the screen.
fn find(harness: &Harness, text: &str) -> (u16, u16) {
    let screen = harness.screen();
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    let column = unicode_width::UnicodeWidthStr::width(line.split(text).next().unwrap());
    (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
}

#[test]
fn the_mouse_selects_focuses_scrolls_and_presses() {
    let mut harness = Harness::new(120, 40);
    let (column, row) = find(&harness, "backfill");
    click(&mut harness, column, row);
    assert_eq!(selected(&harness), "8e10f3b7");
    let (column, row) = find(&harness, "3 Script");
    click(&mut harness, column, row + 2);
    assert_eq!(harness.model.panes.focus, Pane::Script);
    let (column, row) = find(&harness, "u upgrade");
    click(&mut harness, column + 1, row);
    assert!(harness.model.plan().is_some(), "the footer's keys can be pressed");
    harness.press("<enter>");
    let (column, row) = find(&harness, "[ Cancel ]");
    click(&mut harness, column + 2, row);
    assert!(harness.model.dialogs.is_empty());
    assert!(harness.model.plan().unwrap().is_reviewing());
}

#[test]
fn copying_and_editing_use_what_is_under_the_cursor() {
    let mut harness = Harness::new(120, 40);
    harness.press("y");
    assert_eq!(harness.asked.last().unwrap(), "copy the id 9f3b6c10a7d2: 9f3b6c10a7d2");
    harness.press("E");
    let wanted = "edit /project/migrations/versions/9f3b6c10_drop_legacy_code.sql None";
    assert!(harness.asked.contains(&wanted.to_owned()));
    harness.press("ujjjy");
    assert_eq!(harness.asked.last().unwrap(), "copy the statement: ALTER TABLE functions\n  DROP COLUMN legacy_code;");
    harness.press("E");
    let wanted = "edit /project/migrations/versions/9f3b6c10_drop_legacy_code.sql Some(8)";
    assert!(harness.asked.contains(&wanted.to_owned()));
}
