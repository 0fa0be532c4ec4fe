//! The program `citrus-status`; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

/// Half the cost of the system's allocator for the many small texts of a request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    citrus_status::cli::run(citrus_status::cli::Cli::parse()).await
}
