//! Small files that travel inside an event.

use std::collections::BTreeSet;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most files in one event.
pub const MAX_ATTACHMENTS: usize = 10;
/// The largest file, in bytes.
pub const MAX_ATTACHMENT_BYTES: usize = 1024 * 1024;
/// The most that all files of one event may have together, in bytes: as base64 they stay below what the hub carries.
pub const MAX_ATTACHMENTS_BYTES: usize = 2_500_000;
/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest media type, in characters.
const MAX_MEDIA_TYPE: usize = 100;
/// Names that are devices on some systems, whatever follows their first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// A plain file name: no directory, nothing that a system or a terminal would obey.
    pub name: String,
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content, 64 hexadecimal digits in lower case.
    pub sha256: String,
    /// The content in base64 (RFC 4648). Always there in an event; a daemon shows a thread without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Why a file cannot be attached, or is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    #[error("found {found} attachments, expected at most {MAX_ATTACHMENTS}")]
    TooMany { found: usize },
    #[error("attachment {name:?} has {found} bytes, expected 1 to {MAX_ATTACHMENT_BYTES}")]
    Size { name: String, found: usize },
    #[error("the attachments have {found} bytes together, expected at most {MAX_ATTACHMENTS_BYTES}")]
    TooLarge { found: usize },
    #[error("found the attachment name {name:?}, expected {expected}")]
    Name { name: String, expected: &'static str },
    #[error("attachment {name:?} has the media type {found:?}, expected one such as application/pdf")]
    MediaType { name: String, found: String },
    #[error("attachment {name:?} is not what its size and SHA-256 say")]
    Content { name: String },
}

impl Attachment {
    /// Attaches `content` under `name`.
    pub fn new(name: &str, media_type: &str, content: &[u8]) -> Result<Self, AttachmentError> {
        let attachment = Self {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: content.len() as u64,
            sha256: HEXLOWER.encode(&Sha256::digest(content)),
            content: Some(BASE64.encode(content)),
        };
        attachment.check_label()?;
        check_size(name, content.len())?;
        Ok(attachment)
    }

    /// The content, if it is here and is what its size and digest say.
    pub fn bytes(&self) -> Result<Vec<u8>, AttachmentError> {
        let wrong = || AttachmentError::Content { name: self.name.clone() };
        let content = self.content.as_deref().ok_or_else(wrong)?;
        let bytes = BASE64.decode(content.as_bytes()).map_err(|_| wrong())?;
        let is_right = bytes.len() as u64 == self.size && HEXLOWER.encode(&Sha256::digest(&bytes)) == self.sha256;
        is_right.then_some(bytes).ok_or_else(wrong)
    }

    /// The same without its content.
    #[must_use]
    pub fn without_content(&self) -> Self {
        Self { content: None, ..self.clone() }
    }

    fn check_label(&self) -> Result<(), AttachmentError> {
        check_name(&self.name)?;
        let is_type = |text: &str| {
            text.len() <= MAX_MEDIA_TYPE
                && text.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('/'))
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&b))
        };
        match is_type(&self.media_type) {
            true => Ok(()),
            false => Err(AttachmentError::MediaType {
                name: self.name.clone(),
                found: crate::fold::cut(&self.media_type, 100).to_owned(),
            }),
        }
    }
}

/// Checks all attachments of one event, content and all.
pub(super) fn check_all(attachments: &[Attachment]) -> Result<(), AttachmentError> {
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(AttachmentError::TooMany { found: attachments.len() });
    }
    let (mut names, mut total) = (BTreeSet::new(), 0);
    for attachment in attachments {
        attachment.check_label()?;
        let size = attachment.bytes()?.len();
        check_size(&attachment.name, size)?;
        total += size;
        // Some systems tell no upper case from lower.
        if !names.insert(attachment.name.to_lowercase()) {
            let name = attachment.name.clone();
            return Err(AttachmentError::Name { name, expected: "names that differ from one another" });
        }
    }
    if total > MAX_ATTACHMENTS_BYTES { Err(AttachmentError::TooLarge { found: total }) } else { Ok(()) }
}

fn check_size(name: &str, found: usize) -> Result<(), AttachmentError> {
    match found {
        1..=MAX_ATTACHMENT_BYTES => Ok(()),
        _ => Err(AttachmentError::Size { name: name.to_owned(), found }),
    }
}

/// A stranger chose the name, and it becomes a file here.
fn check_name(name: &str) -> Result<(), AttachmentError> {
    let wrong = |expected| AttachmentError::Name { name: name.chars().take(MAX_NAME).collect(), expected };
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(wrong("1 to 100 characters"));
    }
    let is_plain = |c: char| c.is_alphanumeric() || " ._-()+,=@#".contains(c);
    if !name.chars().all(is_plain) {
        return Err(wrong("letters, digits, spaces and ._-()+,=@#"));
    }
    if name.starts_with(['.', '-', ' ']) || name.ends_with(['.', ' ']) {
        return Err(wrong("no dot, dash or space at its start, and no dot or space at its end"));
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let device = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    if DEVICES.contains(&device) && stem.len() <= device.len() + 1 {
        return Err(wrong("no name of a device"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        for name in
            ["report.pdf", "Bill of lading (2).pdf", "Zollanmeldung_ä.txt", "通关单.pdf", "console.log", "computer"]
        {
            assert!(Attachment::new(name, "application/pdf", b"x").is_ok(), "{name}");
        }
        let long = "a".repeat(101);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "/etc/passwd",
            "C:x",
            ".ssh",
            "-rf",
            "a\0",
            "a\n",
            "con",
            "NUL.txt",
            "com1.log",
            "x.",
            "x ",
            "a\u{202e}fdp.exe",
            "a\u{200b}",
            "$(x)",
            "a;b",
            "a|b",
            &long,
        ] {
            assert!(Attachment::new(name, "application/pdf", b"x").is_err(), "{name:?}");
        }
    }

    #[test]
    fn content_is_what_it_says() {
        let right = Attachment::new("a.txt", "text/plain", b"content").unwrap();
        assert_eq!(right.bytes().unwrap(), b"content");
        assert_eq!(check_all(std::slice::from_ref(&right)), Ok(()));
        let wrong = [
            Attachment { size: 8, ..right.clone() },
            Attachment { sha256: "0".repeat(64), ..right.clone() },
            Attachment { content: Some("Y29udGVudA".into()), ..right.clone() },
            right.without_content(),
        ];
        for attachment in wrong {
            assert!(check_all(std::slice::from_ref(&attachment)).is_err(), "{attachment:?}");
        }
        let other_case = Attachment::new("A.TXT", "text/plain", b"other").unwrap();
        assert!(check_all(&[right.clone(), other_case]).is_err());
        assert!(matches!(check_all(&vec![right; 11]), Err(AttachmentError::TooMany { found: 11 })));
        let large = vec![0; MAX_ATTACHMENT_BYTES];
        assert!(Attachment::new("a", "text", &large).is_err());
        let files: Vec<Attachment> =
            ["a", "b", "c"].map(|name| Attachment::new(name, "application/octet-stream", &large).unwrap()).into();
        assert!(matches!(check_all(&files), Err(AttachmentError::TooLarge { .. })));
    }
}
