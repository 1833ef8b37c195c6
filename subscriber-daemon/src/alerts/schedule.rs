//! When an alert says what it found: pure logic over findings and times.
//!
//! At once means at once, but for quiet hours, and but for a limit: what exceeds it is only counted, and the number said
//! when the next hour or day begins. A digest is said at its hour, or where that is quiet at the end of the quiet hours,
//! and counts what exceeds the limit in the same notice.

use backtrail_bus::alert::{Delivery, Finding, LimitPeriod, Pace, QuietHours};
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Findings that wait; of more, only the number is kept.
const MAX_WAITING: usize = 200;
/// When a daily digest is said.
const MORNING: Time = time(7, 0, 0, 0);

/// How an alert says what it found, with its time zone at hand.
#[derive(Debug, Clone)]
pub(crate) struct Rhythm {
    pub delivery: Delivery,
    pub zone: TimeZone,
}

/// What waits to be said, and what was said in the current hour or day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    findings: Vec<Finding>,
    /// When the first of them came.
    since: Option<Timestamp>,
    /// How many more came than can wait.
    more: u64,
    /// How many exceeded the limit in the current hour or day.
    over: u64,
    /// When that hour or day began.
    period: Option<Timestamp>,
    /// How many were said in it.
    said: u32,
}

/// What is said now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub findings: Vec<Finding>,
    pub more: u64,
}

