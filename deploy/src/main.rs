//! `backtrail-admin`: arguments in, results out; the work is in the library.

mod command;

use std::path::PathBuf;
use std::process::ExitCode;

use backtrail_bus::exit;
use clap::{Parser, Subcommand};

/// Set up and run a Backtrail hub
#[derive(Debug, Parser)]
#[command(name = "backtrail-admin", version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Directory of the deployment
    #[arg(long, global = true, env = "BACKTRAIL_DEPLOYMENT", default_value = "backtrail-hub", value_name = "DIR")]
    dir: PathBuf,
    /// Print one JSON object instead of words
    #[arg(long, global = true)]
    json: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 refused; 2 wrong usage; 75 no hub answered, try again later.

Example:
  backtrail-admin --dir hub init --port 4222
  backtrail-admin --dir hub agency add nl-customs --country NL --name \"Douane Nederland\"
  nats-server -c hub/hub.conf &
  backtrail-admin --dir hub apply";

#[derive(Debug, Subcommand)]
enum Command {
    Init(command::init::Init),
    /// Add and list agencies, revoke their keys
    #[command(subcommand)]
    Agency(command::agency::Agency),
    /// Add and list circles, let agencies in
    #[command(subcommand)]
    Circle(command::circle::Circle),
    Apply(command::apply::Apply),
    /// Invent incidents for exercises
    #[command(subcommand)]
    Exercise(command::exercise::Exercise),
    /// Import tables of places
    #[command(subcommand)]
    Places(command::places::Places),
    Demo(command::demo::Demo),
}

fn main() -> ExitCode {
    // `| head` closes the pipe early; ending quietly is what people expect of a command.
    sigpipe::reset();
    let arguments = Arguments::parse();
    let logging = tracing_subscriber::fmt().with_writer(std::io::stderr);
    logging.with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("Error: no runtime: {error}");
            return ExitCode::from(exit::REFUSED);
        }
    };
    let Arguments { command, dir, json } = arguments;
    let done = runtime.block_on(async {
        match command {
            Command::Init(init) => init.run(&dir, json),
            Command::Agency(agency) => agency.run(&dir, json).await,
            Command::Circle(circle) => circle.run(&dir, json).await,
            Command::Apply(apply) => apply.run(&dir, json).await,
            Command::Exercise(exercise) => exercise.run(json),
            Command::Places(places) => places.run(json),
            Command::Demo(demo) => demo.run(json).await,
        }
    });
    match done {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            eprintln!("Error: {}", command::words(&error));
            command::hint(&error).inspect(|hint| eprintln!("Hint: {hint}"));
            ExitCode::from(command::exit_code(&error))
        }
    }
}
