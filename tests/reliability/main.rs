//! What is lost when something breaks: nothing. Each test runs in a short form, and with `--long` in one
//! for a night. See docs/RELIABILITY.md.

mod checker;
mod client;
mod crash;
mod database_faults;
mod database_states;
mod disconnects;
mod failover;
mod histories;
mod load;
mod pair;
mod patroni;
mod proxy;
mod report;
mod retries;
mod rolling;
mod scene;
mod stalled;
mod stop;

/// Shared with `tests/main.rs`.
#[expect(dead_code, reason = "each test target uses a part of it")]
#[path = "../support"]
mod support {
    pub mod client;
    pub mod clock;
    pub mod database;
    pub mod postgres;
    pub mod program;
}

use clap::Parser;
use libtest_mimic::Arguments;

use report::Form;

/// The reliability programme. Its tests run one after the other, because they measure times.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    harness: Arguments,

    /// Run the long form of each test: hours instead of minutes, with a line of progress now and then
    #[arg(long)]
    long: bool,
}

fn main() {
    let Args { mut harness, long } = Args::parse();
    harness.test_threads.get_or_insert(1);
    let form = Form { long };
    let tests = [
        checker::trials(),
        crash::trials(form),
        histories::trials(form),
        retries::trials(form),
        disconnects::trials(form),
        database_faults::trials(form),
        database_states::trials(form),
        failover::trials(form),
        stalled::trials(form),
        patroni::trials(form),
        stop::trials(form),
        rolling::trials(form),
    ];
    libtest_mimic::run(&harness, tests.into_iter().flatten().collect()).exit();
}
