// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;

const REFUSE: Refuse = |field, reason| Error::Internal { reason: [field, reason].join(" ") };

fn reader(text: &[u8]) -> Result<Reader<'_>> {
    Reader::new(text, Limits::default(), REFUSE)
}

fn check(text: impl AsRef<[u8]>) -> Result<()> {
    let mut json = reader(text.as_ref())?;
    json.skip()?;
    json.end()
}

fn flaw(text: impl AsRef<[u8]>) -> (String, usize) {
    match check(text.as_ref()) {
        Err(Error::JsonInvalid { reason, offset, .. }) => (reason, offset),
        other => panic!("{other:?} for {}", crate::escape::escaped(text.as_ref())),
    }
}

fn string(text: &str) -> Result<String> {
    reader(text.as_bytes())?.string().map(Cow::into_owned)
}

#[test]
fn every_kind_of_value_is_read() {
    use Kind::{Array, Bool, Null, Number, Object, String};

    let text = " {\"a\" : [ 1 , -0.5e+3, true,false ,null, \"x\" , {} , [ ] ]\r\n}\t";
    check(text).unwrap();
    let mut json = reader(text.as_bytes()).unwrap();
    let mut seen = Vec::new();
    json.object(|json, name| {
        assert_eq!(name, "a");
        json.array(|json, index| {
            seen.push((index, json.kind()?, json.field()));
            match index {
                1 => assert_eq!(json.number()?.as_str(), "-0.5e+3"),
                2 => assert!(json.bool()?),
                4 => json.null()?,
                _ => json.skip()?,
            }
            Ok(())
        })
    })
    .unwrap();
    json.end().unwrap();
    let kinds: Vec<_> = seen.iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(kinds, [Number, Number, Bool, Bool, Null, String, Object, Array]);
    assert_eq!(seen[7].2, "a[7]");
}

#[test]
fn what_is_not_strictly_json_is_refused_with_its_place() {
    for (text, reason, offset) in [
        ("", "the end of the text where a value should be", 0),
        ("{} {}", "'{' where the end should be", 3),
        ("{}\0", "'\0' where the end should be", 2),
        ("[1,]", "']' where a value should be", 3),
        ("[1 2]", "'2' where a comma or ']' should be", 3),
        ("{\"a\":1,}", "'}' where a member name should be", 7),
        ("{a:1}", "'a' where a member name should be", 1),
        ("{\"a\" 1}", "'1' where a colon should be", 5),
        ("{\"a\":1", "the end of the text where a comma or '}' should be", 6),
        ("tru", "'t' where a value should be", 0),
        ("NaN", "'N' where a value should be", 0),
        ("'a'", "''' where a value should be", 0),
        ("/**/1", "'/' where a value should be", 0),
        ("\u{a0}1", "'\u{a0}' where a value should be", 0),
        ("01", "a number with a leading zero", 0),
        ("-", "a number without a digit here", 1),
        ("1.", "a number without a digit here", 2),
        ("1e+", "a number without a digit here", 3),
        ("+1", "'+' where a value should be", 0),
        ("0x10", "'x' where the end should be", 1),
        ("\"a", "the end of the text inside a string", 2),
        ("\"a\nb\"", "a control character in a string", 2),
        ("\"\\x\"", "an unknown escape in a string", 1),
        ("\"\\u12g4\"", "an escape without four hex digits", 1),
        ("\"\\u12", "the end of the text inside an escape", 1),
        ("\"\\ud800\"", "half a surrogate pair in a string", 1),
        ("\"\\ud800\\u0041\"", "half a surrogate pair in a string", 1),
        ("\"\\udc00\\ud800\"", "half a surrogate pair in a string", 1),
        ("\u{feff}{}", "a byte order mark", 0),
    ] {
        assert_eq!(flaw(text), (reason.to_owned(), offset), "{text:?}");
    }
    assert_eq!(flaw(b"\"\xff\""), ("not UTF-8".to_owned(), 1));
    assert_eq!(flaw(b"\"\xed\xa0\x80\""), ("not UTF-8".to_owned(), 1));
}

