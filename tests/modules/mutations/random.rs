//! Random changes to good responses that leave the tokens and the conditions of a success as they are.

use std::fmt::Write as _;

use crash::random::Random;
use oauth_runtime::provider::RegisteredApp as _;
use oauth_runtime::provider::StoredToken;
use serde_json::Value;

use super::good::{Good, NEW_ACCESS, NEW_REFRESH};
use super::modules::{Visit, each_renewal};
use super::{an_hour_left, left};
use crate::support::scripted::{answer, text};

/// The minimum number of responses.
const RESPONSES: usize = 10_000;

/// The number of responses per response that goes through a manager and a store.
const SAMPLED: usize = 40;

/// A member of a JSON object, as text.
#[derive(Clone)]
struct Member {
    name: String,
    value: String,
    /// Whether the value must stay unchanged.
    is_kept: bool,
}

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "0.5",
    "35999.87",
    "3.6e3",
    "1e300",
    "-1e300",
    "1E+400",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "340282366920938463463374607431768211456",
    "123456789012345678901234567890123456789012345678901234567890",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "a text",
    "3600",
    " 3600 ",
    "-1",
    "1e9",
    "true",
    "null",
    "read write",
    "read,write",
    "2030-01-01T00:00:00Z",
    "2030-13-45T99:99:99Z",
    "https://evil.example/",
    r"\u0000",
    r"\n\t\r\b\f\/\\\u0022",
    r"\ud83e\udd80",
    "žluťoučký kůň",
    "日本語",
    "\u{202e}\u{feff}\u{1f980}",
    "a.b.c",
    "eyJhbGciOiJub25lIn0.e30.",
];

const NAMES: &[&str] = &[
    "x",
    "",
    "expires_in",
    "expires_at",
    "scope",
    "id_token",
    "refresh_token_expires_in",
    "refresh_expires_in",
    "x_refresh_token_expires_in",
    "access_token ",
    "Access_Token",
    "access_token\\u0000",
    "refresh_tokens",
    "team",
    "authed_user",
    "owner",
    "žluťoučký",
    "\\ud83e\\udd80",
];

