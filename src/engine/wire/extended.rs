//! The prepared statements and portals of a driver.

use std::collections::{HashMap, VecDeque};

use super::frame::{Fields, Frame, TransactionStatus};
use super::literal::Parameter;
use super::observer::WireStatement;

/// A prepared statement.
#[derive(Debug, Clone)]
struct Prepared {
    text: String,
    type_oids: Vec<u32>,
}

/// A statement with its parameters.
#[derive(Debug, Clone)]
struct Portal {
    text: String,
    parameters: Vec<Parameter>,
    /// Whether it was executed. A second execution returns more rows of the same.
    is_started: bool,
}

/// What a driver has prepared.
#[derive(Debug, Default)]
pub struct Prepares {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// The statements whose descriptions the driver has asked for, in order.
    described: VecDeque<String>,
    /// The message that prepared the statement without a name.
    unnamed: Option<Frame>,
    /// Whether limbeck's client has run a statement since, which removes the statement without a name.
    is_unnamed_lost: bool,
    /// The message that bound the portal without a name, if the portal was not executed.
    unnamed_portal: Option<Frame>,
    /// Whether the portal was removed since, by limbeck's client or by the end of a transaction.
    is_portal_lost: bool,
}

impl Prepares {
    /// Records a message of the driver. Returns the statement that the message executes.
    pub fn record(&mut self, frame: &Frame, status: TransactionStatus) -> Option<WireStatement> {
        let mut fields = Fields(&frame.body);
        match frame.kind {
            b'P' => self.parse(frame),
            b'B' => {
                self.bind(&mut fields).unwrap_or_default();
                if frame.body.starts_with(b"\0") {
                    self.unnamed_portal = Some(frame.clone());
                    self.is_portal_lost = false;
                }
            }
            b'D' if fields.bytes(1) == Some(b"S") => {
                self.described.push_back(fields.text().unwrap_or_default().to_owned());
            }
            b'C' => match (fields.bytes(1), fields.text()) {
                (Some(b"S"), Some(name)) => drop(self.statements.remove(name)),
                (Some(b"P"), Some(name)) => drop(self.portals.remove(name)),
                _ => {}
            },
            b'E' => return self.execute(fields.text()?, status),
            _ => {}
        }
        None
    }

    fn parse(&mut self, frame: &Frame) {
        let mut fields = Fields(&frame.body);
        let (Some(name), Some(text)) = (fields.text(), fields.text()) else { return };
        let count = fields.count().unwrap_or_default();
        let type_oids = (0..count).map_while(|_| fields.number()).collect();
        self.statements.insert(name.to_owned(), Prepared { text: text.to_owned(), type_oids });
        if name.is_empty() {
            self.unnamed = Some(frame.clone());
            self.is_unnamed_lost = false;
        }
    }

    fn bind(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (portal, statement) = (fields.text()?, fields.text()?);
        let formats: Vec<usize> = (0..fields.count()?).map_while(|_| fields.count()).collect();
        let prepared = self.statements.get(statement)?;
        let mut parameters = Vec::new();
        for place in 0..fields.count()? {
            let value = match fields.number()? {
                u32::MAX => None,
                length => Some(fields.bytes(length as usize)?.to_vec()),
            };
            // One format is for all parameters, none is text.
            let format = if formats.len() == 1 { formats.first() } else { formats.get(place) };
            let type_oid = prepared.type_oids.get(place).copied().unwrap_or_default();
            parameters.push(Parameter { type_oid, is_binary: format == Some(&1), value });
        }
        let bound = Portal { text: prepared.text.clone(), parameters, is_started: false };
        self.portals.insert(portal.to_owned(), bound);
        Some(())
    }

    fn execute(&mut self, portal: &str, status: TransactionStatus) -> Option<WireStatement> {
        let portal = self.portals.get_mut(portal).filter(|portal| !portal.is_started)?;
        portal.is_started = true;
        Some(WireStatement::new(portal.text.clone(), portal.parameters.clone(), status))
    }

