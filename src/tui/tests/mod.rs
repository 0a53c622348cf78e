//! The screens as they look, and the keys that lead to them.

mod applying;
mod backing_up;
mod beside;
mod comparing;
mod copies;
mod editing;
mod fixtures;
mod generating;
mod generating_refused;
mod generating_renames;
mod harness;
mod keys;
mod names;
mod news;
mod places;
mod random;
mod screens;
mod verifying;
