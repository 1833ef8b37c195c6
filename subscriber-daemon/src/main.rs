//! `backtraild`: arguments, logging and signals; all else is in the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

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
