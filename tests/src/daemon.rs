//! A daemon as a process of its own, which can be killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use backtrail_bus::connection::{Connection, FirstTry};
use backtrail_bus::context::Context;
use backtrail_bus::query::{Query, QueryError, Status, StatusQuery, ask};

use crate::{eventually, program};

/// A running `backtraild`.
pub struct Daemon {
    child: Child,
    context: Context,
}

impl Daemon {
    /// Starts it with frequent snapshots, so that stories have some.
    pub fn start(context: &Path) -> Self {
        Self::start_with(context, &[])
    }

    /// The same with more arguments.
    pub fn start_with(context: &Path, arguments: &[&str]) -> Self {
        // So often that stories of a few thousand incidents see several snapshots.
        Self::spawn(context, &[&["--snapshot-every", "2000"], arguments].concat())
    }

    /// Starts it as it starts for an agency that set nothing.
    pub fn start_as_installed(context: &Path) -> Self {
        Self::spawn(context, &[])
    }

    fn spawn(context: &Path, arguments: &[&str]) -> Self {
        let read = Context::read(context).expect("a context");
        let state = read.state_dir();
        std::fs::create_dir_all(&state).expect("a state directory");
        let log = std::fs::File::options().create(true).append(true).open(state.join("log")).expect("a log");
        let child = Command::new(program("backtraild"))
            .args(["run", "--context"])
            .arg(context)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the daemon starts");
        Self { child, context: read }
    }

    /// Where its snapshot lies.
    pub fn snapshot(&self) -> PathBuf {
        self.context.state_dir().join("state.snapshot")
    }

    /// Kills it with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("the daemon can be killed");
        self.child.wait().expect("the daemon is gone");
    }

    /// Asks it a question.
    pub async fn ask<Q: Query>(&self, question: &Q) -> Result<Q::Answer, QueryError> {
        let connection = Connection::open(&self.context, "story", FirstTry::Fail).await.expect("a connection");
        ask(&connection, self.context.realm, question).await
    }

    /// Waits until its counters say so.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Status) -> bool) -> Status {
        let connection = Connection::open(&self.context, "story", FirstTry::Fail).await.expect("a connection");
        eventually(what, async || {
            ask(&connection, self.context.realm, &StatusQuery {}).await.ok().filter(|status| is_so(status))
        })
        .await
    }

    /// Waits until it has taken so many messages and has no more.
    pub async fn until_messages(&self, messages: u64) -> Status {
        self.until("catching up", |status| status.caught_up && status.messages >= messages).await
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
