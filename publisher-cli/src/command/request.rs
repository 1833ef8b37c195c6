//! `backtrail request`

mod draft;
mod new;
pub(crate) mod print;
pub(crate) mod say;

use std::path::PathBuf;

use backtrail_bus::exit;
use backtrail_bus::id::ThreadId;
use backtrail_bus::query::{ThreadQuery, ThreadsQuery};
use jiff::Timestamp;

use self::new::New;
use self::say::{Act, Say};
use crate::output::print_json;
use crate::session::Session;

/// Ask another agency, answer, and close the loop
///
/// A request is read by the two agencies alone. The clock starts when the addressee's daemon has it: 8 hours, 3 days or
/// 7 days by urgency, and it never pauses. Measures marked as precautionary wait for nothing. Feedback is given before
/// a request is closed, and every agency whose incidents helped is told the outcome.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Request {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  backtrail request new --lead 0b8f6a52-9a0b-5c5e-9d63-0c3f6d1f2a11 --to be-police --urgency urgent
  backtrail request inbox
  backtrail request answer 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e --text 'see the report' --attach report.pdf
  backtrail request feedback 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e --useful useful --outcome 'two arrests'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    New(Box<New>),
    /// Send a draft that was kept with `new --draft`, edited perhaps
    #[command(after_help = "Example:\n  backtrail request send 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e")]
    Send {
        /// Id of the draft
        draft: ThreadId,
        /// Who sends it
        #[arg(long, value_name = "NAME", env = "USER")]
        by: String,
    },
    /// List drafts, requests and outcomes, the latest change first
    #[command(after_help = "Example:\n  backtrail request inbox --overdue")]
    Inbox {
        /// Closed and withdrawn ones too
        #[arg(long)]
        all: bool,
        /// Only overdue ones
        #[arg(long)]
        overdue: bool,
        /// Say what is overdue at this time instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a request with all that was said about it
    #[command(after_help = "Example:\n  backtrail request show 0198c2f4-5d6e-7a10-8b1c-2f3a4b5c6d7e")]
    Show {
        request: ThreadId,
        /// Save the attached files in this directory; files that are there are never replaced
        #[arg(long, value_name = "DIR")]
        save_attachments: Option<PathBuf>,
        /// Say whether it is overdue at this time instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Accept a request: it will be worked on
    Accept(Say),
    /// Refuse a request, and say why
    Refuse(Say),
    /// Ask for more; neither the clock nor a precautionary measure waits
    Clarify(Say),
    /// Complete your own request
    Supplement(Say),
    /// Answer in part
    Partial(Say),
    /// Answer a request
    Answer(Say),
    /// Remind the addressee
    Remind(Say),
    Feedback(say::Feedback),
    /// Close your own request, after feedback
    Close(Say),
    /// Take your own request back while it is not answered
    Withdraw(Say),
}

impl Request {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        match self.action {
            Action::New(new) => new.run(session).await,
            Action::Send { draft, by } => draft::send(session, draft, &by).await,
            Action::Inbox { all, overdue, at, limit } => {
                let kinds = ["request", "outcome"].map(str::to_owned).to_vec();
                inbox(session, ThreadsQuery { kinds, finished: all, overdue, at, limit, about: None }).await
            }
            Action::Show { request, save_attachments, at } => {
                let answer = session.ask(&ThreadQuery { thread_id: request, at }).await?;
                if session.json {
                    print_json(&answer);
                } else {
                    print::thread(&answer, session.agency());
                }
                if let Some(dir) = save_attachments {
                    print::save_attachments(session, &answer.thread, &dir).await?;
                }
                Ok(exit::DONE)
            }
            Action::Accept(say) => say.run(session, Act::Accept).await,
            Action::Refuse(say) => say.run(session, Act::Refuse).await,
            Action::Clarify(say) => say.run(session, Act::Clarify).await,
            Action::Supplement(say) => say.run(session, Act::Supplement).await,
            Action::Partial(say) => say.run(session, Act::Partial).await,
            Action::Answer(say) => say.run(session, Act::Answer).await,
            Action::Remind(say) => say.run(session, Act::Remind).await,
            Action::Feedback(feedback) => feedback.run(session).await,
            Action::Close(say) => say.run(session, Act::Close).await,
            Action::Withdraw(say) => say.run(session, Act::Withdraw).await,
        }
    }
}

async fn inbox(session: &Session, query: ThreadsQuery) -> anyhow::Result<u8> {
    let answer = session.ask(&query).await?;
    let drafts = draft::all(session)?;
    if session.json {
        print_json(&serde_json::json!({ "threads": answer.threads, "total": answer.total, "drafts": drafts }));
        return Ok(exit::DONE);
    }
    drafts
        .iter()
        .for_each(|draft| println!("draft  to {}\n  {}\n  {}", draft.to, draft.request.object, draft.thread_id));
    answer.threads.iter().for_each(|line| println!("{}", print::line(line, session.agency())));
    println!("{} of {}; `backtrail request show ID` shows what was said", answer.threads.len(), answer.total);
    Ok(exit::DONE)
}
