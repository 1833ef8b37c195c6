//! What makes a row the same post when its file is brought again.

use std::collections::HashMap;

use backtrail_bus::incident::Draft;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::format::Refusal;

/// The references of the rows of one file so far.
#[derive(Debug, Default)]
pub(super) struct References {
    /// By own reference: the row that has it, and its digest.
    own: HashMap<String, (u64, [u8; 32])>,
    /// By digest: how often it occurred.
    occurrences: HashMap<[u8; 32], u64>,
}

impl References {
    /// The reference of a row: its own, or its content's digest with the number of times that this content occurred in
    /// the file, so that equal rows stay separate posts. `None` if the very same row with an own reference came before.
    pub(super) fn of(&mut self, draft: &Draft, row: u64) -> Result<Option<String>, Refusal> {
        let digest = digest(draft);
        let Some(own) = draft.own_reference() else {
            let occurrence = self.occurrences.entry(digest).or_default();
            *occurrence += 1;
            return Ok(Some(format!("digest:{}#{occurrence}", HEXLOWER.encode(&digest))));
        };
        match self.own.get(own) {
            None => {
                self.own.insert(own.to_owned(), (row, digest));
                Ok(Some(format!("ref:{own}")))
            }
            Some((_, same)) if *same == digest => Ok(None),
            Some((first, _)) => {
                let expected = format!("a reference of its own; row {first} has this one, with other content");
                Err(Refusal::new("own_reference", format!("{own:?}"), expected))
            }
        }
    }
}

/// SHA-256 over the draft in canonical form: JSON with sorted keys, and the circles.
fn digest(draft: &Draft) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(draft.to_value().to_string());
    for circle in &draft.circles {
        digest.update([b'\n']);
        digest.update(circle.as_str());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(json: &str) -> Draft {
        Draft::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn equal_rows_are_numbered() {
        let mut references = References::default();
        let (a, b) = (draft(r#"{"kind":"seizure","narrative":"x"}"#), draft(r#"{"narrative":"x","kind":"seizure"}"#));
        let first = references.of(&a, 1).unwrap().unwrap();
        let second = references.of(&b, 2).unwrap().unwrap();
        assert!(first.ends_with("#1") && second.ends_with("#2"));
        assert_eq!(first[..first.len() - 1], second[..second.len() - 1], "the order of fields does not matter");
        assert_eq!(References::default().of(&a, 1).unwrap().unwrap(), first, "a second run gives the same");
    }

    #[test]
    fn own_references_are_unique_in_a_file() {
        let mut references = References::default();
        let (a, other) = (draft(r#"{"own_reference":"A"}"#), draft(r#"{"own_reference":"A","narrative":"x"}"#));
        assert_eq!(references.of(&a, 1).unwrap().unwrap(), "ref:A");
        assert_eq!(references.of(&a, 2).unwrap(), None);
        assert!(references.of(&other, 3).unwrap_err().to_string().contains("row 1 has this one"));
    }
}
