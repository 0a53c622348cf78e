//! [`Script`] → canonical script text.

use std::fmt::Write;

use super::header::{Key, ends_message};
use super::sections::{marker_line, trimmed};
use super::{Script, Section, SqlCode};
use crate::core::graph::{Direction, RevisionId};

/// The text of the script file, with a newline at the end.
pub fn render(script: &Script, code: &SqlCode) -> String {
    let mut text = String::new();
    message(&mut text, &script.message);
    key(&mut text, Key::Revision, script.revision.as_str());
    let parents: Vec<&str> = script.down_revisions.iter().map(RevisionId::as_str).collect();
    key(&mut text, Key::Revises, &parents.join(", "));
    for (list_key, items) in [(Key::BranchLabels, &script.branch_labels), (Key::DependsOn, &script.depends_on)] {
        if !items.is_empty() {
            key(&mut text, list_key, &items.join(", "));
        }
    }
    if let Some(date) = &script.create_date {
        key(&mut text, Key::CreateDate, date);
    }
    for line in &code.other_header {
        comment(&mut text, line);
    }
    section(&mut text, Direction::Upgrade, &code.upgrade);
    section(&mut text, Direction::Downgrade, &code.downgrade);
    text
}

/// The message, followed by an empty comment line. A line that would be read as a header line is indented by one space.
fn message(text: &mut String, message: &str) {
    let message = message.replace("\r\n", "\n").replace('\r', "\n");
    let message = message.trim_matches('\n');
    if message.trim().is_empty() {
        return;
    }
    for line in message.lines() {
        if ends_message(line) {
            comment(text, &format!(" {line}"));
        } else {
            comment(text, line);
        }
    }
    comment(text, "");
}

fn key(text: &mut String, key: Key, value: &str) {
    comment(text, &format!("{}: {value}", key.word()));
}

fn comment(text: &mut String, line: &str) {
    text.push_str(format!("-- {line}").trim_end());
    text.push('\n');
}

fn section(text: &mut String, direction: Direction, section: &Section) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\n{}\n", marker_line(direction, section.transactional));
    let (sql, _) = trimmed(&section.sql);
    if !sql.is_empty() {
        text.push_str(sql);
        text.push('\n');
    }
}