#[test]
fn strings_are_borrowed_unless_escaped() {
    let mut json = reader("\"é\u{7f}\"".as_bytes()).unwrap();
    assert!(matches!(json.string().unwrap(), Cow::Borrowed("é\u{7f}")));
    assert_eq!(string(r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00x""#).unwrap(), "\"\\/\u{8}\u{c}\n\r\té😀x");
}

#[test]
fn a_name_may_stand_only_once_whatever_its_spelling() {
    let reason = "the member name 'a' a second time".to_owned();
    assert_eq!(flaw(r#"{"a":1,"a":1}"#), (reason.clone(), 7));
    assert_eq!(flaw(r#"{"a":1,"\u0061":1}"#), (reason.clone(), 7));
    assert_eq!(flaw(r#"[{"x":{"\u0061":1,"b":{"a":2},"a":1}}]"#), (reason, 30));
    check(r#"{"a":{"a":[{"a":1},{"a":2}]},"b":1,"A":1}"#).unwrap();
}

#[test]
fn a_million_names_are_compared_in_a_moment() {
    let members: Vec<_> = (0..1_000_000).map(|n| format!("\"{n}\":0")).collect();
    let started = std::time::Instant::now();
    check(format!("{{{}}}", members.join(","))).unwrap();
    let (reason, offset) = flaw(format!("{{{},\"\\u0037\":0}}", members.join(",")));
    assert_eq!(reason, "the member name '7' a second time");
    assert_eq!(offset, members.join(",").len() + 2);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    check(nested(MAX_DEPTH)).unwrap();
    assert_eq!(flaw(nested(MAX_DEPTH + 1)), ("nested too deeply".to_owned(), MAX_DEPTH));
    assert_eq!(flaw("[".repeat(1_000_000)).1, MAX_DEPTH);
    assert_eq!(flaw("{\"a\":".repeat(1_000_000)).1, 5 * MAX_DEPTH);
    check(format!("\"{}\"", "a".repeat(1 << 20))).unwrap();
    assert_eq!(flaw(format!("\"{}\"", "a".repeat((1 << 20) + 1))).0, "a string of more than 1048576 bytes");
    let mut json = reader(b"\"abc\"").unwrap();
    assert!(json.string_within(2).is_err());
    assert_eq!(json.string_within(3).unwrap(), "abc");
}

#[test]
fn a_wrong_kind_is_told_with_its_path() {
    let mut json = reader(br#"{"a":{"b":[0,{"c":1}]}}"#).unwrap();
    let error = json
        .object(|json, _| {
            json.object(|json, _| {
                json.array(|json, index| match index {
                    0 => json.skip(),
                    _ => json.object(|json, _| json.string().map(drop)),
                })
            })
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "internal error: a.b[1].c is a number, not a string");
    assert_eq!(
        reader(b"[]").unwrap().bool().unwrap_err().to_string(),
        "internal error: $ is an array, not true or false"
    );
}

#[test]
fn a_marked_value_can_be_read_again() {
    let mut json = reader(br#"{"a":[1,{"b":"x","c":null}],"d":2}"#).unwrap();
    let mut mark = None;
    json.object(|json, name| {
        if name == "a" {
            return json.array(|json, _| {
                mark = Some(json.mark());
                json.skip()
            });
        }
        json.skip()
    })
    .unwrap();
    json.end().unwrap();
    json.revisit(&mark.unwrap());
    assert_eq!(json.field(), "a[1]");
    json.object(|json, name| {
        assert_eq!(json.field(), format!("a[1].{name}"));
        json.skip()
    })
    .unwrap();
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in any::<String>()) {
        let mut written = String::new();
        push_string(&mut written, &text);
        prop_assert_eq!(string(&written).unwrap(), text);
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]{}\",:0-9eE+.\\\\u\\-atrufalsn \u{e9}]{0,64}") {
        let _ = check(text);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = check(bytes);
    }
}
