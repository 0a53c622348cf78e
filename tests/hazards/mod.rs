//! Hazards against a real server.

mod along;
mod casts;
mod counts;
mod tried;
