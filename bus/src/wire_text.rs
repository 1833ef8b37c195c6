//! Values that are one text on the wire, read and written without a copy of that text on the way.

use std::fmt;

/// A value that is one text on the wire.
pub(crate) trait WireText: Sized {
    type Error: fmt::Display;

    /// Reads the text; an error says what was found and what was expected.
    fn from_wire(text: &str) -> Result<Self, Self::Error>;

    /// The text.
    fn as_wire(&self) -> &str;
}

/// Reads the text of a value.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: WireText,
{
    struct Text<T>(std::marker::PhantomData<T>);

    impl<T: WireText> serde::de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            T::from_wire(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(std::marker::PhantomData))
}

/// Implements serde's traits for a [`WireText`].
macro_rules! wire_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::wire_text::WireText::as_wire(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire_text::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use wire_text;