/// Returns a JSON value of any kind, at most `depth` levels deep, or one from `nested`.
fn value(random: &mut Random, depth: usize) -> String {
    match random.below(8) {
        0 => random.pick(&["null", "true", "false"]).to_owned(),
        1 | 2 => random.pick(NUMBERS).to_owned(),
        3 if random.is_one_of(8) => format!("\"{}\"", "long ".repeat(1000)),
        3 | 4 => format!("\"{}\"", random.pick(TEXTS)),
        5 if random.is_one_of(4) => nested(random),
        _ if depth == 0 => "[]".to_owned(),
        5 | 6 => {
            let values = (0..random.below(4)).map(|_| value(random, depth - 1));
            format!("[{}]", values.collect::<Vec<_>>().join(","))
        }
        _ => {
            let members = (0..random.below(4)).map(|_| {
                let name = random.pick(NAMES).to_owned();
                format!("\"{name}\":{}", value(random, depth - 1))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

/// Returns nested lists and objects, fewer than a hundred levels deep.
fn nested(random: &mut Random) -> String {
    let (mut open, mut close) = (String::new(), String::new());
    for _ in 0..=random.below(90) {
        let (begin, end) = match random.is_one_of(2) {
            true => ("[", "]"),
            false => ("{\"a\":", "}"),
        };
        open.push_str(begin);
        close.insert_str(0, end);
    }
    format!("{open}null{close}")
}

fn space(random: &mut Random) -> &'static str {
    match random.is_one_of(3) {
        true => random.pick(&[" ", "\n", "\t", "\r\n", "  \n  "]),
        false => "",
    }
}

/// Returns a name, sometimes with some of its ASCII characters escaped.
fn escaped(random: &mut Random, name: &str) -> String {
    if name.contains('\\') || !random.is_one_of(4) {
        return name.to_owned();
    }
    let mut escaped = String::new();
    for letter in name.chars() {
        match letter.is_ascii() && random.is_one_of(2) {
            true => write!(escaped, "\\u{:04x}", u32::from(letter)).unwrap(),
            false => escaped.push(letter),
        }
    }
    escaped
}

/// Returns the body of a good response with some of its members changed.
fn changed(random: &mut Random, good: &Good) -> Vec<u8> {
    // Other tests cover foreign hosts.
    let apart = [good.apart(), good.guards()].concat();
    // Other tests cover token types that need more than a header. Here the type may become any other value.
    let token_type = good.token_type();
    let kept: Vec<&str> = apart
        .iter()
        .filter(|path| **path != token_type)
        .map(|path| path[0].as_str())
        .collect();
    let Value::Object(body) = &good.body else {
        panic!("a response is an object");
    };
    let members = body.iter().map(|(name, value)| Member {
        name: name.clone(),
        value: value.to_string(),
        is_kept: kept.contains(&name.as_str()),
    });
    let mut members: Vec<Member> = members.collect();
    for _ in 0..=random.below(6) {
        let at = random.below(members.len());
        let is_kept = members[at].is_kept;
        let new = value(random, 3);
        match random.below(6) {
            0 => members.insert(
                at,
                Member {
                    name: random.pick(NAMES).to_owned(),
                    value: new,
                    is_kept: false,
                },
            ),
            1 if !is_kept => {
                let name = members[at].name.clone();
                let again = Member {
                    name,
                    value: new,
                    is_kept,
                };
                members.push(again);
            }
            2 if !is_kept => {
                members.remove(at);
            }
            3 => {
                let other = random.below(members.len());
                members.swap(at, other);
            }
            _ if !is_kept => members[at].value = new,
            _ => {}
        }
    }
    let mut written = String::new();
    if random.is_one_of(5) {
        written.push('\u{feff}');
    }
    written.push_str(space(random));
    written.push('{');
    for (nth, member) in members.iter().enumerate() {
        if nth > 0 {
            written.push(',');
        }
        let name = escaped(random, &member.name);
        let [before, behind, colon, end] = [(); 4].map(|()| space(random));
        let value = &member.value;
        write!(written, "{before}\"{name}\"{behind}:{colon}{value}{end}").unwrap();
    }
    written.push('}');
    written.push_str(space(random));
    written.into_bytes()
}

struct Changes {
    random: Random,
    of_each: usize,
    responses: usize,
    sampled: usize,
}

impl Visit for Changes {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs) {
        let module = T::App::PROVIDER.reference();
        let good = Good::of::<T>();
        for _ in 0..self.of_each {
            let body = changed(&mut self.random, &good);
            let shown = String::from_utf8_lossy(&body);
            let sent = an_hour_left("oldaccess0", "oldrefresh0");
            let call = T::renew(&app, &inputs, sent).unwrap();
            let read = call.read(&answer(200, &body), crate::support::scripted::now());
            let new = read.unwrap_or_else(|why| panic!("{module}: {why}: {shown}"));
            assert_eq!(text(&new), NEW_ACCESS, "{module}: {shown}");
            if good.has_refresh_token() {
                let refresh_token = new.stored().refresh_token().unwrap().expose();
                assert_eq!(refresh_token, NEW_REFRESH, "{module}: {shown}");
            }
            self.responses += 1;
            if self.responses.is_multiple_of(SAMPLED) {
                let left = left::<T>(&app, &inputs, &good, &body).await;
                assert!(left.is_new(good.renewal), "{module}: {left:?}: {shown}");
                self.sampled += 1;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_random_changes_beside_the_tokens_lose_no_grant() {
    let mut changes = Changes {
        random: Random::new(15),
        of_each: 400,
        responses: 0,
        sampled: 0,
    };
    each_renewal(&mut changes).await;
    let Changes {
        responses, sampled, ..
    } = changes;
    println!("{responses} responses, {sampled} of them through a manager and a store");
    assert!(responses >= RESPONSES, "{responses}");
    assert!(sampled >= RESPONSES / SAMPLED, "{sampled}");
}

#[test]
fn what_is_written_is_json_and_differs() {
    let good = Good::of::<oauth_providers::google::AccessToken>();
    let mut random = Random::new(1);
    let bodies: std::collections::BTreeSet<_> =
        (0..200).map(|_| changed(&mut random, &good)).collect();
    assert!(bodies.len() >= 190, "{}", bodies.len());
    // serde_json rejects numbers beyond the range of a double, and a leading byte order mark.
    let is_plain = |body: &&Vec<u8>| {
        let text = String::from_utf8_lossy(body);
        !text.contains("1E+400") && !text.starts_with('\u{feff}')
    };
    for body in bodies.iter().filter(is_plain) {
        let read = serde_json::from_slice::<Value>(body);
        assert!(read.is_ok(), "{}", String::from_utf8_lossy(body));
    }
}
