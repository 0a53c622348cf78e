//! The screens as they look, and the keys that lead to them.

mod applying;
mod backing_up;
mod beside;
mod comparing;
mod editing;
mod fixtures;
mod harness;
mod keys;
mod news;
mod places;
mod random;
mod screens;
mod verifying;
