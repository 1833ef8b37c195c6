//! The other programs, run as a person would run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::Story;

/// Leads that are shown one by one; a large import has hundreds.
const SHOWN_OF_IMPORT: u64 = 20;
/// How long the last leads may take from the stream to the screen.
const WATCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the programs are, and the contexts they work in.
pub(crate) struct Programs {
    dir: PathBuf,
    /// By agency: the context of its people and that of its daemon.
    contexts: BTreeMap<String, (PathBuf, PathBuf)>,
    logs: PathBuf,
}

/// A running `backtrail watch` whose leads are told as they open.
pub(crate) struct Watch {
    child: Child,
    opened: watch::Receiver<u64>,
    story: Story,
    shown: u64,
}

impl Programs {
    pub(super) fn with(dir: PathBuf, contexts: BTreeMap<String, (PathBuf, PathBuf)>, logs: PathBuf) -> Self {
        Self { dir, contexts, logs }
    }

    pub(super) fn backtrail_path(&self) -> PathBuf {
        self.dir.join("backtrail")
    }

    pub(super) fn context(&self, agency: &str) -> &Path {
        &self.contexts[agency].0
    }

    /// Starts an agency's daemon; its log goes to a file.
    pub(super) fn daemon(&self, agency: &str) -> anyhow::Result<Child> {
        std::fs::create_dir_all(&self.logs).with_context(|| self.logs.display().to_string())?;
        let path = self.logs.join(format!("{agency}-daemon.log"));
        let log = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
        let program = self.dir.join("backtraild");
        Command::new(&program)
            .args(["run", "--context"])
            .arg(&self.contexts[agency].1)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| program.display().to_string())
    }

    /// What a command prints.
    pub(super) async fn backtrail(&self, agency: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(agency, arguments).output().await.context("backtrail")?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            anyhow::bail!("backtrail {}: {}: {}", arguments.join(" "), output.status, errors.trim());
        }
        String::from_utf8(output.stdout).context("backtrail printed what is not text")
    }

    /// The last line that a command prints with `--json`.
    pub(super) async fn backtrail_json(&self, agency: &str, arguments: &[&str]) -> anyhow::Result<Value> {
        let printed = self.backtrail(agency, &[arguments, &["--json"]].concat()).await?;
        last_line(&printed)
    }

    /// Posts a file and gives the report, also where rows were refused.
    pub(super) async fn bulk<T: DeserializeOwned>(&self, agency: &str, file: &str, format: &str) -> anyhow::Result<T> {
        let arguments = ["bulk", file, "--format", format, "--json"];
        // The progress bar and the refused rows are for the person at the screen.
        let output = self.command(agency, &arguments).stderr(Stdio::inherit()).output().await.context("backtrail")?;
        let printed = String::from_utf8(output.stdout).context("backtrail printed what is not text")?;
        last_line(&printed).with_context(|| format!("backtrail bulk ended with {}", output.status))
    }

    /// The latest member of each of the strongest leads.
    pub(super) async fn latest_members(&self, leads: usize) -> anyhow::Result<Vec<String>> {
        let answer = self.backtrail_json("nl-customs", &["leads", "--limit", &leads.to_string()]).await?;
        let mut members = Vec::new();
        for line in answer["leads"].as_array().into_iter().flatten() {
            let lead =
                self.backtrail_json("nl-customs", &["lead", line["lead_id"].as_str().unwrap_or_default()]).await?;
            let latest = lead["members"].as_array().and_then(|members| members.last());
            members.extend(latest.and_then(|member| member["incident_id"].as_str()).map(str::to_owned));
        }
        Ok(members)
    }

    /// Starts watching the leads of nl-customs.
    pub(super) fn watch(&self, story: Story, is_import: bool) -> anyhow::Result<Watch> {
        let mut child =
            self.command("nl-customs", &["watch", "--since", "all", "--json"]).spawn().context("backtrail watch")?;
        let lines = child.stdout.take().context("its output was asked for")?;
        let (sender, opened) = watch::channel(0);
        let shown = if is_import { SHOWN_OF_IMPORT } else { u64::MAX };
        tokio::spawn(async move {
            let mut lines = BufReader::new(lines).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
                if *sender.borrow() < shown {
                    story.tell(&opened_line(&event));
                }
                sender.send_modify(|count| *count += 1);
            }
        });
        Ok(Watch { child, opened, story, shown })
    }

    fn command(&self, agency: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.backtrail_path());
        command
            .args(arguments)
            .arg("--context")
            .arg(self.context(agency))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

impl Watch {
    /// Waits until so many leads were told, then stops.
    pub(super) async fn finish(mut self, leads: u64) {
        let told = self.opened.wait_for(|opened| *opened >= leads);
        // Some may have closed again, so fewer than opened are open, never more.
        let _ = tokio::time::timeout(WATCH_TIMEOUT, told).await;
        let opened = *self.opened.borrow();
        if opened > self.shown {
            self.story.tell(&format!("... and {} more", opened - self.shown));
        }
        let _ = self.child.kill().await;
    }
}

fn opened_line(event: &Value) -> String {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let bits = event["bits"].as_f64().unwrap_or(0.0);
    format!("lead opened: {} ({bits:.1} bits): {}", text("kind"), text("shared"))
}

fn last_line<T: DeserializeOwned>(printed: &str) -> anyhow::Result<T> {
    let line = printed.lines().last().context("it printed nothing")?;
    serde_json::from_str(line).with_context(|| format!("it printed {line:?}"))
}
