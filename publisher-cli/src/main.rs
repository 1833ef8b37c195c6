//! `backtrail`: arguments in, results out, errors with a hint. One file per command.

mod arguments;
mod bulk;
mod command;
mod current;
mod event_outcome;
mod failure;
mod format;
mod outcome;
mod output;
mod session;
mod side_by_side;
mod trace_form;
mod wanted;

use std::process::ExitCode;

use backtrail_bus::exit;
use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    // `| head` closes the pipe early; ending quietly is what people expect of a command.
    sigpipe::reset();
    let arguments = Arguments::parse();
    // Off unless asked for: what an officer must know is said by the commands themselves.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into());
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("Error: no runtime: {error}");
            return ExitCode::from(exit::REFUSED);
        }
    };
    match runtime.block_on(arguments.run()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("Error: {error:#}");
            failure::hint(&error).inspect(|hint| eprintln!("Hint: {hint}"));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}
