//! Arguments to the UI or a command, and on to an exit code.

fn main() {}
