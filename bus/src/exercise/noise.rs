//! What happens to names and addresses between a label and a report.

use fastrand::Rng;

use super::names::{LEGAL_FORMS, Name};

/// Abbreviations that people write.
const ABBREVIATIONS: [(&str, &str); 10] = [
    ("Trading", "Trdg"),
    ("International", "Intl"),
    ("Chemical", "Chem"),
    ("Technology", "Tech"),
    ("Industries", "Ind"),
    ("Logistics", "Log"),
    ("Pharma", "Pharmaceutical"),
    ("Services", "Svcs"),
    ("Enterprises", "Ent"),
    ("Electronics", "Elec"),
];

/// Signs that optical reading confuses.
const LOOK_ALIKES: [(char, &str); 8] =
    [('o', "0"), ('l', "1"), ('i', "l"), ('s', "5"), ('b', "8"), ('m', "rn"), ('e', "c"), ('u', "v")];

/// A name as one report writes it.
pub(super) fn name(rng: &mut Rng, name: &Name, noise: f64) -> String {
    let noisy = |rng: &mut Rng, share: f64| rng.f64() < share * noise;
    if let Some(other) = name.other_script.as_ref().filter(|_| noisy(rng, 0.04)) {
        return other.clone();
    }
    let mut words = name.words.clone();
    if noisy(rng, 0.2) {
        for word in &mut words {
            if let Some((_, short)) = ABBREVIATIONS.iter().find(|(long, _)| long == word) {
                *word = (*short).to_owned();
            }
        }
    }
    if noisy(rng, 0.15) {
        let index = rng.usize(..words.len());
        words[index] = slip(rng, &words[index]);
    }
    if words.len() > 1 && noisy(rng, 0.1) {
        let first = words.remove(0);
        words.push(first);
    }
    if words.len() > 2 && noisy(rng, 0.05) {
        words.pop();
    }
    let mut written = words.join(" ");
    if let Some(form) = name.legal_form {
        match rng.f64() {
            share if share < 0.15 * noise => {}
            share if share < 0.3 * noise => {
                written = format!("{written} {}", LEGAL_FORMS[rng.usize(..LEGAL_FORMS.len())])
            }
            _ => written = format!("{written} {form}"),
        }
    }
    if noisy(rng, 0.3) { written.to_uppercase() } else { written }
}

/// An address as one report writes it: sometimes without postcode or city, sometimes abbreviated.
pub(super) fn address(rng: &mut Rng, address: &str, noise: f64) -> String {
    let mut written = address.to_owned();
    if rng.f64() < 0.2 * noise {
        written = written.replace("Road", "Rd").replace("Street", "St").replace("Avenue", "Ave").replace("Lane", "Ln");
    }
    if rng.f64() < 0.1 * noise
        && let Some((street, _)) = written.split_once(',')
    {
        written = street.to_owned();
    }
    written
}

/// One slip: a letter lost, two swapped, one misread, one mistyped.
pub(super) fn slip(rng: &mut Rng, word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 5 {
        return word.to_owned();
    }
    let at = rng.usize(1..letters.len() - 1);
    let mut slipped: Vec<String> = letters.iter().map(char::to_string).collect();
    match rng.u8(..4) {
        0 => slipped[at].clear(),
        1 => slipped.swap(at, at - 1),
        2 => {
            let look_alike = LOOK_ALIKES.iter().find(|(letter, _)| *letter == letters[at]);
            slipped[at] =
                look_alike.map_or_else(|| letters[at].to_string().repeat(2), |(_, other)| (*other).to_owned());
        }
        _ => slipped[at] = rng.lowercase().to_string(),
    }
    slipped.concat()
}
