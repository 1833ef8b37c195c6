//! Resolutions a second on one core, against one lookup of a normal form in a hash map; see `BENCHMARKS.md`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use backtrail_bus::country::CountryCode;
use backtrail_bus::gazetteer::{Gazetteer, PlaceText};
use backtrail_bus::incident::{Identifier, IdentifierKind};
use backtrail_bus::substance_register::SubstanceRegister;
use backtrail_bus::{fold, unit};

/// How long each is measured.
const TIME: Duration = Duration::from_millis(500);

fn main() {
    let register = SubstanceRegister::shipped();
    let names: Vec<&str> = register.entries().iter().map(|entry| entry.name.as_str()).collect();
    let synonyms: Vec<&str> =
        register.entries().iter().flat_map(|e| e.synonyms.get("en")).flatten().map(String::as_str).collect();
    let foreign: Vec<&str> =
        register.entries().iter().flat_map(|e| e.synonyms.get("ru")).flatten().map(String::as_str).collect();
    let misspelt: Vec<String> =
        names.iter().filter(|name| name.len() > 8 && name.is_ascii()).map(|name| misspell(name)).collect();
    let misspelt: Vec<&str> = misspelt.iter().map(String::as_str).collect();
    let salts: Vec<String> = names.iter().map(|name| format!("{name} hydrochloride tablets")).collect();
    let salts: Vec<&str> = salts.iter().map(String::as_str).collect();

    let known: HashMap<String, usize> =
        names.iter().enumerate().map(|(index, name)| (fold::squash(name), index)).collect();
    let normal: Vec<String> = names.iter().map(|name| fold::squash(name)).collect();
    let normal: Vec<&str> = normal.iter().map(String::as_str).collect();
    let bare = rate(&normal, |name| _ = black_box(known.get(name)));
    println!("bare lookup in a hash map: {bare:.0}/s");
    let row = |what: &str, own: f64| println!("{what}: {own:.0}/s; ratio {:.5}", own / bare);

    let resolve = |text: &str| drop(black_box(register.resolve(text)));
    row("substance, preferred name", rate(&names, resolve));
    row("substance, English synonym", rate(&synonyms, resolve));
    row("substance, Russian name", rate(&foreign, resolve));
    row("substance, with salt and form", rate(&salts, resolve));
    row("substance, misspelt", rate(&misspelt, resolve));
    row("substance, unknown", rate(&["unobtainium citrate", "blue sand", "gravel from the yard"], resolve));
    row(
        "country",
        rate(&["NL", "Bolivia, Plurinational State of", "Deutschland", "россия"], |text| {
            _ = black_box(CountryCode::named(text));
        }),
    );
    let place = |country: &str, name: &str| {
        let text = PlaceText { country: CountryCode::from_alpha2(country), name: Some(name), ..PlaceText::default() };
        _ = black_box(Gazetteer::shipped().resolve(text));
    };
    row("place, plain name", rate(&["Rotterdam", "ROTTERDAM ", "Amsterdam"], |name| place("NL", name)));
    row("place, messy name", rate(&["Orenburg Region, Orenburg city", "г. Новосибирск"], |name| place("RU", name)));
    row("place, unknown", rate(&["CALLE JAPÓN N36-153 Y AV. NN.UU"], |name| place("EC", name)));
    row("unit", rate(&["Kilogram", "Tablet", "Block (350gr)"], |text| drop(black_box(unit::lookup(text)))));
    row("amount", rate(&["490.0", "1.234,56", "approx. 10-12"], |text| _ = black_box(unit::read_amount(text))));
    let identifiers = [
        (IdentifierKind::Container, "MSKU 601167-2"),
        (IdentifierKind::PostalItem, "RR473124829GB"),
        (IdentifierKind::Flight, "KL 0692 / 2026-03-04"),
    ];
    for (kind, value) in identifiers {
        row(&format!("identifier, {kind}"), rate(&[value], |value| drop(black_box(Identifier::new(kind, value)))));
    }
    row(
        "identifier, phone",
        rate(&["+31 20 794 0800"], |value| drop(black_box(Identifier::new(IdentifierKind::Phone, value)))),
    );
}

/// A letter in the middle doubled.
fn misspell(name: &str) -> String {
    let middle = name.len() / 2;
    format!("{}{}", &name[..=middle], &name[middle..])
}

/// Calls a second, over `texts` again and again.
fn rate(texts: &[&str], mut call: impl FnMut(&str)) -> f64 {
    texts.iter().for_each(|text| call(text));
    let started = Instant::now();
    let mut calls = 0_u32;
    while started.elapsed() < TIME {
        for text in texts {
            call(text);
        }
        calls += u32::try_from(texts.len()).unwrap();
    }
    f64::from(calls) / started.elapsed().as_secs_f64()
}
