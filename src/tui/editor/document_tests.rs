//! The results of typing, cutting and moving.

use super::*;

#[test]
fn a_file_is_written_as_it_was_read() {
    for text in ["", "\n", "a", "a\n", "a\r\nb\r\n", "\u{feff}a\nb", "a\r\nb\n", "\ta \r", "\u{feff}", "a\n\n\n"] {
        let mut document = Document::new(text);
        assert_eq!(&*document.text(), text, "{text:?}");
        document.move_cursor(Move::End, false);
        document.insert("x\ny");
        let mut undone = 0;
        while document.undo() {
            undone += 1;
        }
        assert_eq!((&*document.text(), undone), (text, 1), "a paste is one step");
    }
    let mut document = Document::new("\u{feff}a\r\nb\r\n");
    document.insert("x\rz\r\n");
    assert_eq!(&*document.text(), "\u{feff}x\r\nz\r\na\r\nb\r\n", "new lines end as the others");
}

#[test]
fn the_cursor_keeps_its_cell_over_shorter_lines() {
    let mut document = Document::new("create table\n가나\n\ncreate index");
    document.move_cursor(Move::To((0, 5)), false);
    let mut places = Vec::new();
    for _ in 0..4 {
        document.move_cursor(Move::Lines(1), false);
        places.push(document.cursor());
    }
    assert_eq!(places, [(1, 2), (2, 0), (3, 5), (3, 12)]);
    document.move_cursor(Move::Lines(-9), false);
    assert_eq!(document.cursor(), (0, 5), "the wish is still the same");
    document.move_cursor(Move::Lines(-1), false);
    assert_eq!(document.cursor(), (0, 0));
}

#[test]
fn a_grapheme_is_deleted_at_once() {
    let mut document = Document::new("a👨‍👩‍👧e\u{301}b");
    document.move_cursor(Move::End, false);
    document.move_cursor(Move::Left, false);
    assert!(document.delete(Move::Left) && document.delete(Move::Left));
    assert_eq!(&*document.text(), "ab");
    assert!(document.undo());
    assert_eq!(&*document.text(), "a👨‍👩‍👧b");
    document.move_cursor(Move::Start, false);
    document.move_cursor(Move::Right, false);
    assert!(document.delete(Move::Right));
    assert_eq!(&*document.text(), "ab");
    assert!(document.delete(Move::Right) && !document.delete(Move::Right), "there is nothing after the end");
}

#[test]
fn text_is_selected_cut_and_pasted() {
    let mut document = Document::new("one two\nthree\n");
    document.move_cursor(Move::WordRight, true);
    assert_eq!(document.selected_text().unwrap(), "one");
    document.move_cursor(Move::Lines(1), true);
    assert_eq!(document.copy(), "one two\nthr");
    document.move_cursor(Move::Right, false);
    assert_eq!((document.cursor(), document.selection()), ((1, 3), None), "an arrow goes to the selection's end");
    assert!(document.delete(Move::WordLeft));
    assert!(document.paste());
    assert_eq!(&*document.text(), "one two\none two\nthree\n", "deleting leaves alone what was copied");
    document.move_cursor(Move::Start, false);
    assert_eq!(document.cut(), (String::from("one two\n"), true));
    assert_eq!(&*document.text(), "one two\nthree\n");
    document.select_all();
    assert!(document.delete(Move::Left));
    assert_eq!(document.lines(), [""]);
}

#[test]
fn a_new_line_is_indented_and_a_tab_inserts_blanks() {
    let mut document = Document::new("  a");
    document.move_cursor(Move::End, false);
    document.new_line();
    document.insert("가");
    document.indent();
    assert_eq!(&*document.text(), "  a\n  가    ");
    document.move_cursor(Move::LineStart, false);
    assert_eq!(document.cursor(), (1, 2));
    document.move_cursor(Move::LineStart, false);
    assert_eq!(document.cursor(), (1, 0));
}

#[test]
fn a_search_finds_the_text_and_wraps_around() {
    let mut document = Document::new("a.b A.B axb\n가 a.b (\n");
    assert_eq!(document.search("a.b"), 3);
    assert!(document.find_next(true, true));
    assert_eq!((document.cursor(), document.found_at_cursor()), ((0, 0), Some(1)));
    let mut places = Vec::new();
    for _ in 0..3 {
        document.find_next(true, false);
        places.push(document.cursor());
    }
    assert_eq!(places, [(0, 4), (1, 2), (0, 0)]);
    document.find_next(false, false);
    assert_eq!(document.cursor(), (1, 2));
    assert_eq!(document.found_in(1).first(), Some(&(4..7)));
    assert_eq!(document.search("A.B"), 1, "a capital counts");
    assert_eq!((document.search("("), document.search(""), document.search("\\<_>-")), (1, 0, 0));
}

#[test]
fn a_replaced_text_can_be_undone_and_the_cursor_stays() {
    let mut document = Document::new("a\nb\nc");
    document.move_cursor(Move::To((1, 1)), false);
    document.replace("x\r\ny\r\nz\r\n");
    assert_eq!((&*document.text(), document.cursor()), ("x\r\ny\r\nz\r\n", (1, 1)));
    document.replace("");
    assert_eq!(document.lines(), [""]);
}