    /// Records a message of the server: the types of a statement's parameters.
    pub fn receive(&mut self, frame: &Frame) {
        match frame.kind {
            b't' => {
                let mut fields = Fields(&frame.body);
                let count = fields.count().unwrap_or_default();
                let type_oids = (0..count).map_while(|_| fields.number()).collect();
                let prepared = self.described.pop_front().and_then(|name| self.statements.get_mut(&name));
                if let Some(prepared) = prepared {
                    prepared.type_oids = type_oids;
                }
            }
            // After an error, the server ignores the rest of the messages.
            b'E' => self.described.clear(),
            _ => {}
        }
    }

    /// Records that limbeck's client has used the session.
    pub fn lose_unnamed(&mut self) {
        self.is_unnamed_lost = true;
        self.is_portal_lost = true;
    }

    /// Records that a transaction has ended, and its portals with it.
    pub fn lose_portal(&mut self) {
        self.is_portal_lost = true;
    }

    /// The messages that must be sent again before these: they use the statement or the portal without a name, and it was
    /// removed.
    pub fn missing(&mut self, frames: &[Frame]) -> Vec<Frame> {
        let bind = self.missing_bind(frames);
        let parse = self.missing_parse(bind.iter().chain(frames));
        parse.into_iter().chain(bind).collect()
    }

