//! Tests of the UI: screens as snapshots, and keys.

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
