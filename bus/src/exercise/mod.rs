//! Exercises: invented incidents with known truth, for training people and for measuring the engine.
//!
//! Background traffic carries planted patterns (`pattern.rs`); both are written with the noise of real
//! reports. The same seed gives the same exercise.

mod case;
mod names;
mod noise;
mod path;
mod pattern;

use std::collections::BTreeSet;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::names::Names;
use crate::agency::AgencyId;
use crate::id::IncidentId;
use crate::incident::{Draft, Incident, Origin};
use crate::lead::LeadKind;
use crate::realm::Realm;
use crate::registers::Registers;

/// What exercise to make.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub seed: u64,
    /// Incidents in all, background and planted; revisions come on top.
    pub incidents: usize,
    /// How noisy the reports are: 0 none, 1 as real reports, 2 twice as much.
    pub noise: f64,
    /// Share of incidents that name one of a few forwarders with their phone, 0 to 1.
    pub hot_share: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, incidents: 10_000, noise: 1.0, hot_share: 0.03 }
    }
}

/// An exercise: incidents in the order of their arrival, and what is true of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Exercise {
    /// Revisions of one incident share its id.
    pub incidents: Vec<Incident>,
    pub planted: Vec<Planted>,
}

/// An exercise of which no incident is written out yet: what it holds of one is a draft of a few hundred bytes, so that
/// millions fit in memory.
#[derive(Debug)]
pub struct Outlined {
    pub planted: Vec<Planted>,
    reports: Vec<PackedReport>,
    arrivals: Vec<Arrival>,
}

impl Outlined {
    /// The incidents in the order of their arrival. Revisions of one incident share its id.
    pub fn incidents(&self) -> impl ExactSizeIterator<Item = Incident> {
        self.arrivals.iter().map(|arrival| complete(&self.reports[arrival.number], arrival))
    }
}

/// Incidents that belong together, and the lead that should say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    pub kind: LeadKind,
    pub members: Vec<IncidentId>,
}

/// An exercise for backtracking.
#[derive(Debug, Clone, PartialEq)]
pub struct PathExercise {
    /// Revisions of one incident share its id.
    pub incidents: Vec<Incident>,
    pub paths: Vec<PlantedPath>,
}

/// A consignment that was met several times on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedPath {
    /// From the origin to the seizure that is traced.
    pub members: Vec<IncidentId>,
    /// The last member before the goods were diverted, and the first after.
    pub diversion: (IncidentId, IncidentId),
    /// Other shipments of the first sender from the same place: their origin is the same.
    pub twins: Vec<IncidentId>,
}

/// Hops of a planted path.
const PATH_HOPS: std::ops::RangeInclusive<usize> = 2..=6;

/// Makes an exercise of so many paths of 2 to 6 hops, with decoys, among background traffic.
pub fn generate_paths(settings: &Settings, paths: usize) -> PathExercise {
    let mut maker = Maker::new(settings);
    let planted: Vec<path::Path> = (0..paths)
        .map(|_| {
            let hops = maker.rng.usize(PATH_HOPS);
            maker.plant_path(hops)
        })
        .collect();
    let outlined = maker.finish(settings.incidents);
    let incidents: Vec<Incident> = outlined.incidents().collect();
    let retracted: BTreeSet<IncidentId> =
        incidents.iter().filter(|incident| incident.retracted.is_some()).map(|incident| incident.incident_id).collect();
    let ids = |numbers: &[usize]| numbers.iter().copied().map(incident_id).collect::<Vec<IncidentId>>();
    let planted = planted.into_iter().map(|path| PlantedPath {
        diversion: (incident_id(path.members[path.diverted_at - 1]), incident_id(path.members[path.diverted_at])),
        members: ids(&path.members),
        twins: ids(&path.twins),
    });
    // A path whose step was taken back is none.
    let is_whole = |path: &PlantedPath| !path.members.iter().any(|member| retracted.contains(member));
    PathExercise { paths: planted.filter(is_whole).collect(), incidents }
}

/// Share of the incidents that are planted.
const PLANTED_SHARE: f64 = 0.15;
/// Share of the incidents that are amended later, and that are taken back.
const AMENDED_SHARE: f64 = 0.03;
const RETRACTED_SHARE: f64 = 0.005;
/// Reports arrive within so many days of the event, a few much later.
const USUAL_DELAY_DAYS: i32 = 5;
const LATE_DELAY_DAYS: i32 = 200;
const LATE_SHARE: f64 = 0.03;

