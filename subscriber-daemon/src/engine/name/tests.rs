use super::*;

fn bits(a: &str, b: &str) -> f64 {
    let (own, other) = (Name::parse(a).unwrap(), Name::parse(b).unwrap());
    let (one, two) = (compare(&own, &other).bits, compare(&other, &own).bits);
    assert!((one - two).abs() < 1e-9, "{a:?} and {b:?} are not the same both ways: {one} {two}");
    one
}

fn prior() -> f64 {
    Model::shipped().prior_bits
}

#[test]
fn one_party_written_in_two_ways() {
    for (a, b) in [
        ("Lotus Harbour Trading Co., Ltd.", "LOTUS HARBOUR TRADING LIMITED"),
        ("Lotus Harbour Trading Co., Ltd.", "Lotus Harbor Trdg. Co Ltd"),
        ("Lotus Harbour Trading", "Harbour Lotus Trading"),
        ("Lotus Harbour Trading", "LotusHarbour Trading"),
        ("Sun Rise Chemicals", "Sunrise Chemical"),
        ("Kestrel Pharma Tech Intl", "Kestrel Pharmaceutical Technology International"),
        ("Müller Chemie GmbH", "MUELLER CHEMIE"),
        ("ООО «Вектор Логистика»", "OOO Vektor Logistics"),
        ("深圳乐途化工有限公司", "Shenzhen Letu Chemical Co., Ltd."),
        ("Wanlong Jiaze Fine Chem (HK) Co Ltd", "WAN LONG JIAZE FINE CHEMICAL"),
        ("Mohammed Al-Rashid", "Mohamed Alrashid"),
        ("Kowalczyk Andrzej", "Andrzej Kowalczyk"),
        ("J. Vanderbroeck", "Jan Vanderbroeck"),
        ("Zenith Polymers S.A. de C.V.", "Zenith Polymers SA de CV"),
        ("Zenith P0lymers", "Zenith Polymers"),
    ] {
        assert!(bits(a, b) > prior(), "{a:?} and {b:?}: {}", bits(a, b));
    }
}

#[test]
fn two_parties_that_look_alike() {
    for (a, b) in [
        ("Bank of Meridia Atlanta", "Bank of Meridia Boston"),
        ("Sunrise Trading Istanbul", "Sunrise Trading Lagos"),
        ("Kestrel Plant 5", "Kestrel Plant 6"),
        ("General Trading International LLC", "Global Trading International LLC"),
        ("Golden Star Import Export", "Golden Moon Import Export"),
        ("Mohammed Khan", "Mohammed Ali"),
        ("Shanghai Fine Chemical Co Ltd", "Shanghai Bright Chemical Co Ltd"),
        ("Guangzhou Trading Company", "Guangzhou Logistics Company"),
        ("Pacific Chemicals East", "Pacific Chemicals West"),
        ("Andrzej Kowalczyk", "Andrzej Nowak"),
    ] {
        assert!(bits(a, b) < prior(), "{a:?} and {b:?}: {}", bits(a, b));
    }
}

#[test]
fn nobody_is_nobody() {
    for written in ["", "Unknown", "N/A", "to order", "…"] {
        assert_eq!(Name::parse(written), None, "{written:?}");
    }
}

#[test]
fn legal_forms_are_taken_off_but_names_stay() {
    let words = |written: &str| {
        let name = Name::parse(written).unwrap();
        name.words.iter().map(|word| name.text_of(word).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words("Acme Sdn. Bhd."), ["acme"]);
    assert_eq!(words("PT Maju Jaya Tbk"), ["maju", "jaya"]);
    assert_eq!(words("Limited Company"), ["limited"]);
    assert_eq!(words("J P Morgan"), ["jp", "morgan"]);
}

proptest::proptest! {
    #[test]
    fn any_two_names_are_compared(a in "\\PC{0,80}", b in "\\PC{0,80}") {
        if let (Some(a), Some(b)) = (Name::parse(&a), Name::parse(&b)) {
            proptest::prop_assert!(compare(&a, &b).bits.is_finite());
        }
    }
}

/// What two incidents that differ in nothing else have in common at most.
fn needed() -> f64 {
    prior() - Model::shipped().context_cap_bits
}

#[test]
fn names_are_linked_or_not() {
    let mut wrong = Vec::new();
    for line in include_str!("cases.txt").lines().filter(|line| !line.starts_with('#')) {
        let (is_one, (a, b)) = (line.starts_with('='), line[1..].split_once('|').unwrap());
        let found = bits(a, b);
        if (found >= needed()) != is_one {
            wrong.push(format!("{line}: {found:.1} bits"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
