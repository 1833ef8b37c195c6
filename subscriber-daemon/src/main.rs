//! `backtraild`: arguments, logging and signals; all else is in the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Incidents are many small values: with this allocator they cost a fifth less time than with the system's. It asks for no
/// huge pages: the kernel clears one while an incident waits, which on a virtual machine takes milliseconds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    arguments.start_logging();
    match arguments.command.run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::from(backtrail_bus::exit::REFUSED)
        }
    }
}