/// Agencies with the country whose borders they watch.
const AGENCIES: [(&str, &str); 10] = [
    ("nl-customs", "NL"),
    ("be-police", "BE"),
    ("de-post", "DE"),
    ("es-customs", "ES"),
    ("us-cbp", "US"),
    ("au-border", "AU"),
    ("nz-customs", "NZ"),
    ("gb-nca", "GB"),
    ("fr-douane", "FR"),
    ("pl-kas", "PL"),
];

/// Drugs and precursors with their share of seizures in per mille, rounded from UNODC's individual drug seizures of 2011
/// to 2013 without the coca cultivation that two countries report row by row.
const SUBSTANCES: [(&str, u32); 16] = [
    ("Cocaine", 260),
    ("Heroin", 190),
    ("Amphetamine", 70),
    ("Methamphetamine", 60),
    ("Ecstasy", 60),
    ("Synthetic Cannabinoid", 60),
    ("JWH-018", 40),
    ("Ketamine", 40),
    ("Mephedrone", 40),
    ("Pseudoephedrine", 40),
    ("Fentanyl", 30),
    ("GBL", 30),
    ("Tramadol", 30),
    ("4-ANPP", 20),
    ("Acetic anhydride", 20),
    ("BMK methyl glycidate", 10),
];

/// Countries that shipments set out from, with their share in per mille (from the same file and INCB 2023).
const DEPARTURES: [(&str, u32); 12] = [
    ("CN", 260),
    ("CO", 150),
    ("IN", 120),
    ("NL", 110),
    ("EC", 80),
    ("TR", 60),
    ("PK", 50),
    ("HK", 50),
    ("MX", 40),
    ("BR", 40),
    ("TH", 20),
    ("PL", 20),
];

/// Ports, airports and post offices that shipments leave from and are found at, by country: the busy ones.
const HUBS: [(&str, [&str; 2]); 22] = [
    ("CN", ["CNSZX", "CNSHA"]),
    ("CO", ["COCTG", "COBUN"]),
    ("IN", ["INNSA", "INDEL"]),
    ("NL", ["NLRTM", "NLAMS"]),
    ("EC", ["ECGYE", "ECUIO"]),
    ("TR", ["TRIST", "TRMER"]),
    ("PK", ["PKKHI", "PKLHE"]),
    ("HK", ["HKHKG", "HKKWN"]),
    ("MX", ["MXZLO", "MXVER"]),
    ("BR", ["BRSSZ", "BRGRU"]),
    ("TH", ["THBKK", "THLCH"]),
    ("PL", ["PLGDN", "PLWAW"]),
    ("BE", ["BEANR", "BEBRU"]),
    ("DE", ["DEHAM", "DEFRA"]),
    ("ES", ["ESALG", "ESBCN"]),
    ("US", ["USLAX", "USJFK"]),
    ("AU", ["AUSYD", "AUMEL"]),
    ("NZ", ["NZAKL", "NZWLG"]),
    ("GB", ["GBFXT", "GBLHR"]),
    ("FR", ["FRLEH", "FRCDG"]),
    ("AE", ["AEJEA", "AEDXB"]),
    ("PA", ["PAONX", "PAPTY"]),
];

/// Makes an exercise.
pub fn generate(settings: &Settings) -> Exercise {
    let outlined = outline(settings);
    Exercise { incidents: outlined.incidents().collect(), planted: outlined.planted }
}

/// Makes an exercise without writing out its incidents.
pub fn outline(settings: &Settings) -> Outlined {
    let mut maker = Maker::new(settings);
    let target = (settings.incidents as f64 * PLANTED_SHARE) as usize;
    while maker.drafts.len() < target {
        maker.plant();
    }
    let background = settings.incidents.saturating_sub(maker.drafts.len());
    maker.finish(background)
}

/// One report as it is drafted.
struct Report {
    agency: usize,
    day: Date,
    fields: Value,
}

/// A report that nothing changes any more.
#[derive(Debug)]
struct PackedReport {
    agency: usize,
    day: Date,
    fields: Box<RawValue>,
}

impl PackedReport {
    fn of(Report { agency, day, fields }: Report) -> Self {
        Self { agency, day, fields: serde_json::value::to_raw_value(&fields).expect("a draft is plain data") }
    }
}

/// One revision of a report that reaches the others.
#[derive(Debug)]
struct Arrival {
    day: Date,
    number: usize,
    change: Change,
}

/// What a revision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Posted,
    Amended,
    Retracted,
}

