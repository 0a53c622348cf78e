//! Runs the messages of a driver: single queries, and the units of the extended protocol.

use super::conversation::{Conversation, ConversationEnd};
use super::frame::{Fields, Frame, TransactionStatus};
use super::observer::{Observer, Verdict, WireStatement};
use crate::core::sql::split;

type Result<T> = std::result::Result<T, ConversationEnd>;

/// Messages that execute at most one statement that is held.
struct Group {
    frames: Vec<Frame>,
    statements: Vec<WireStatement>,
    verdict: Verdict,
}

impl<O: Observer> Conversation<'_, O> {
    /// Runs a message of the simple protocol, which may contain several statements.
    pub(super) async fn query(&mut self, frame: Frame) -> Result<()> {
        let text = Fields(&frame.body).text().unwrap_or_default().to_owned();
        let texts = match split(&text) {
            Ok(parts) if parts.len() > 1 => parts.into_iter().map(|part| part.text).collect(),
            _ => vec![text],
        };
        let new = |text| WireStatement::new(text, Vec::new(), self.status);
        let mut statements: Vec<WireStatement> = texts.into_iter().map(new).collect();
        let verdicts: Vec<Verdict> = statements.iter().map(|statement| self.verdict(statement)).collect();
        if verdicts.iter().all(|verdict| *verdict == Verdict::Forward) {
            self.exchange(&[frame], &mut statements, 0).await?;
        } else if let [statement] = &mut statements[..] {
            self.query_one(frame, statement, verdicts[0]).await?;
        } else {
            self.query_one_by_one(statements).await?;
        }
        self.send_ready().await
    }

    /// Runs one statement. Returns whether it failed.
    async fn query_one(&mut self, frame: Frame, statement: &mut WireStatement, verdict: Verdict) -> Result<bool> {
        let statements = std::slice::from_mut(statement);
        match verdict {
            Verdict::Substitute => {
                self.substitute(statements).await?;
                return Ok(false);
            }
            Verdict::Hold => self.admit(statements).await?,
            Verdict::Forward => {}
        }
        let exchange = self.exchange(&[frame], statements, 0).await?;
        if verdict == Verdict::Hold {
            self.complete(statements, &exchange).await?;
        }
        Ok(exchange.is_failed)
    }

    /// Runs statements that the driver sent as one message. Outside a transaction, the server would run them in one, too.
    async fn query_one_by_one(&mut self, statements: Vec<WireStatement>) -> Result<()> {
        let own_transaction = self.status == TransactionStatus::Idle;
        if own_transaction {
            self.run_own("BEGIN").await?;
        }
        let mut is_failed = false;
        for mut statement in statements {
            statement.status = self.status;
            let verdict = self.verdict(&statement);
            let frame = Frame::new(b'Q', &[statement.text.as_bytes(), b"\0"].concat());
            is_failed = self.query_one(frame, &mut statement, verdict).await?;
            if is_failed {
                break;
            }
        }
        if own_transaction {
            self.run_own(if is_failed { "ROLLBACK" } else { "COMMIT" }).await?;
        }
        Ok(())
    }

    /// Runs messages of the extended protocol up to Sync, or up to Flush.
    pub(super) async fn unit(&mut self, frames: Vec<Frame>, mut is_sync: bool) -> Result<()> {
        if self.is_skipping {
            self.is_skipping = !is_sync;
            return if is_sync { self.send_ready().await } else { Ok(()) };
        }
        for group in self.group(frames) {
            let Group { mut frames, mut statements, verdict } = group;
            match verdict {
                Verdict::Hold => self.admit(&statements).await?,
                // The statement is described to the driver, but not executed.
                Verdict::Substitute => frames.retain(|frame| frame.kind != b'E'),
                Verdict::Forward => {}
            }
            let missing = self.prepares.missing(&frames);
            let repeated = missing.len();
            frames.splice(..0, missing);
            frames.push(Frame::new(b'S', b""));
            let sent = if verdict == Verdict::Substitute { &mut [] } else { &mut statements[..] };
            let exchange = self.exchange(&frames, sent, repeated).await?;
            is_sync |= exchange.has_sync;
            if exchange.is_failed {
                self.is_skipping = !is_sync;
                break;
            }
            match verdict {
                Verdict::Hold => self.complete(&statements, &exchange).await?,
                Verdict::Substitute => self.substitute(&statements).await?,
                Verdict::Forward => {}
            }
        }
        if is_sync { self.send_ready().await } else { Ok(()) }
    }

    /// Divides messages into groups. Unless all statements are forwarded, each group executes one statement.
    fn group(&mut self, frames: Vec<Frame>) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut rest = Vec::new();
        for frame in frames {
            let executed = self.prepares.record(&frame, self.status);
            rest.push(frame);
            if let Some(statement) = executed {
                let verdict = self.verdict(&statement);
                groups.push(Group { frames: std::mem::take(&mut rest), statements: vec![statement], verdict });
            }
        }
        match groups.last_mut() {
            Some(last) => last.frames.append(&mut rest),
            None => groups.push(Group { frames: rest, statements: Vec::new(), verdict: Verdict::Forward }),
        }
        if groups.iter().any(|group| group.verdict != Verdict::Forward) {
            return groups;
        }
        let (mut frames, mut statements) = (Vec::new(), Vec::new());
        for mut group in groups {
            frames.append(&mut group.frames);
            statements.append(&mut group.statements);
        }
        vec![Group { frames, statements, verdict: Verdict::Forward }]
    }
}
