//! The wire: a proxy between the database driver of a Python script and limbeck's own session on the server.
//!
//! A [`WireSocket`] accepts the driver's connections on a Unix socket in a private folder. A [`Conversation`] speaks the
//! PostgreSQL protocol with one driver and forwards its messages to the session. It holds each message that executes a
//! statement until its [`Observer`] has decided. Between two messages of the driver, the observer can use limbeck's own
//! client on the same session, and in the same transaction.

mod conversation;
mod extended;
mod frame;
mod literal;
mod observer;
mod relay;
mod reply;
mod socket;
mod startup;
mod units;

pub use conversation::{Conversation, ConversationEnd};
pub use frame::{ServerError, TransactionStatus};
pub use observer::{Observer, Refusal, Verdict, WireStatement};
pub use socket::{Connected, PORT, WireClient, WireSocket, greet};
