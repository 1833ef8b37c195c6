use proptest::prelude::*;

use super::IdentifierKind as Kind;
use super::Validity::{BadCheckDigit, Unchecked, UnknownFormat, Valid};
use super::*;

/// Numbers from the standards' own examples and public registers; `python-stdnum` agrees with those that it knows.
#[test]
fn real_numbers() {
    fn check(kind: Kind, value: &str, normal: &str, validity: Validity) {
        let identifier = Identifier::new(kind, value);
        assert_eq!(
            (identifier.normal.as_deref(), identifier.validity),
            (Some(normal), Some(validity)),
            "{value:?}: {identifier:?}"
        );
        assert_eq!(identifier.value, value);
        assert!(identifier.reason.is_some_and(|reason| !reason.is_empty() && !reason.contains('\n')));
    }
    check(Kind::Container, "csqu 305438-3", "CSQU3054383", Valid);
    check(Kind::Container, "TGHU 759933-0", "TGHU7599330", Valid);
    check(Kind::Container, "CSQU3054384", "CSQU3054384", BadCheckDigit);
    check(Kind::Container, "CSQ305438", "CSQ305438", UnknownFormat);
    check(Kind::PostalItem, "RR 473 124 829 GB", "RR473124829GB", Valid);
    check(Kind::PostalItem, "RR473124828GB", "RR473124828GB", BadCheckDigit);
    check(Kind::AirWaybill, "176-2139 4262", "17621394262", Valid);
    check(Kind::AirWaybill, "176-21394263", "17621394263", BadCheckDigit);
    check(Kind::HouseAirWaybill, "SZX-0012345", "SZX0012345", Unchecked);
    check(Kind::BillOfLading, "MAEU 123456789", "MAEU123456789", Unchecked);
    check(Kind::BillOfLading, "12", "12", UnknownFormat);
    check(Kind::Seal, "ML-CN 1234567", "MLCN1234567", Unchecked);
    check(Kind::ImoShip, "IMO 9074729", "9074729", Valid);
    check(Kind::ImoShip, "9319466", "9319466", Valid);
    check(Kind::ImoShip, "9074728", "9074728", BadCheckDigit);
    check(Kind::ImoCompany, "0289239", "0289239", Valid);
    check(Kind::Flight, "KL 0692 / 2026-03-04", "KL692/2026-03-04", Unchecked);
    check(Kind::Flight, "KLM692/04MAR26", "KLM692/2026-03-04", Unchecked);
    check(Kind::Flight, "KLM 0692 04MAR2026", "KLM692/2026-03-04", Unchecked);
    check(Kind::Flight, "EK202", "EK202", Unchecked);
    check(Kind::Flight, "3U8633", "3U8633", Unchecked);
    check(Kind::Flight, "KL692/31FEB26", "KL69231FEB26", UnknownFormat);
    check(Kind::Flight, "tomorrow", "TOMORROW", UnknownFormat);
    check(Kind::CourierTracking, "1Z 5R8938 03 4923 4700", "1Z5R89380349234700", BadCheckDigit);
    check(Kind::CourierTracking, "1Z999AA10123456784", "1Z999AA10123456784", Valid);
    check(Kind::CourierTracking, "1234567891", "1234567891", Valid);
    check(Kind::CourierTracking, "986578788855", "986578788855", Valid);
    check(Kind::Phone, "+31 20 794 0800", "31207940800", Valid);
    check(Kind::Phone, "0031 20 794 0800", "31207940800", Valid);
    check(Kind::Phone, "+31 (0)20 794 0800", "31207940800", Valid);
    check(Kind::Phone, "020 794 0800", "0207940800", UnknownFormat);
    check(Kind::Phone, "+31 2", "312", UnknownFormat);
    check(Kind::Email, " Sales@Acme-Chem.CN ", "sales@acme-chem.cn", Valid);
    check(Kind::Email, "sales at acme", "sales at acme", UnknownFormat);
    check(Kind::Cas, "CAS 437-38-7", "437-38-7", Valid);
    check(Kind::Cas, "437387", "437-38-7", Valid);
    check(Kind::Cas, "437-38-8", "437-38-8", BadCheckDigit);
    check(Kind::HsCode, "2933.33", "293333", Valid);
    check(Kind::HsCode, "7712.00", "771200", UnknownFormat);
    check(Kind::CryptoAddress, "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", Valid);
    check(
        Kind::CryptoAddress,
        "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfA",
        "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfA",
        BadCheckDigit,
    );
    let segwit = "BC1QARDV855YJNGSPVXUTTQ897AQCA3LXJU2Y69JCE";
    check(Kind::CryptoAddress, segwit, &segwit.to_lowercase(), Valid);
    // The first example of EIP-55.
    let ethereum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    check(Kind::CryptoAddress, ethereum, &ethereum.to_lowercase(), Valid);
    check(Kind::CryptoAddress, "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", &ethereum.to_lowercase(), BadCheckDigit);
    check(Kind::CryptoAddress, &ethereum.to_lowercase(), &ethereum.to_lowercase(), Unchecked);
    check(Kind::VendorHandle, " @ChemSupply88", "@chemsupply88", Unchecked);
    check(Kind::Lot, "B-2024/017", "B2024017", Unchecked);
}

#[test]
fn the_other_imo_number_is_named() {
    let ship_as_company = Identifier::new(Kind::ImoCompany, "9074729").reason.unwrap();
    assert!(ship_as_company.ends_with("it fits a ship number"), "{ship_as_company}");
    let company_as_ship = Identifier::new(Kind::ImoShip, "0289239").reason.unwrap();
    assert!(company_as_ship.ends_with("it fits a company number"), "{company_as_ship}");
}

proptest! {
    #[test]
    fn any_text_is_answered(value in "\\PC{0,60}", kind in proptest::sample::select(Kind::ALL)) {
        let identifier = Identifier::new(kind, value.as_str());
        prop_assert_eq!(&identifier.value, &value);
        prop_assert!(identifier.reason.is_some());
    }

    #[test]
    fn the_normal_form_is_a_fixed_point(value in "[ -~]{0,30}", kind in proptest::sample::select(Kind::ALL)) {
        // A phone's normal form has lost the plus that says it is international.
        prop_assume!(kind != Kind::Phone);
        if let Some(normal) = Identifier::new(kind, value).normal {
            prop_assert_eq!(Identifier::new(kind, normal.as_str()).normal, Some(normal));
        }
    }
}
