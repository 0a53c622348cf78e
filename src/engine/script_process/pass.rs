//! One pass: Python runs a list of revisions, and limbeck serves its database connections.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ScriptProcess;
use super::event::{Message, OutputLine, PythonFailure, Request, RevisionOptions, ScriptEvent, UnsavedScript};
use crate::core::graph::{Direction, RevisionId};
use crate::core::text::plural;
use crate::engine::connection::{Canceller, Session};
use crate::engine::wire::{
    Connected, Conversation, ConversationEnd, Observer, TransactionStatus, Verdict, WireClient, greet,
};
use crate::engine::{Error, ErrorKind, Result};

/// How long Python may go on after a cancel or a refusal before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// The interval of cancel requests to the server after Python has ended.
const CANCEL_INTERVAL: Duration = Duration::from_millis(300);

/// What Python runs.
#[derive(Debug, Clone)]
pub struct PassRequest {
    pub steps: Vec<(Direction, RevisionId)>,
    /// Distinguishes the markers from the statements of scripts.
    pub token: String,
    /// Whether connections that cannot be redirected are allowed.
    pub allows_unseen: bool,
    /// Scripts without a file, which steps may name.
    pub unsaved: Vec<UnsavedScript>,
}

/// Opens a session for a second connection of the scripts.
pub type SessionFactory<'a> =
    &'a (dyn Fn() -> Pin<Box<dyn Future<Output = Result<Session>> + Send + 'a>> + Send + Sync);

/// How a pass has ended.
#[derive(Debug)]
pub enum PassEnd {
    /// All steps have run.
    Done,
    Failed(PythonFailure),
    /// Python has ended, and why.
    Exited(Error),
    /// The connection to the server was lost.
    ServerLost,
    /// A connection was not redirected, or its driver does not speak the protocol.
    Unusable(Error),
}

/// The future of a conversation, and whether it was on the main session.
type Running<'a> = Pin<Box<dyn Future<Output = Ended> + Send + 'a>>;

/// The end of a conversation.
struct Ended {
    end: ConversationEnd,
    is_main: bool,
}

/// The sessions of a pass.
pub struct PassSessions<'a, O, S> {
    /// The first connection of the scripts, and its observer.
    pub main: (&'a Session, &'a O),
    /// Further connections, while the first is open.
    pub open: SessionFactory<'a>,
    pub side: &'a S,
}

/// Lets Python run the steps, and serves its connections until it has ended.
pub async fn run_pass<'a, O: Observer, S: Observer>(
    process: &mut ScriptProcess,
    request: &PassRequest,
    sessions: &'a PassSessions<'a, O, S>,
    report: &(dyn Fn(OutputLine) + Send + Sync),
    cancel: &CancellationToken,
) -> PassEnd {
    let steps = request.steps.iter().map(|(direction, id)| (direction.word(), id.to_string())).collect();
    let run = Request::Run {
        place: process.place.clone(),
        token: request.token.clone(),
        steps,
        allows_unseen: request.allows_unseen,
        unsaved: request.unsaved.clone(),
    };
    serve_request(process, &run, sessions, report, cancel).await.0
}

/// Lets Alembic compare the models with the database of the sessions, and write a revision. Returns the scripts, whose
/// files Python has removed again.
pub async fn write_revision<'a, O: Observer, S: Observer>(
    process: &mut ScriptProcess,
    options: RevisionOptions,
    sessions: &'a PassSessions<'a, O, S>,
    report: &(dyn Fn(OutputLine) + Send + Sync),
    cancel: &CancellationToken,
) -> (PassEnd, Vec<UnsavedScript>) {
    let request = Request::Autogenerate { place: process.place.clone(), options };
    serve_request(process, &request, sessions, report, cancel).await
}

async fn serve_request<'a, O: Observer, S: Observer>(
    process: &mut ScriptProcess,
    request: &Request,
    sessions: &'a PassSessions<'a, O, S>,
    report: &(dyn Fn(OutputLine) + Send + Sync),
    cancel: &CancellationToken,
) -> (PassEnd, Vec<UnsavedScript>) {
    if let Err(error) = process.send(request).await {
        return (PassEnd::Exited(error), Vec::new());
    }
    let over = CancellationToken::new();
    let secrets = Secrets::default();
    let mut pass = Pass {
        sessions,
        secrets: &secrets,
        over: &over,
        running: FuturesUnordered::new(),
        is_main_free: true,
        written: Vec::new(),
    };
    let end = pass.serve(process, report, cancel).await;
    (end, pass.written)
}

