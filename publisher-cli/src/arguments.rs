//! The command line.

use clap::{Parser, Subcommand};

use crate::command;
use crate::session::Session;

/// Post seizures and suspicious shipments, watch leads, trace them back
#[derive(Debug, Parser)]
#[command(name = "backtrail", version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Context to work in: its name, or the path of its file
    #[arg(long, global = true, env = backtrail_bus::context::CONTEXT_VARIABLE, value_name = "NAME|PATH")]
    context: Option<String>,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
   0  done; for a post: the hub has stored it
   1  refused or not found; asking again in the same words will not help
   2  wrong usage
  75  not now: no server or no acknowledgement; posts are safe in the outbox

Example:
  backtrail post --country NL --place Schiphol --substance ketamine --quantity '2.4 kg'";

#[derive(Debug, Subcommand)]
enum Command {
    Post(Box<command::post::Post>),
    Bulk(command::bulk::Bulk),
    Amend(command::amend::Amend),
    Retract(command::retract::Retract),
    Show(command::show::Show),
    Outbox(command::outbox::Outbox),
    Watch(command::watch::Watch),
    Leads(command::leads::Leads),
    Lead(command::lead::Lead),
    Stop(command::stop::Stop),
    Alert(command::alert::Alert),
    Trace(command::trace::Trace),
    Find(Box<command::find::Find>),
    Entity(command::entity::Entity),
    Timeline(Box<command::timeline::Timeline>),
    Compare(command::compare::Compare),
    WhyNot(command::why_not::WhyNot),
    Request(Box<command::request::Request>),
    Notice(Box<command::notice::Notice>),
    Pointer(command::pointer::Pointer),
    Circles(command::circles::Circles),
    Status(command::status::Status),
    Substance(command::substance::Substance),
}

impl Arguments {
    pub(crate) async fn run(self) -> anyhow::Result<u8> {
        let context = self.context.as_deref();
        match self.command {
            Command::Substance(substance) => substance.run(context, self.json),
            Command::Pointer(pointer) if pointer.is_local() => pointer.write_key(),
            Command::Bulk(bulk) if bulk.is_dry() => bulk.dry_run(context, self.json).await,
            command => command.run(&Session::open(context, self.json)?).await,
        }
    }
}

impl Command {
    /// Runs a command that needs a context.
    async fn run(self, session: &Session) -> anyhow::Result<u8> {
        match self {
            Self::Substance(substance) => substance.run(None, session.json),
            Self::Post(post) => post.run(session).await,
            Self::Bulk(bulk) => bulk.run(session).await,
            Self::Amend(amend) => amend.run(session).await,
            Self::Retract(retract) => retract.run(session).await,
            Self::Show(show) => show.run(session).await,
            Self::Outbox(outbox) => outbox.run(session).await,
            Self::Watch(watch) => watch.run(session).await,
            Self::Leads(leads) => leads.run(session).await,
            Self::Lead(lead) => lead.run(session).await,
            Self::Stop(stop) => stop.run(session).await,
            Self::Alert(alert) => alert.run(session).await,
            Self::Trace(trace) => trace.run(session).await,
            Self::Find(find) => find.run(session).await,
            Self::Entity(entity) => entity.run(session).await,
            Self::Timeline(timeline) => timeline.run(session).await,
            Self::Compare(compare) => compare.run(session).await,
            Self::WhyNot(why_not) => why_not.run(session).await,
            Self::Request(request) => request.run(session).await,
            Self::Notice(notice) => notice.run(session).await,
            Self::Pointer(pointer) => pointer.run(session).await,
            Self::Circles(circles) => circles.run(session).await,
            Self::Status(status) => status.run(session).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_help_with_an_example() {
        let command = Arguments::command();
        for subcommand in command.get_subcommands() {
            let about = subcommand.get_about().unwrap().to_string();
            assert!(!about.ends_with('.'), "{about}");
            let example = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains("backtrail "), "{} has no example", subcommand.get_name());
        }
        command.debug_assert();
    }
}
