//! Names and addresses composed from parts, in several scripts. None is meant to be anybody's.

use fastrand::Rng;

/// A party's name in its parts, and its address.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    /// Words of the name, without the legal form; the first ones tell who it is.
    pub words: Vec<String>,
    pub legal_form: Option<&'static str>,
    /// The same name in another script, where somebody might write it so.
    pub other_script: Option<String>,
    pub address: String,
}

/// Composes names.
#[derive(Debug)]
pub(super) struct Names {
    /// Made once for an exercise, so that look-alikes share words.
    coined: Vec<(String, String)>,
}

/// Syllables in Latin and Cyrillic letters.
const SYLLABLES: [(&str, &str); 32] = [
    ("ka", "ка"),
    ("ri", "ри"),
    ("mo", "мо"),
    ("ven", "вен"),
    ("tor", "тор"),
    ("lin", "лин"),
    ("sha", "ша"),
    ("bel", "бел"),
    ("dor", "дор"),
    ("za", "за"),
    ("nek", "нек"),
    ("gar", "гар"),
    ("hol", "хол"),
    ("din", "дин"),
    ("lu", "лу"),
    ("mar", "мар"),
    ("nor", "нор"),
    ("per", "пер"),
    ("rav", "рав"),
    ("sel", "сел"),
    ("tam", "там"),
    ("vor", "вор"),
    ("zen", "зен"),
    ("bra", "бра"),
    ("kro", "кро"),
    ("dal", "дал"),
    ("eri", "ери"),
    ("fal", "фал"),
    ("gus", "гус"),
    ("tek", "тек"),
    ("bor", "бор"),
    ("stan", "стан"),
];
const TRADES: [&str; 12] = [
    "Chemical",
    "Pharma",
    "Technology",
    "Biotech",
    "Electronics",
    "Machinery",
    "Textile",
    "Food",
    "Packaging",
    "Medical",
    "Plastics",
    "Furniture",
];
const GENERIC: [&str; 12] = [
    "Trading",
    "International",
    "Import Export",
    "Logistics",
    "Global",
    "Group",
    "Industries",
    "Holdings",
    "Enterprises",
    "Services",
    "Supply",
    "Shipping",
];
const PLACES: [&str; 10] =
    ["Shanghai", "Dubai", "Lagos", "Istanbul", "Hamburg", "Mumbai", "Rotterdam", "Madrid", "Lima", "Accra"];
pub(super) const LEGAL_FORMS: [&str; 10] =
    ["Ltd", "Co., Ltd.", "LLC", "GmbH", "S.A.", "Inc.", "B.V.", "FZE", "Limited", "Sdn Bhd"];
const GIVEN: [&str; 20] = [
    "Anna", "Jan", "Maria", "Peter", "Ahmed", "Fatima", "Wei", "Li", "John", "Laura", "Ivan", "Olga", "Carlos",
    "Lucia", "Tomasz", "Ewa", "Samuel", "Grace", "Noah", "Emma",
];
const STREETS: [&str; 12] = [
    "Harbour Road",
    "Station Street",
    "Market Lane",
    "Church Street",
    "Industrial Avenue",
    "Mill Lane",
    "Garden Road",
    "Bridge Street",
    "Park Avenue",
    "North Quay",
    "Canal Street",
    "School Road",
];

impl Names {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x6e61_6d65);
        let mut coin = || {
            let syllables: Vec<_> = (0..rng.usize(2..4)).map(|_| SYLLABLES[rng.usize(..SYLLABLES.len())]).collect();
            let latin: String = syllables.iter().map(|(latin, _)| *latin).collect();
            (capital(&latin), syllables.iter().map(|(_, cyrillic)| *cyrillic).collect())
        };
        Self { coined: (0..20_000).map(|_| coin()).collect() }
    }

    /// A company: one or two coined words, mostly a trade, often a generic word or a place.
    pub(super) fn company(&self, rng: &mut Rng) -> Name {
        let count = if rng.f64() < 0.6 { 2 } else { 1 };
        let coined: Vec<_> = (0..count).map(|_| self.coined[rng.usize(..self.coined.len())].clone()).collect();
        let mut words: Vec<String> = coined.iter().map(|(latin, _)| latin.clone()).collect();
        if count == 1 || rng.f64() < 0.6 {
            words.push(TRADES[rng.usize(..TRADES.len())].to_owned());
        }
        if rng.f64() < 0.5 {
            words.extend(GENERIC[rng.usize(..GENERIC.len())].split(' ').map(str::to_owned));
        }
        if rng.f64() < 0.2 {
            words.push(PLACES[rng.usize(..PLACES.len())].to_owned());
        }
        let rest = words[count..].join(" ");
        let cyrillic: Vec<String> = coined.iter().map(|(_, cyrillic)| capital(cyrillic)).collect();
        Name {
            words,
            legal_form: Some(LEGAL_FORMS[rng.usize(..LEGAL_FORMS.len())]),
            other_script: Some(format!("ООО «{} {rest}»", cyrillic.join(" "))),
            address: address(rng),
        }
    }

    /// A person: a common given name and a coined family name.
    pub(super) fn person(&self, rng: &mut Rng) -> Name {
        let given = GIVEN[rng.usize(..GIVEN.len())].to_owned();
        let (latin, cyrillic) = &self.coined[rng.usize(..self.coined.len())];
        let other_script = Some(format!("{given} {}", capital(cyrillic)));
        Name { words: vec![given, latin.clone()], legal_form: None, other_script, address: address(rng) }
    }

    pub(super) fn anybody(&self, rng: &mut Rng) -> Name {
        if rng.f64() < 0.6 { self.person(rng) } else { self.company(rng) }
    }

    /// The same company in another place: another company.
    pub(super) fn sister(rng: &mut Rng, of: &Name) -> Name {
        let mut sister = Name { address: address(rng), ..of.clone() };
        sister.words.retain(|word| !PLACES.contains(&word.as_str()));
        sister.words.push(PLACES[rng.usize(..PLACES.len())].to_owned());
        sister.other_script = None;
        sister
    }
}

fn address(rng: &mut Rng) -> String {
    let street = STREETS[rng.usize(..STREETS.len())];
    format!("{} {street}, {} {}", rng.u32(1..400), rng.u32(10_000..99_999), PLACES[rng.usize(..PLACES.len())])
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
