//! Arguments to the UI or a command, and on to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = limbeck::engine::postgres::supervise(std::env::args_os()) {
        return code;
    }
    ExitCode::SUCCESS
}
