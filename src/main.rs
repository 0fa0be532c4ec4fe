//! The program `citrus-status`; everything is in the library.

use std::process::ExitCode;

use citrus_status::cli;

/// Half the cost of the system's allocator for the many small texts of a request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::read() {
        Ok(command_line) => cli::run(command_line).await,
        Err(code) => code,
    }
}
