//! One token of a subject, the smallest name on the bus.

use std::fmt;

use compact_str::CompactString;

use crate::wire_text::{WireText, wire_text};

/// The longest token, in bytes. Six tokens and a realm stay far below the server's subject limit.
pub const MAX_TOKEN_BYTES: usize = 48;

/// A name that may stand in a subject: 1 to [`MAX_TOKEN_BYTES`] bytes of `a-z`, `0-9` and `-`.
///
/// Wildcards, dots, spaces and upper case cannot be written in it, so a token from the wire or from a
/// configuration file can go into a subject or a server configuration without quoting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(CompactString);

/// Why a text is not a [`Token`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("found an empty name, expected 1 to {MAX_TOKEN_BYTES} characters of a-z, 0-9 and '-'")]
    Empty,
    #[error("name {token:?} contains {found:?}, expected only a-z, 0-9 and '-'")]
    Forbidden { token: String, found: char },
    #[error("name starting {start:?} has {found} bytes, expected at most {MAX_TOKEN_BYTES}")]
    TooLong { start: String, found: usize },
}

impl Token {
    /// Checks `text` and takes it as it is; nothing is lowercased or repaired.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TokenError> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() > MAX_TOKEN_BYTES {
            let start = text.chars().take(16).collect();
            return Err(TokenError::TooLong { start, found: text.len() });
        }
        match text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            Some(found) => Err(TokenError::Forbidden { token: text.to_owned(), found }),
            None => Ok(Self(text.into())),
        }
    }

    /// The token as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WireText for Token {
    type Error = TokenError;

    fn from_wire(text: &str) -> Result<Self, TokenError> {
        Self::new(text)
    }

    fn as_wire(&self) -> &str {
        &self.0
    }
}

wire_text!(Token);

/// Declares a name that is one [`Token`] but must not be confused with another name.
macro_rules! token_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($crate::token::Token);

        impl $name {
            /// Checks `text` and takes it as it is.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::token::TokenError> {
                $crate::token::Token::new(text).map(Self)
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::token::TokenError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }
    };
}
pub(crate) use token_name;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_found() {
        fn check(text: &str, expected: Result<(), TokenError>) {
            assert_eq!(Token::new(text).map(|_| ()), expected, "{text:?}");
        }
        let forbidden = |token: &str, found| Err(TokenError::Forbidden { token: token.into(), found });
        check("nl-customs", Ok(()));
        check("4-anpp", Ok(()));
        check("", Err(TokenError::Empty));
        check("NL", forbidden("NL", 'N'));
        check("a.b", forbidden("a.b", '.'));
        check(">", forbidden(">", '>'));
        check("a_b", forbidden("a_b", '_'));
        check(&"a".repeat(49), Err(TokenError::TooLong { start: "a".repeat(16), found: 49 }));
    }
}