struct Maker {
    rng: Rng,
    settings: Settings,
    names: Names,
    /// Of the planted patterns.
    drafts: Vec<Report>,
    planted: Vec<(LeadKind, Vec<usize>)>,
    /// The party of the pattern planted last, for a look-alike beside it.
    last_party: Option<names::Name>,
}

impl Maker {
    fn new(settings: &Settings) -> Self {
        Self {
            rng: Rng::with_seed(settings.seed),
            settings: *settings,
            names: Names::new(settings.seed),
            drafts: Vec::new(),
            planted: Vec::new(),
            last_party: None,
        }
    }

    fn add(&mut self, report: Report) -> usize {
        self.drafts.push(report);
        self.drafts.len() - 1
    }

    /// True with the share `share`, more often with more noise.
    fn noisy(&mut self, share: f64) -> bool {
        self.rng.f64() < share * self.settings.noise
    }

    /// A seizure that has nothing to do with any other.
    fn background(&mut self) -> Report {
        let agency = self.rng.usize(..AGENCIES.len());
        let day = self.day();
        let (from, to) = (pick(&mut self.rng, &DEPARTURES), AGENCIES[agency].1);
        let mut fields = json!({
            "kind": "seizure", "occurred_at": day.to_string(), "place": { "country": to },
            "substances": [self.substance()],
            "route": [{ "role": "departure", "place": { "country": from }, "mode": "mail" }],
        });
        let mut parties = Vec::new();
        if self.rng.f64() < 0.55 {
            let name = self.names.company(&mut self.rng);
            parties.push(self.party("consignor", &name, from));
        }
        if self.rng.f64() < 0.65 {
            let name = self.names.anybody(&mut self.rng);
            parties.push(self.party("consignee", &name, to));
        }
        if self.rng.f64() < self.settings.hot_share {
            let forwarder = self.rng.usize(..5);
            parties.push(json!({
                "role": "forwarder", "name": format!("Meridian {} Forwarding", ["Sea", "Air", "Land", "Post", "Rail"][forwarder]),
                "phone": format!("+31 20 794 080{forwarder}"), "country": "NL",
            }));
        }
        fields["parties"] = parties.into();
        if self.rng.f64() < 0.4 {
            fields["place"] = self.place(to);
        }
        if self.rng.f64() < 0.3 {
            fields["route"][0]["place"] = self.place(from);
        }
        if self.rng.f64() < 0.35 {
            fields["identifiers"] = json!([self.number("courier-tracking")]);
        }
        Report { agency, day, fields }
    }

    /// A party with its address, as one report writes it.
    fn party(&mut self, role: &str, name: &names::Name, country: &str) -> Value {
        let written = noise::name(&mut self.rng, name, self.settings.noise);
        let mut party = json!({ "role": role, "name": written, "country": country });
        if !self.noisy(0.4) {
            party["address"] = noise::address(&mut self.rng, &name.address, self.settings.noise).into();
        }
        party
    }

    /// A place of a country: mostly a hub, sometimes one of many small ones.
    fn place(&mut self, country: &str) -> Value {
        let hubs = HUBS.iter().find(|(of, _)| *of == country).map(|(_, hubs)| hubs);
        match hubs.filter(|_| self.rng.f64() < 0.8) {
            Some(hubs) => json!({ "country": country, "locode": hubs[usize::from(self.rng.f64() < 0.3)] }),
            None => json!({ "country": country, "name": format!("Depot {}", self.rng.u8(1..60)) }),
        }
    }

    fn substance(&mut self) -> Value {
        let name = pick(&mut self.rng, &SUBSTANCES);
        self.quantity_of(name)
    }

    fn quantity_of(&mut self, name: &str) -> Value {
        // Most seizures are small, and weighed to the gram.
        let grams = (self.rng.f64() * 9.0).exp() * 5.0;
        json!({ "name": name, "quantity": { "amount": format!("{grams:.0}"), "unit": "Gram" } })
    }

    fn number(&mut self, kind: &str) -> Value {
        let digits: String = (0..11).map(|_| self.rng.digit(10)).collect();
        json!({ "kind": kind, "value": format!("{}{digits}", ["EX", "CT", "PK"][self.rng.usize(..3)]) })
    }

    fn day(&mut self) -> Date {
        let first = Date::new(2025, 1, 1).expect("a date");
        first.saturating_add(jiff::Span::new().days(self.rng.i32(0..720)))
    }

