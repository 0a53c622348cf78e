//! Hazards against a real server.

mod along;
mod bodies;
mod casts;
mod counts;
mod followed;
mod references;
mod tried;