impl Waiting {
    /// Takes in a finding.
    pub(crate) fn take(&mut self, finding: Finding, now: Timestamp) {
        self.since.get_or_insert(now);
        if self.findings.len() < MAX_WAITING {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// How many findings wait.
    pub(crate) fn count(&self) -> u64 {
        self.findings.len() as u64 + self.more + self.over
    }

    /// When something is said next, as far as is known now.
    pub(crate) fn due(&self, rhythm: &Rhythm) -> Option<Timestamp> {
        let findings = self.since.map(|since| rhythm.after_quiet(rhythm.due(since)));
        let limit = rhythm.delivery.limit.filter(|_| self.over > 0);
        let over = limit.zip(self.period).map(|(limit, period)| rhythm.after_quiet(rhythm.end(limit.per, period)));
        match (findings, over) {
            (Some(findings), Some(over)) => Some(findings.min(over)),
            (findings, over) => findings.or(over),
        }
    }

    /// What is to be said now, if anything.
    pub(crate) fn say(&mut self, rhythm: &Rhythm, now: Timestamp) -> Option<Said> {
        // Nearly always nothing waits.
        if self.count() == 0 || rhythm.is_quiet(now) {
            return None;
        }
        let is_due = self.since.is_some_and(|since| rhythm.due(since) <= now);
        let period = rhythm.delivery.limit.map(|limit| rhythm.period(limit.per, now));
        let is_next_period = period != self.period;
        let is_over_due = self.over > 0 && is_next_period;
        if !is_due && !is_over_due {
            return None;
        }
        if is_next_period {
            self.period = period;
            self.said = 0;
        }
        let mut said = Said { findings: Vec::new(), more: 0 };
        if is_over_due {
            said.more = std::mem::take(&mut self.over);
        }
        if is_due {
            let allowed = rhythm.delivery.limit.map_or(usize::MAX, |limit| {
                usize::try_from(limit.count.saturating_sub(self.said)).unwrap_or(usize::MAX)
            });
            let mut findings = std::mem::take(&mut self.findings);
            let rest = findings.split_off(allowed.min(findings.len()));
            let beyond = rest.len() as u64 + std::mem::take(&mut self.more);
            self.said = self.said.saturating_add(u32::try_from(findings.len()).unwrap_or(u32::MAX));
            self.since = None;
            said.findings = findings;
            let waits_for_next = rhythm.delivery.pace == Pace::AtOnce && rhythm.delivery.limit.is_some();
            if waits_for_next {
                self.over += beyond;
            } else {
                said.more += beyond;
            }
        }
        (!said.findings.is_empty() || said.more > 0).then_some(said)
    }
}

impl Rhythm {
    /// When something that came then is due, quiet hours left aside.
    fn due(&self, since: Timestamp) -> Timestamp {
        match self.delivery.pace {
            Pace::AtOnce => since,
            Pace::Hourly => self.end(LimitPeriod::Hour, self.period(LimitPeriod::Hour, since)),
            Pace::Daily => self.next(MORNING, since),
        }
    }

    fn is_quiet(&self, at: Timestamp) -> bool {
        let time = at.to_zoned_datetime(self.zone.clone()).time();
        self.delivery.quiet.is_some_and(|quiet| quiet.contain(time))
    }

    /// The same time, or the end of the quiet hours that it falls into.
    fn after_quiet(&self, at: Timestamp) -> Timestamp {
        match self.delivery.quiet {
            Some(QuietHours { to, .. }) if self.is_quiet(at) => self.next(to, at),
            _ => at,
        }
    }

    /// The beginning of the hour or day.
    fn period(&self, per: LimitPeriod, at: Timestamp) -> Timestamp {
        let local = at.to_zoned_datetime(self.zone.clone());
        match per {
            LimitPeriod::Hour => {
                let into = i64::from(local.minute()) * 60 + i64::from(local.second());
                Timestamp::from_second(at.as_second() - into).unwrap_or(at)
            }
            LimitPeriod::Day => local.start_of_day().map_or(at, |start| start.timestamp()),
        }
    }

    /// The end of an hour or day that began then.
    fn end(&self, per: LimitPeriod, began: Timestamp) -> Timestamp {
        match per {
            LimitPeriod::Hour => began.checked_add(SignedDuration::from_hours(1)).unwrap_or(began),
            LimitPeriod::Day => self.next(Time::midnight(), began),
        }
    }

    /// The next time that the clock shows this. Where it never does, because clocks go forward, the time just after.
    fn next(&self, time: Time, after: Timestamp) -> Timestamp {
        let today = after.to_zoned_datetime(self.zone.clone()).date();
        let days = [Some(today), today.tomorrow().ok()];
        let at = |date: jiff::civil::Date| date.to_datetime(time).to_zoned_datetime(self.zone.clone()).ok();
        let times = days.into_iter().flatten().filter_map(|date| Some(at(date)?.timestamp()));
        times.filter(|at| *at > after).min().unwrap_or(after)
    }
}

#[cfg(test)]
mod tests {
    use backtrail_bus::alert::FoundLead;
    use backtrail_bus::id::LeadId;
    use backtrail_bus::lead::{LeadChange, LeadKind};

    use super::*;

    fn finding(number: u32) -> Finding {
        Finding::Lead(FoundLead {
            lead_id: LeadId::derive("test", number),
            change: LeadChange::Opened,
            kind: LeadKind::SameConsignor,
            shared: format!("consignor {number}"),
            bits: 12.0,
            member_count: number,
        })
    }

    fn rhythm(pace: Pace, quiet: Option<&str>, limit: Option<&str>) -> Rhythm {
        let time_zone = "Europe/Amsterdam".to_owned();
        let (quiet, limit) = (quiet.map(|text| text.parse().unwrap()), limit.map(|text| text.parse().unwrap()));
        let delivery = Delivery { pace, quiet, time_zone, limit };
        Rhythm { zone: delivery.zone().unwrap(), delivery }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Findings come at the given times and are said when somebody looks; both in order. Each line of the result is a
    /// time with the number of findings and of those that are only counted.
    fn run(rhythm: &Rhythm, came: &[&str], looks: &[&str]) -> Vec<(String, usize, u64)> {
        let mut waiting = Waiting::default();
        let mut came = came.iter().map(|text| at(text)).peekable();
        let mut lines = Vec::new();
        let mut number = 0;
        for look in looks {
            while let Some(time) = came.next_if(|time| *time <= at(look)) {
                number += 1;
                waiting.take(finding(number), time);
                lines.extend(waiting.say(rhythm, time).map(|said| (time.to_string(), said.findings.len(), said.more)));
            }
            lines
                .extend(waiting.say(rhythm, at(look)).map(|said| ((*look).to_owned(), said.findings.len(), said.more)));
        }
        lines
    }

    fn check(rhythm: &Rhythm, came: &[&str], looks: &[&str], expected: &[(&str, usize, u64)]) {
        let expected: Vec<_> = expected.iter().map(|(time, said, more)| ((*time).to_owned(), *said, *more)).collect();
        assert_eq!(run(rhythm, came, looks), expected);
    }

    #[test]
    fn at_once_but_not_in_quiet_hours() {
        // Winter: Amsterdam is an hour ahead of UTC.
        let rhythm = rhythm(Pace::AtOnce, Some("22:00-06:00"), None);
        let came = ["2026-11-25T20:59:00Z", "2026-11-25T21:00:00Z", "2026-11-26T01:30:00Z"];
        let looks = ["2026-11-26T04:59:59Z", "2026-11-26T05:00:00Z", "2026-11-26T05:00:05Z"];
        check(&rhythm, &came, &looks, &[("2026-11-25T20:59:00Z", 1, 0), ("2026-11-26T05:00:00Z", 2, 0)]);
    }

    #[test]
    fn quiet_hours_end_by_the_clock_on_the_wall() {
        let rhythm = rhythm(Pace::AtOnce, Some("22:00-06:00"), None);
        // On 2026-03-29 clocks go from 02:00 to 03:00.
        let mut waiting = Waiting::default();
        waiting.take(finding(1), at("2026-03-28T22:00:00Z"));
        assert_eq!(waiting.due(&rhythm), Some(at("2026-03-29T04:00:00Z")));
        assert_eq!(waiting.say(&rhythm, at("2026-03-29T03:59:59Z")), None);
        assert_eq!(waiting.say(&rhythm, at("2026-03-29T04:00:00Z")).map(|said| said.findings.len()), Some(1));
        assert_eq!((waiting.due(&rhythm), waiting.count()), (None, 0));
    }

    #[test]
    fn what_exceeds_the_limit_is_one_line_in_the_next_hour() {
        let rhythm = rhythm(Pace::AtOnce, None, Some("2/hour"));
        let came = vec!["2026-11-25T10:10:00Z"; 5];
        let looks = ["2026-11-25T10:59:59Z", "2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z"];
        let said = [("2026-11-25T10:10:00Z", 1, 0), ("2026-11-25T10:10:00Z", 1, 0), ("2026-11-25T11:00:00Z", 0, 3)];
        check(&rhythm, &came, &looks, &said);
    }

    #[test]
    fn a_digest_waits_for_its_hour() {
        let hourly = rhythm(Pace::Hourly, None, None);
        let came = ["2026-11-25T10:00:00Z", "2026-11-25T10:59:59Z", "2026-11-25T11:00:01Z"];
        let looks = ["2026-11-25T10:59:59Z", "2026-11-25T11:00:00Z", "2026-11-25T12:00:03Z"];
        check(&hourly, &came, &looks, &[("2026-11-25T11:00:00Z", 2, 0), ("2026-11-25T12:00:03Z", 1, 0)]);
        // Seven in the morning lies in the quiet hours, and a daemon that was down says it when it is back.
        let daily = rhythm(Pace::Daily, Some("20:00-08:30"), Some("2/day"));
        let came = vec!["2026-11-25T10:00:00Z"; 39];
        let looks = ["2026-11-26T06:00:00Z", "2026-11-26T07:29:00Z", "2026-11-26T09:00:00Z"];
        check(&daily, &came, &looks, &[("2026-11-26T09:00:00Z", 2, 37)]);
    }

    #[test]
    fn very_many_are_counted_only() {
        let hourly = rhythm(Pace::Hourly, None, None);
        let came = vec!["2026-11-25T10:00:00Z"; 1_000];
        check(&hourly, &came, &["2026-11-25T11:00:00Z"], &[("2026-11-25T11:00:00Z", MAX_WAITING, 800)]);
    }

    #[test]
    fn a_limit_within_quiet_hours_is_said_after_them() {
        let rhythm = rhythm(Pace::AtOnce, Some("22:00-06:00"), Some("1/hour"));
        let came = ["2026-11-25T20:30:00Z", "2026-11-25T20:31:00Z"];
        let looks = ["2026-11-25T21:30:00Z", "2026-11-26T04:00:00Z", "2026-11-26T05:10:00Z"];
        check(&rhythm, &came, &looks, &[("2026-11-25T20:30:00Z", 1, 0), ("2026-11-26T05:10:00Z", 0, 1)]);
    }
}
