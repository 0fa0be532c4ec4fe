//! The program `citrus-status`; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    citrus_status::cli::run(citrus_status::cli::Cli::parse()).await
}
