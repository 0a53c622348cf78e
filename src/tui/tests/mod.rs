//! Tests of the UI: screens as snapshots, and keys.

mod applying;
mod backing_up;
mod comparing;
mod consent;
mod copies;
mod databases;
mod editing;
mod editor_panel;
mod fixtures;
mod generating;
mod generating_refused;
mod generating_renames;
mod harness;
mod keys;
mod names;
mod notices;
mod random;
mod resolving;
mod runs;
mod screens;
mod verifying;
