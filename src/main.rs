//! The program `citrus-status`; everything is in the library.

use std::process::ExitCode;

use citrus_status::cli;
use citrus_status::service_manager::Inherited;
use tokio::runtime::Runtime;

/// Half the cost of the system's allocator for the many small texts of a request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command_line = match cli::read() {
        Ok(command_line) => command_line,
        Err(code) => return code,
    };
    // Before there are threads: it changes the environment.
    let inherited = Inherited::take();
    let runtime = Runtime::new().expect("the system has threads for a program");
    let code = runtime.block_on(cli::run(command_line, inherited));
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    code
}