    /// Puts background traffic around what is planted, adds amendments and retractions, and sorts by arrival.
    fn finish(mut self, background: usize) -> Outlined {
        let mut reports: Vec<PackedReport> =
            std::mem::take(&mut self.drafts).into_iter().map(PackedReport::of).collect();
        reports.reserve_exact(background);
        for _ in 0..background {
            reports.push(PackedReport::of(self.background()));
        }
        let mut arrivals = Vec::with_capacity(reports.len());
        let mut retracted = BTreeSet::new();
        for (number, report) in reports.iter().enumerate() {
            let late = if self.rng.f64() < LATE_SHARE { LATE_DELAY_DAYS } else { USUAL_DELAY_DAYS };
            let day = report.day.saturating_add(jiff::Span::new().days(self.rng.i32(0..late)));
            arrivals.push(Arrival { day, number, change: Change::Posted });
            let later = day.saturating_add(jiff::Span::new().days(self.rng.i32(1..30)));
            if self.rng.f64() < AMENDED_SHARE {
                arrivals.push(Arrival { day: later, number, change: Change::Amended });
            } else if self.rng.f64() < RETRACTED_SHARE {
                arrivals.push(Arrival { day: later, number, change: Change::Retracted });
                retracted.insert(number);
            }
        }
        arrivals.sort_by_key(|arrival| (arrival.day, arrival.number, arrival.change));
        let planted = std::mem::take(&mut self.planted).into_iter().filter_map(|(kind, members)| {
            let members: Vec<IncidentId> =
                members.into_iter().filter(|member| !retracted.contains(member)).map(incident_id).collect();
            (members.len() > 1).then_some(Planted { kind, members })
        });
        Outlined { planted: planted.collect(), reports, arrivals }
    }
}

fn complete(report: &PackedReport, arrival: &Arrival) -> Incident {
    let mut fields: Value = serde_json::from_str(report.fields.get()).expect("it was written as JSON");
    match arrival.change {
        Change::Posted => {}
        Change::Amended => fields["narrative"] = "amended: laboratory result received".into(),
        Change::Retracted => fields["retracted"] = json!({ "reason": "entered twice" }),
    }
    let draft = Draft::from_value(fields).expect("an exercise drafts as people do");
    let origin = Origin {
        incident_id: incident_id(arrival.number),
        revision: if arrival.change == Change::Posted { 1 } else { 2 },
        originator: AgencyId::new(AGENCIES[report.agency].0).expect("a token"),
        realm: Realm::Exercise,
        reported_at: Timestamp::from_second(1_767_225_600).expect("a time"),
    };
    let completed = draft.complete(origin, Registers::shipped());
    completed.unwrap_or_else(|error| panic!("an exercise made a bad draft: {error}: {}", report.fields)).0
}

fn incident_id(number: usize) -> IncidentId {
    format!("00000000-0000-7000-8000-{number:012x}").parse().expect("a UUIDv7")
}

/// One of several by their shares.
fn pick(rng: &mut Rng, of: &[(&'static str, u32)]) -> &'static str {
    let whole: u32 = of.iter().map(|(_, share)| share).sum();
    let mut left = rng.u32(..whole);
    for (value, share) in of {
        match left.checked_sub(*share) {
            None => return value,
            Some(rest) => left = rest,
        }
    }
    of[0].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_exercise() {
        let settings = Settings { incidents: 300, ..Settings::default() };
        let (one, two) = (generate(&settings), generate(&settings));
        assert_eq!(one, two);
        assert_ne!(one, generate(&Settings { seed: 2, ..settings }));
        let ids: BTreeSet<IncidentId> = one.incidents.iter().map(|incident| incident.incident_id).collect();
        assert!(ids.len() >= 300);
        assert!(one.planted.iter().all(|planted| planted.members.len() > 1));
    }

    #[test]
    fn every_kind_of_lead_is_planted() {
        let planted = generate(&Settings { incidents: 4_000, ..Settings::default() }).planted;
        let kinds: BTreeSet<LeadKind> = planted.iter().map(|planted| planted.kind).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), LeadKind::ALL);
    }

    #[test]
    fn paths_run_forward_in_time() {
        let exercise = generate_paths(&Settings { incidents: 10, ..Settings::default() }, 20);
        let day = |id: &IncidentId| {
            let incident = exercise.incidents.iter().find(|incident| incident.incident_id == *id);
            incident.expect("it is in the exercise").occurred_at.first_day()
        };
        assert!(exercise.paths.len() > 15);
        for path in &exercise.paths {
            assert!(path.members.is_sorted_by_key(day), "{path:?}");
            let (after, before) = path.diversion;
            assert!(path.members.windows(2).any(|pair| pair == [after, before]));
        }
    }
}