    fn missing_parse<'f>(&mut self, mut frames: impl Iterator<Item = &'f Frame>) -> Option<Frame> {
        let uses_unnamed = |frame: &&Frame| match frame.kind {
            b'B' => {
                let mut fields = Fields(&frame.body);
                fields.text().is_some() && fields.text() == Some("")
            }
            b'D' => frame.body.starts_with(b"S\0"),
            b'P' => frame.body.starts_with(b"\0"),
            _ => false,
        };
        let first = frames.find(uses_unnamed)?;
        if first.kind == b'P' || !std::mem::take(&mut self.is_unnamed_lost) {
            return None;
        }
        self.unnamed.clone()
    }

    /// A driver may bind before a Flush, and execute after it.
    fn missing_bind(&mut self, frames: &[Frame]) -> Option<Frame> {
        let uses_unnamed = |frame: &&Frame| match frame.kind {
            b'B' | b'E' => frame.body.starts_with(b"\0"),
            b'D' => frame.body.starts_with(b"P\0"),
            _ => false,
        };
        let first = frames.iter().find(uses_unnamed)?;
        let is_lost = std::mem::take(&mut self.is_portal_lost) && first.kind != b'B';
        let is_executed = frames.iter().any(|frame| frame.kind == b'E' && frame.body.starts_with(b"\0"));
        // A portal that was executed has returned rows: bound again, it would return them again.
        let bind = if is_executed { self.unnamed_portal.take() } else { self.unnamed_portal.clone() };
        bind.filter(|_| is_lost)
    }

    /// The messages that close all prepared statements, so that another driver can use the session.
    pub fn close_all(&mut self) -> Vec<Frame> {
        let names = self.statements.drain().map(|(name, _)| [&b"S"[..], name.as_bytes(), b"\0"].concat());
        names.map(|body| Frame::new(b'C', &body)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(prepares: &mut Prepares, frames: &[(u8, &[u8])]) -> Vec<Option<String>> {
        let executed = frames.iter().map(|(kind, body)| Frame::new(*kind, body)).filter_map(|frame| {
            let statement = prepares.record(&frame, TransactionStatus::Idle)?;
            Some(statement.sql().map(str::to_owned))
        });
        executed.collect()
    }

    const TEXT_7: &[u8] = b"\0\0\0\0\0\x01\0\0\0\x017\0\0";
    const BINARY_7: &[u8] = b"\0a\0\0\x01\0\x01\0\x01\0\0\0\x04\0\0\0\x07\0\0";

    #[test]
    fn an_executed_statement_has_its_parameters() {
        let known = |sql: &str| vec![Some(sql.to_owned())];
        for (frames, expected) in [
            (&[(b'P', &b"\0SELECT $1\0\0\0"[..]), (b'B', TEXT_7), (b'E', b"\0\0\0\0\0")][..], known("SELECT '7'")),
            (&[(b'P', b"a\0SELECT $1\0\0\x01\0\0\0\x17"), (b'B', BINARY_7), (b'E', b"\0\0\0\0\0")], known("SELECT 7")),
            // The type of a binary value must be known.
            (&[(b'P', b"a\0SELECT $1\0\0\0"), (b'B', BINARY_7), (b'E', b"\0\0\0\0\0")], vec![None]),
            // The second execution returns more rows.
            (
                &[
                    (b'P', b"\0SELECT 1\0\0\0"),
                    (b'B', b"\0\0\0\0\0\0\0\0"),
                    (b'E', b"\0\0\0\0\x01"),
                    (b'E', b"\0\0\0\0\x01"),
                ],
                known("SELECT 1"),
            ),
            (&[(b'B', TEXT_7), (b'E', b"\0\0\0\0\0")], vec![]),
        ] {
            assert_eq!(record(&mut Prepares::default(), frames), expected, "{frames:?}");
        }
    }

    #[test]
    fn the_types_of_a_described_statement_are_used() {
        let mut prepares = Prepares::default();
        record(&mut prepares, &[(b'P', b"a\0SELECT $1\0\0\0"), (b'D', b"Sa\0")]);
        prepares.receive(&Frame::new(b't', b"\0\x01\0\0\0\x17"));
        let executed = record(&mut prepares, &[(b'B', BINARY_7), (b'E', b"\0\0\0\0\0")]);
        assert_eq!(executed, [Some("SELECT 7".to_owned())]);
    }

    #[test]
    fn a_lost_statement_or_portal_without_a_name_is_sent_again() {
        let (parse, bind) = (Frame::new(b'P', b"\0SELECT $1\0\0\0"), Frame::new(b'B', TEXT_7));
        let named = Frame::new(b'B', BINARY_7);
        let execute = Frame::new(b'E', b"\0\0\0\0\0");
        let lose_portal: fn(&mut Prepares) = Prepares::lose_portal;
        let lose_all: fn(&mut Prepares) = Prepares::lose_unnamed;
        for (before, lose, frames, expected) in [
            (vec![&parse], lose_all, vec![&bind], vec![&parse]),
            (vec![&parse], |_| {}, vec![&bind], vec![]),
            (vec![&parse], lose_all, vec![&parse, &bind], vec![]),
            (vec![&parse], lose_all, vec![&named], vec![]),
            (vec![&parse], lose_all, vec![&Frame::new(b'D', b"S\0")], vec![&parse]),
            (vec![&parse, &bind], lose_all, vec![&execute], vec![&parse, &bind]),
            (vec![&parse, &bind], lose_portal, vec![&execute], vec![&bind]),
            (vec![&parse, &bind], |_| {}, vec![&execute], vec![]),
            (vec![&parse, &bind], lose_portal, vec![&bind, &execute], vec![]),
            (vec![&parse, &named], lose_all, vec![&execute], vec![&named]),
        ] {
            let mut prepares = Prepares::default();
            for frame in &before {
                prepares.record(frame, TransactionStatus::Idle);
            }
            lose(&mut prepares);
            let frames: Vec<Frame> = frames.into_iter().cloned().collect();
            let missing = prepares.missing(&frames);
            assert_eq!(missing.iter().collect::<Vec<_>>(), expected, "{frames:?}");
            // A second execution returns the rest of the rows.
            prepares.lose_portal();
            let is_executed = frames.last().is_some_and(|frame| frame.kind == b'E');
            assert!(!is_executed || prepares.missing(std::slice::from_ref(&execute)).is_empty(), "{frames:?}");
        }
    }
}
