use proptest::prelude::*;

use super::*;

fn register() -> &'static SubstanceRegister {
    SubstanceRegister::shipped()
}

/// `id`, `family:id`, `ambiguous` or `-`.
fn shown(resolution: &Resolution<'_>) -> String {
    match resolution {
        Resolution::Entry(found) => found.entry.id.to_string(),
        Resolution::Family(family) => format!("family:{}", family.id),
        Resolution::Ambiguous(_) => "ambiguous".to_owned(),
        Resolution::Unrecognised => "-".to_owned(),
    }
}

#[test]
fn names_as_people_write_them() {
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(&register().resolve(text)), expected, "{text:?}");
    }
    check("FENTANYL", "fentanyl");
    check(" fentanyl  citrate ", "fentanyl");
    check("Cocaine HCL", "cocaine-hydrochloride");
    check("ketamine hydrochloride powder", "ketamine");
    check("Diazepam 10 mg tablets", "diazepam");
    check("Diazepam 10mg tablets", "diazepam");
    check("tablets containing diazepam", "diazepam");
    check("Flunitrazepam (Rohypnol)", "flunitrazepam");
    check("amphetamines", "family:amphetamine");
    check("Other opioids", "family:other-opioid");
    check("fentanyl analogues, unspecified", "family:fentanyl");
    check("Benzodiazepines (various)", "family:benzodiazepine");
    check("氯胺酮", "ketamine");
    check("Кокаин", "cocaine");
    check("437-38-7", "fentanyl");
    check("heroin + cocaine", "ambiguous");
    check("", "-");
    check("…", "-");
    check("sand", "-");
}

#[test]
fn misspellings_within_bounds() {
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(&register().resolve(text)), expected, "{text:?}");
    }
    check("Cocain", "cocaine");
    check("herion", "heroin");
    check("Methamfetamin", "methamphetamine");
    check("ketamyne", "ketamine");
    check("Alprazolan", "alprazolam");
    check("Pseudoephedrin HCl", "pseudoephedrine");
    check("buprenorfine", "buprenorphine");
}

#[test]
fn no_spelling_rule_makes_another_substance() {
    fn check(text: &str, not: &str) {
        assert_ne!(shown(&register().resolve(text)), not, "{text:?}");
    }
    check("4-AP", "4-anpp");
    check("4-ANPP", "4-ap");
    check("NPB", "npp");
    check("meta-fluorofentanyl", "ortho-fluorofentanyl");
    check("meta-fluorofentanyl", "para-fluorofentanyl");
    check("3-fluorofentanyl", "fentanyl");
    check("4-fluoro fentanyl", "fentanyl");
    check("para fluoro fentanyl", "fentanyl");
    check("fentanyl precursor", "fentanyl");
    check("non-fentanyl", "fentanyl");
    check("cocaine-like powder", "cocaine");
    check("clonazolam", "clonazepam");
    check("ethcathinone", "methcathinone");
}

/// Each entry is passed over in turn: its names must not then be read as another entry by spelling. This is what an
/// unlisted relative of a listed substance meets.
#[test]
fn an_unlisted_substance_is_not_its_neighbour() {
    let mut wrong = Vec::new();
    for (position, entry) in register().entries().iter().enumerate() {
        let english = entry.synonyms.get("en").into_iter().flatten().map(String::as_str);
        for name in english.chain([entry.name.as_str()]) {
            let number = spelling::nearest(&register().index, &crate::fold::squash(name), Some(position));
            if let Some(number) = number.filter(|number| register().index.by_number(*number).entry().is_some()) {
                wrong.push(format!("{name} ({}) as {}", entry.id, register().index.written(number)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_resolved_name_resolves_to_itself() {
    for (name, entry) in register().names() {
        let Some(entry) = entry else { continue };
        assert_eq!(register().resolve(name).entry(), Some(entry), "{name:?}");
        assert_eq!(register().resolve(&entry.name).entry(), Some(entry), "{name:?}");
    }
}

#[test]
fn the_register_is_as_large_as_it_says() {
    let register = register();
    assert!(register.entries().len() >= 400, "{} entries", register.entries().len());
    assert!(register.relations().len() >= 60, "{} relations", register.relations().len());
    // Schedule III of 1961 lists preparations, not substances.
    for list in ControlList::ALL.iter().filter(|list| **list != ControlList::Narcotic3) {
        assert!(register.entries().iter().any(|entry| entry.control.iter().any(|c| c.list == *list)), "{list}");
    }
    for language in ["en", "es", "fr", "ru", "zh", "ar"] {
        let named = register.entries().iter().filter(|entry| entry.synonyms.contains_key(language)).count();
        assert!(named >= 60, "{language}: {named}");
    }
}

#[test]
fn refuses_a_register_that_contradicts_itself() {
    let entry = |id: &str, name: &str| {
        format!(
            "[[substance]]\nid = \"{id}\"\nname = \"{name}\"\nkind = \"drug\"\nfamily = \"a\"\nsource = \"\"\nchecked = \"\"\n"
        )
    };
    let family = "version = \"1\"\n[[family]]\nid = \"a\"\nlabel = \"A\"\n";
    let error = |text: &str| SubstanceRegister::from_files(&[text], None).unwrap_err().to_string();
    assert!(error(&format!("{family}{}{}", entry("x", "Ex"), entry("y", "E-X"))).contains("are one name"));
    assert!(error(&format!("{family}{}{}", entry("x", "Ex"), entry("x", "Ypsilon"))).contains("stands twice"));
    assert!(error(&entry("x", "Ex")).contains("version"));
    let bad = entry("x", "Ex").replace("source", "cas = [\"50-36-3\"]\nsource");
    assert!(error(&format!("{family}{bad}")).contains("check digit"));
}

#[test]
fn local_entries_are_marked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("local.toml");
    let entry = |id: &str| {
        format!(
            "[[substance]]\nid = \"{id}\"\nname = \"Blue rhino\"\nkind = \"drug\"\nfamily = \"cathinone\"\nsource = \"own\"\nchecked = \"no\"\n"
        )
    };
    std::fs::write(&path, entry("local-blue-rhino")).unwrap();
    let with_local = SubstanceRegister::with_local(&path).unwrap();
    let resolution = with_local.resolve("blue rhino");
    assert!(resolution.entry().unwrap().local);
    assert!(with_local.version().starts_with(&format!("{}+local.", register().version())));
    assert!(!with_local.resolve("heroin").entry().unwrap().local);
    std::fs::write(&path, entry("blue-rhino")).unwrap();
    assert!(SubstanceRegister::with_local(&path).unwrap_err().to_string().contains("starts with local-"));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}") {
        let _ = register().resolve(&text);
        let _ = register().suggestions(&text, 5);
    }

    #[test]
    fn long_and_repetitive_text_is_answered(word in "[a-z0-9(/, -]{1,12}", times in 1_usize..2_000) {
        let _ = register().resolve(&word.repeat(times));
    }
}
