//! Hazards on real servers.

mod alter;
mod cascade;
mod casts;
mod counts;
mod functions;
mod references;
mod replay;
