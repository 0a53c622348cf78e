//! The screens as they look, and the keys that lead to them.

mod harness;
mod screens;