/// Whether and when a pass ends.
#[derive(Default)]
struct PassState {
    /// How it has ended. Conversations may still run.
    end: Option<PassEnd>,
    /// When Python is killed; after its end, when the statement that the server still runs is cancelled.
    deadline: Option<Instant>,
}

/// The connections of a pass.
struct Pass<'a, 's, O, S> {
    sessions: &'a PassSessions<'a, O, S>,
    secrets: &'s Secrets,
    over: &'s CancellationToken,
    running: FuturesUnordered<Running<'s>>,
    is_main_free: bool,
    /// The scripts that Alembic has written.
    written: Vec<UnsavedScript>,
}

impl<'a: 's, 's, O: Observer, S: Observer> Pass<'a, 's, O, S> {
    async fn serve(
        &mut self,
        process: &mut ScriptProcess,
        report: &(dyn Fn(OutputLine) + Send + Sync),
        cancel: &CancellationToken,
    ) -> PassEnd {
        let mut state = PassState::default();
        let socket = Arc::clone(&process.socket);
        loop {
            if self.running.is_empty()
                && let Some(end) = state.end.take()
            {
                return end;
            }
            let deadline = state.deadline;
            tokio::select! {
                biased;
                event = process.next_event(), if state.end.is_none() => {
                    if let Some(ended) = read_event(event, report, &mut self.written) {
                        end_pass(ended, self.over, &mut state, process).await;
                    }
                }
                Some(ended) = self.running.next() => {
                    self.is_main_free |= ended.is_main;
                    end_conversation(ended.end, self.over, &mut state, process).await;
                }
                stream = socket.accept() => {
                    if let Ok(stream) = stream
                        && let Ok(Some(connected)) = greet(stream).await
                    {
                        self.connect(connected);
                    }
                }
                () = cancel.cancelled(), if deadline.is_none() => {
                    state.deadline = Some(Instant::now() + GRACE);
                    // If the server does not run a statement, the request has no effect.
                    let _ = self.sessions.main.0.canceller().cancel().await;
                }
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    state.deadline = Some(Instant::now() + CANCEL_INTERVAL);
                    if state.end.is_none() {
                        process.kill().await;
                    } else {
                        // The server may still run a statement of the process that has ended.
                        let _ = self.sessions.main.0.canceller().cancel().await;
                    }
                }
            }
        }
    }

    /// Serves a new connection.
    fn connect(&mut self, connected: Connected) {
        let client = match connected {
            Connected::Session(client) => client,
            Connected::Cancel { pid, secret } => {
                if let Some(canceller) = self.secrets.find(pid, secret) {
                    tokio::spawn(async move { canceller.cancel().await });
                }
                return;
            }
        };
        let (sessions, secrets, over) = (self.sessions, self.secrets, self.over);
        let is_main = std::mem::replace(&mut self.is_main_free, false);
        self.running.push(if is_main {
            let (session, observer) = sessions.main;
            Box::pin(async move {
                let secret = secrets.add(session);
                Ended { end: Conversation::hold(session, observer, client, secret, over).await, is_main }
            })
        } else {
            Box::pin(async move { Ended { end: serve_side(sessions, client, secrets, over).await, is_main } })
        });
    }
}

/// Records how the pass ends, and ends its conversations.
async fn end_pass(end: PassEnd, over: &CancellationToken, state: &mut PassState, process: &mut ScriptProcess) {
    over.cancel();
    match end {
        PassEnd::Exited(_) => state.deadline = Some(Instant::now()),
        // The answer of the process to the request would be taken for that to the next one.
        PassEnd::ServerLost | PassEnd::Unusable(_) => process.kill().await,
        PassEnd::Done | PassEnd::Failed(_) => state.deadline = None,
    }
    state.end = Some(end);
}

async fn end_conversation(
    ended: ConversationEnd,
    over: &CancellationToken,
    state: &mut PassState,
    process: &mut ScriptProcess,
) {
    match ended {
        ConversationEnd::Left => {}
        ConversationEnd::Refused => state.deadline = state.deadline.or(Some(Instant::now() + GRACE)),
        ConversationEnd::ServerLost => end_pass(PassEnd::ServerLost, over, state, process).await,
        ConversationEnd::Invalid(why) => {
            let error = Error::new("a driver of the scripts does not use PostgreSQL's protocol correctly");
            end_pass(PassEnd::Unusable(error.because(why)), over, state, process).await;
        }
    }
}

