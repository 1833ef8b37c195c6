//! Reading JSON into types in one pass, as strictly as a reading by way of [`crate::strict_json`].
//!
//! serde's derived types pass over what they do not know, take `null` for what is absent, a list for a struct and an
//! object for a code. Here all of these are errors. A field that stands twice is one for the derived types themselves.
//!
//! It is for types of structs, lists, optional fields, numbers, texts and codes; what looks ahead in the value, such as
//! an untagged enum, is refused whatever it reads.

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

/// Parses exactly one value.
pub(crate) fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Strict(&mut json))?;
    json.end()?;
    Ok(value)
}

/// Whatever reads a value or a part of it, with everything below it read strictly.
struct Strict<T>(T);

/// Hands what holds no other values to the wrapped reader.
macro_rules! as_it_is {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(visitor)
        })*
    };
}

/// Refuses what could be anything.
macro_rules! refused {
    ($($method:ident: $what:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
            Err(D::Error::custom($what))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    as_it_is! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_identifier
    }

    refused! {
        deserialize_any: "a value of any type"
        deserialize_unit: "a value that says nothing"
        deserialize_ignored_any: "a field that is not known"
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Strict(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(Strict(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Strict(visitor))
    }

    /// A struct is an object and nothing else.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_map(visitor)
    }

    /// A code is a text and nothing else.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(Code(visitor))
    }
}

/// Reads the text of a code for what takes one.
struct Code<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Code<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: Error>(self, code: &str) -> Result<V::Value, E> {
        self.0.visit_enum(StrDeserializer::new(code))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        Err(E::invalid_type(Unexpected::Unit, &self))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(fields))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Strict(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Parcel {
        sort: Sort,
        #[serde(default)]
        weight: Option<f64>,
        #[serde(default)]
        inside: Vec<Parcel>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Sort {
        LetterPost,
    }

    #[test]
    fn reads_what_the_types_write() {
        let text = r#"{"inside":[{"sort":"letter-post","weight":2}],"sort":"letter-post"}"#;
        let inner = Parcel { sort: Sort::LetterPost, weight: Some(2.0), inside: Vec::new() };
        let outer = Parcel { sort: Sort::LetterPost, weight: None, inside: vec![inner] };
        assert_eq!(from_str::<Parcel>(text).unwrap(), outer);
    }

    #[test]
    fn refuses_what_serde_lets_pass() {
        fn check(text: &str, expected: &str) {
            assert!(serde_json::from_str::<Parcel>(text).is_ok(), "{text}");
            let error = from_str::<Parcel>(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error:?} should begin with {expected:?}");
        }
        check(r#"{"sort":"letter-post","colour":"red"}"#, "a field that is not known");
        check(r#"{"sort":"letter-post","inside":[{"sort":"letter-post","colour":1}]}"#, "a field that is not known");
        check(r#"{"sort":"letter-post","weight":null}"#, "invalid type: null");
        check(r#"{"sort":{"letter-post":null}}"#, "invalid type: map");
        check(r#"["letter-post",1,[]]"#, "invalid type: sequence");
    }

    #[test]
    fn refuses_what_serde_refuses() {
        for text in [r#"{"sort":"letter-post","sort":"letter-post"}"#, r#"{"sort":"letter-post"} {}"#, "{}", "null"] {
            assert!(from_str::<Parcel>(text).is_err(), "{text}");
        }
    }
}
