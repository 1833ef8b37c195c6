//! `backtraild score-pairs`

use std::io::{BufRead, Write, stdout};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use backtrail_bus::exit;
use subscriber_daemon::engine::load_tables;

use super::pair_reader::PairReader;

/// Compare pairs of incidents, without any history
///
/// Reads lines of JSON, {"a": incident, "b": incident}, and writes for each the bits of evidence that the two are linked,
/// the probability, whether that makes them linked, and every comparison. Drafts are taken as well. It uses the shipped
/// model alone: for audits, and for comparing with other matchers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtraild score-pairs pairs.ndjson > scores.ndjson")]
pub(crate) struct ScorePairs {
    /// File of pairs, `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// How many threads compare [default: one per processor]
    #[arg(long)]
    threads: Option<NonZero<usize>>,
}

/// Lines that are read before they are handed to the threads.
const LINES_AT_ONCE: usize = 1_024;
const MOST_THREADS: usize = 64;

/// A thread's part of the work.
#[derive(Debug, Default)]
struct Worker {
    reader: PairReader,
    /// Scores as lines of JSON.
    written: Vec<u8>,
    /// What was refused, with the number of its line.
    refused: Vec<(u64, String)>,
    pairs: u32,
    scoring: Duration,
}

impl ScorePairs {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        // The words and the model are not what a pair costs.
        load_tables();
        let started = Instant::now();
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let mut workers: Vec<Worker> = (0..threads.min(MOST_THREADS)).map(|_| Worker::default()).collect();
        let mut input = super::open(&self.file)?;
        let mut out = stdout().lock();
        let mut lines = Lines::default();
        let mut refused = 0;
        while lines.fill(&mut input).context("the file cannot be read to its end")? {
            let share = lines.ends.len().div_ceil(workers.len());
            std::thread::scope(|scope| {
                for (place, worker) in workers.iter_mut().enumerate() {
                    let lines = &lines;
                    let part = place * share..lines.ends.len().min((place + 1) * share);
                    scope.spawn(move || part.for_each(|index| worker.take(lines.number(index), lines.line(index))));
                }
            });
            for worker in &mut workers {
                out.write_all(&worker.written).context("standard output")?;
                worker.written.clear();
                for (number, error) in worker.refused.drain(..) {
                    refused += 1;
                    eprintln!("line {number}: {error}");
                }
            }
        }
        out.flush().context("standard output")?;
        let pairs: u32 = workers.iter().map(|worker| worker.pairs).sum();
        let scoring: Duration = workers.iter().map(|worker| worker.scoring).sum();
        let mean = scoring.checked_div(pairs).unwrap_or_default();
        let whole = started.elapsed().checked_div(pairs).unwrap_or_default();
        let threads = match workers.len() {
            1 => "one thread".to_owned(),
            count => format!("{count} threads"),
        };
        eprintln!(
            "{pairs} pairs, {refused} refused; {mean:.1?} a pair to compare, {whole:.1?} with reading and writing on {threads}"
        );
        Ok(if refused > 0 { exit::REFUSED } else { exit::DONE })
    }
}

impl Worker {
    fn take(&mut self, number: u64, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let json = "a score is plain numbers and texts";
        match self.reader.read(line) {
            Ok((a, b)) => {
                let started = Instant::now();
                let (a, b) = (a.features(), b.features());
                let score = a.score(&b);
                self.scoring += started.elapsed();
                self.pairs += 1;
                serde_json::to_writer(&mut self.written, &score).expect(json);
            }
            Err(error) => {
                let error = format!("{error:#}");
                serde_json::to_writer(&mut self.written, &serde_json::json!({ "error": error })).expect(json);
                self.refused.push((number, error));
            }
        }
        self.written.push(b'\n');
    }
}

/// Some lines of the input.
#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    /// Where each line ends in `text`, its line feed included.
    ends: Vec<usize>,
    /// Lines that were read before these.
    before: u64,
}

impl Lines {
    /// Reads the next lines; false if there are none.
    fn fill(&mut self, input: &mut impl BufRead) -> std::io::Result<bool> {
        self.before += self.ends.len() as u64;
        self.text.clear();
        self.ends.clear();
        while self.ends.len() < LINES_AT_ONCE && input.read_until(b'\n', &mut self.text)? > 0 {
            self.ends.push(self.text.len());
        }
        Ok(!self.ends.is_empty())
    }

    fn line(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// The number of a line in the input, from 1 on.
    fn number(&self, index: usize) -> u64 {
        self.before + index as u64 + 1
    }
}
