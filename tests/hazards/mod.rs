//! Hazards against a real server.

mod casts;
mod counts;
mod tried;