/// Reads an event; returns how the pass ends with it.
fn read_event(
    event: Result<ScriptEvent>,
    report: &(dyn Fn(OutputLine) + Send + Sync),
    written: &mut Vec<UnsavedScript>,
) -> Option<PassEnd> {
    match event {
        Ok(ScriptEvent::Output(line)) => {
            report(line);
            None
        }
        Ok(ScriptEvent::Message(Message::Done)) => Some(PassEnd::Done),
        Ok(ScriptEvent::Message(Message::Written { scripts })) => {
            *written = scripts;
            Some(PassEnd::Done)
        }
        Ok(ScriptEvent::Message(Message::Failed(failure))) => Some(PassEnd::Failed(failure)),
        // Python raises an error next, which ends the run.
        Ok(ScriptEvent::Message(Message::Unseen { driver })) => Some(PassEnd::Unusable(unseen(&driver))),
        Ok(ScriptEvent::Message(_)) => None,
        Ok(ScriptEvent::Exited(error)) | Err(error) => Some(PassEnd::Exited(error)),
    }
}

/// Serves a second connection on a session of its own.
async fn serve_side<O: Observer, S: Observer>(
    sessions: &PassSessions<'_, O, S>,
    client: WireClient,
    secrets: &Secrets,
    over: &CancellationToken,
) -> ConversationEnd {
    match (sessions.open)().await {
        Ok(session) => {
            let secret = secrets.add(&session);
            Conversation::hold(&session, sessions.side, client, secret, over).await
        }
        Err(_) => ConversationEnd::Refused,
    }
}

fn unseen(driver: &str) -> Error {
    let message = format!("the scripts open a connection with {driver} that limbeck cannot see");
    Error::of(ErrorKind::Approval, message)
        .because("an engine with its own `creator` connects without SQLAlchemy")
        .hint("create the engine from a URL, or approve such connections with --allow unseen; limbeck then does not check what they run")
}

/// What drivers send to cancel statements.
#[derive(Default)]
struct Secrets(Mutex<HashMap<(i32, i32), Canceller>>);

impl Secrets {
    fn add(&self, session: &Session) -> i32 {
        let mut bytes = [0; 4];
        // Without random numbers, the secret only protects less against other processes of this user.
        let _ = getrandom::fill(&mut bytes);
        let secret = i32::from_be_bytes(bytes);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((session.server().backend_pid, secret), session.canceller());
        secret
    }

    fn find(&self, pid: i32, secret: i32) -> Option<Canceller> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(pid, secret)).cloned()
    }
}

/// Why scripts may not run on a further connection.
pub const SECOND_CONNECTION: &str = "env.py keeps an earlier connection open, and runs the scripts on another one; close the \
    first (for example with poolclass=pool.NullPool), or use it for the scripts";

/// The error of a pass in which Python has not run all revisions.
#[must_use]
pub fn incomplete_error(done: usize, all: usize) -> Error {
    Error::new(format!("env.py ran {done} of {}", plural(all as u64, "revision")))
        .hint("env.py must call context.run_migrations() once, with the connection on which it runs them")
}

/// The markers that Python sends on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// The step begins.
    Begin(usize),
    /// The function of the script has ended; Alembic's own statements follow.
    Body(usize),
    /// The version table has been written.
    End(usize),
}

impl Marker {
    /// What happens to a marker: the wire answers it, and the server does not get it. In a transaction that has failed, the
    /// server refuses it as every other statement.
    #[must_use]
    pub fn verdict(status: TransactionStatus) -> Verdict {
        if status == TransactionStatus::Failed { Verdict::Forward } else { Verdict::Substitute }
    }

    /// Reads a marker; `None` for all other statements.
    #[must_use]
    pub fn read(sql: &str, token: &str) -> Option<Self> {
        let words = sql.strip_prefix("SELECT 'limbeck ")?.strip_suffix('\'')?;
        let [found, place, number] = words.split(' ').collect::<Vec<_>>()[..] else { return None };
        let number = number.parse().ok()?;
        match place {
            _ if found != token => None,
            "begin" => Some(Self::Begin(number)),
            "body" => Some(Self::Body(number)),
            "end" => Some(Self::End(number)),
            _ => None,
        }
    }
}

/// Makes a token for a pass.
///
/// # Errors
/// If the system has no random numbers.
pub fn new_token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::new("cannot read random numbers").because(error))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_markers_with_the_token_are_markers() {
        for (sql, expected) in [
            ("SELECT 'limbeck t begin 0'", Some(Marker::Begin(0))),
            ("SELECT 'limbeck t body 12'", Some(Marker::Body(12))),
            ("SELECT 'limbeck t end 1'", Some(Marker::End(1))),
            ("SELECT 'limbeck x end 1'", None),
            ("SELECT 'limbeck t end'", None),
            ("SELECT 1", None),
        ] {
            assert_eq!(Marker::read(sql, "t"), expected, "{sql}");
        }
    }
}
