//! `backtrail pointer`

use std::path::PathBuf;

use backtrail_bus::exit;
use backtrail_bus::incident::IdentifierKind;
use backtrail_bus::pointer::PointerKey;
use backtrail_bus::query::PointersQuery;

use crate::output::print_json;
use crate::session::Session;
use crate::trace_form::tree::pointer;
use crate::wanted::identifier;

/// Find out who else has a number, and make the key for it
///
/// Agencies that share a pointer key learn which of them have an incident with a number that they have themselves, and
/// nothing else of it: whom to ask. `backtraild run --pointer-key FILE --pointer-circle CIRCLE` takes part; traces then
/// show pointers by themselves.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  backtrail pointer key --output partners.key\n  backtrail pointer find --id container:MSKU6011672"
)]
pub(crate) struct Pointer {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key, to be given to the agencies that take part, by a way that you trust
    Key {
        /// The file to write it to; only you can read it
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Who has an incident with this number that may not be read here
    Find {
        /// The number, such as container:MSKU6011672
        #[arg(long, value_name = "KIND:VALUE", value_parser = identifier)]
        id: (IdentifierKind, String),
    },
}

impl Pointer {
    /// True if it needs no context.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.command, Command::Key { .. })
    }

    pub(crate) fn write_key(self) -> anyhow::Result<u8> {
        if let Command::Key { output } = self.command {
            PointerKey::generate().write_new(&output)?;
            eprintln!("wrote {}; whoever has it can find out which numbers its holders have", output.display());
        }
        Ok(exit::DONE)
    }

    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let Command::Find { id: (kind, value) } = self.command else { return self.write_key() };
        let answer = session.ask(&PointersQuery { kind, value }).await?;
        if session.json {
            print_json(&answer);
        } else if answer.pointers.is_empty() {
            println!("nobody points to it");
        } else {
            answer.pointers.iter().for_each(|one| println!("{}", pointer(one)));
        }
        Ok(exit::DONE)
    }
}
