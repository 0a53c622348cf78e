//! The header: the project, the database, and its state.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pen::Paint;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::format::join_ids;
use crate::tui::app::layout::Areas;
use crate::tui::app::model::{Connection, Model};
use crate::tui::app::theme::Role;

/// Draws the header, and on a narrow screen the line about pending revisions below it.
pub fn draw(model: &Model, areas: &Areas, paint: &mut Paint) {
    paint.fill(areas.header, Role::Header);
    let state = describe_state(model);
    let mut pen = paint.pen(areas.header);
    pen.over(Role::Header);
    let narrow = areas.pending_line.height > 0;
    let mut right: String =
        if narrow { describe_short_state(model) } else { state.iter().map(|(text, _)| text.as_str()).collect() };
    let place = describe_database(model);
    let taken = 1 + place.iter().map(|(text, _)| text.width()).sum::<usize>() + 2 + 1;
    pen.put(" ", Role::Text);
    let space = (pen.left() + 1).saturating_sub(taken);
    // The differences are next to the head, at the end of the line.
    let badges = fit_badges(model.differences.badges(model.preferences.ascii), &place, pen.left());
    let beside = width(&badges) + 2 * badges.len();
    let space = space.saturating_sub(beside);
    if right.width() > space && matches!(model.server.connection, Connection::Connected) {
        right = describe_pending(model);
    }
    // If the space is short, the server's version is cut, but never the database's name.
    let connected = matches!(model.server.connection, Connection::Connected);
    for (text, role) in badges.iter().rev() {
        pen.right(&format!("{text} "), *role);
    }
    if right.width() <= space || !connected || model.width >= 60 && badges.is_empty() {
        pen.right(&format!("{right} "), state.first().map_or(Role::Text, |(_, role)| *role));
    }
    for (text, role) in place {
        pen.put(&text, role);
    }
    if narrow {
        draw_pending_line(model, areas.pending_line, paint);
    }
}

/// The badges that fit. The database's name is never cut for them.
fn fit_badges(mut badges: Vec<(String, Role)>, place: &[(String, Role)], left: usize) -> Vec<(String, Role)> {
    let name: usize = place.iter().filter(|(text, _)| !text.starts_with(" · ")).map(|(text, _)| text.width()).sum();
    while !badges.is_empty() && name + width(&badges) + 2 * badges.len() > left {
        badges.pop();
    }
    badges
}

fn width(pieces: &[(String, Role)]) -> usize {
    pieces.iter().map(|(text, _)| text.width()).sum()
}

/// Project, environment, database, host, server.
fn describe_database(model: &Model) -> Vec<(String, Role)> {
    let mut pieces = vec![(model.project.clone(), Role::Title)];
    if model.environment.is_some() || !model.environments.is_empty() {
        pieces.push((format!("  {}", model.environment_name()), Role::Head));
        if model.is_protected() {
            pieces.push((String::from(" protected"), Role::Warning));
        }
    }
    if let Some(status) = &model.server.status {
        let server = &status.server;
        let host = model.host().unwrap_or_default();
        pieces.push((format!("  {}", server.database), Role::Title));
        pieces.push((format!(" · {host} · PostgreSQL {}", server.version), Role::Text));
    }
    if model.read_only {
        pieces.push((String::from("  read-only"), Role::Warning));
    }
    pieces
}

/// The state of the connection or, if connected, the heads.
fn describe_state(model: &Model) -> Vec<(String, Role)> {
    match &model.server.connection {
        Connection::Connecting => vec![(String::from("connecting …"), Role::Muted)],
        Connection::Unreachable(error) => vec![(describe_unreachable(model, error), Role::Danger)],
        Connection::NoDatabase(_) => vec![(describe_no_database(model), Role::Warning)],
        Connection::Connected if model.server.faulty_rows().is_some() => {
            vec![(describe_faulty_rows(model), Role::Danger)]
        }
        Connection::Connected => {
            let heads = model.heads().unwrap_or_default();
            let mut at = join_ids(heads);
            if let [only] = heads
                && let Some(file) = model.script_of(only)
            {
                at = format!("{at} {}", super::pen::fit(file.script.summary(), 28, model.preferences.ascii));
            }
            vec![(format!("at {at} · {}", describe_pending(model)), Role::Text)]
        }
    }
}

fn describe_short_state(model: &Model) -> String {
    match &model.server.connection {
        Connection::Connecting => String::from("connecting …"),
        Connection::Unreachable(error) => describe_unreachable(model, error),
        Connection::NoDatabase(_) => describe_no_database(model),
        Connection::Connected if model.server.faulty_rows().is_some() => describe_faulty_rows(model),
        Connection::Connected => String::new(),
    }
}

/// A faulty configuration, e.g. an unknown environment, is no problem of the server.
fn describe_unreachable(model: &Model, error: &Error) -> String {
    let keys = &model.preferences.keymap;
    let problem = if error.kind == ErrorKind::Connection { "server not reachable" } else { "not connected" };
    format!("{problem} · {} retry · {} why", keys.shown(Command::Refresh), keys.shown(Command::Problem))
}

fn describe_faulty_rows(model: &Model) -> String {
    format!("faulty version table · {} why", model.preferences.keymap.shown(Command::Problem))
}

fn describe_no_database(model: &Model) -> String {
    let keys = &model.preferences.keymap;
    format!("no database · {} own server · {} why", keys.shown(Command::OwnServer), keys.shown(Command::Problem))
}

fn describe_pending(model: &Model) -> String {
    match model.history.pending().len() {
        0 if model.history.missing_count() > 0 => String::from("a revision is missing"),
        0 => String::from("nothing pending"),
        count => format!("{count} pending"),
    }
}

fn pending_role(model: &Model) -> Role {
    match model.history.pending().len() {
        _ if model.history.missing_count() > 0 => Role::Missing,
        0 => Role::Good,
        _ => Role::Pending,
    }
}

fn draw_pending_line(model: &Model, area: Rect, paint: &mut Paint) {
    let mut pen = paint.pen(area);
    pen.put(" ", Role::Text);
    match (&model.server.connection, model.heads()) {
        (_, Some(heads)) => {
            pen.put("at ", Role::Muted);
            pen.put(&join_ids(heads), Role::Current);
            let pending = model.history.pending();
            pen.put(&format!(" · {}", describe_pending(model)), pending_role(model));
            if let Some(next) = pending.first() {
                pen.put(", next ", Role::Muted);
                pen.put(next.short(), Role::Id);
                pen.put(" ", Role::Text);
                pen.put(model.script_of(next).map_or("", |file| file.script.summary()), Role::Text);
            }
        }
        (Connection::Unreachable(error), None) => pen.put(&error.message, Role::Warning),
        (Connection::NoDatabase(_), None) => {
            // The header says that there is no database; the second line says what to do.
            if let Some((way, _)) = model.server.connection.no_database_lines(&model.preferences).get(1) {
                pen.put(way, Role::Warning);
            }
        }
        (_, None) => pen.put("pending revisions are unknown until the server answers", Role::Muted),
    }
}
