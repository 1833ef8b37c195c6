//! A strict reading of JSON from the wire: what serde_json lets pass silently is an error here.
//!
//! Keys that stand twice in an object are refused (a `Value` would keep the last), and so are NUL characters in text,
//! which no store downstream agrees on. Depth stays limited by serde_json.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses exactly one JSON value.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0)
}

/// The path, as a JSON Pointer (RFC 6901), of the first member of `found` that `known` lacks or that has another
/// type there, with what was found.
///
/// A value parsed into types and written again has all that the types know: whatever it lacks was not known. The types
/// write some fields only if they say something; an empty list or a false in those, `may_be_left_out`, is known too.
pub fn first_unknown(found: &Value, known: &Value, may_be_left_out: &[&str]) -> Option<(String, String)> {
    match (found, known) {
        (Value::Object(found), Value::Object(known)) => found.iter().find_map(|(key, value)| match known.get(key) {
            Some(known) => {
                first_unknown(value, known, may_be_left_out).map(|(path, what)| (format!("/{key}{path}"), what))
            }
            None if is_default(value) && may_be_left_out.contains(&key.as_str()) => None,
            None => Some((format!("/{key}"), shown(value))),
        }),
        (Value::Array(found), Value::Array(known)) if found.len() == known.len() => {
            let pairs = found.iter().zip(known).enumerate();
            pairs.into_iter().find_map(|(index, (found, known))| {
                first_unknown(found, known, may_be_left_out).map(|(path, what)| (format!("/{index}{path}"), what))
            })
        }
        // serde takes an array for a struct and an object for an enum.
        _ if std::mem::discriminant(found) != std::mem::discriminant(known) => Some((String::new(), shown(found))),
        _ => None,
    }
}

/// A value as shown in a message: cut short.
pub fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn is_default(value: &Value) -> bool {
    matches!(value, Value::Bool(false)) || value.as_array().is_some_and(Vec::is_empty)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(E::custom("a text contains U+0000"));
        }
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands twice in one object")));
            }
            let Strict(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_serde_json_lets_pass() {
        fn check(text: &str, expected: &str) {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
        check(r#"{"a":1,"a":2}"#, "the key \"a\" stands twice");
        check(r#"{"b":[{"a":1,"a":2}]}"#, "stands twice");
        check(r#"{"a":"\u0000"}"#, "U+0000");
        check(r#"{"a":1} {"a":1}"#, "trailing characters");
        check(&"[".repeat(200), "recursion limit");
        check("{\"a\":1e999}", "number out of range");
    }

    #[test]
    fn names_the_first_unknown_member() {
        let value = |text: &str| parse(text.as_bytes()).unwrap();
        let found = value(r#"{"a":{"b":[{"c":1},{"d":2}]},"empty":[]}"#);
        let known = value(r#"{"a":{"b":[{"c":1},{}]}}"#);
        assert_eq!(first_unknown(&found, &known, &["empty"]), Some(("/a/b/1/d".into(), "2".into())));
        assert_eq!(first_unknown(&known, &found, &[]), None);
        let path = |found, known| first_unknown(&value(found), &value(known), &[]).unwrap().0;
        assert_eq!(path(r#"{"empty":[]}"#, "{}"), "/empty");
        assert_eq!(path(r#"{"a":["x"]}"#, r#"{"a":{"x":"x"}}"#), "/a");
        assert_eq!(path(r#"{"a":{"x":null}}"#, r#"{"a":"x"}"#), "/a");
    }
}
