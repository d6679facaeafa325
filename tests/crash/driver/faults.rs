//! The table of faults during a refresh: the proxy's treatment of one response, and the simultaneous disturbance of the
//! worker.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The delay of a late request, response or second half.
pub(crate) const DELAY: Duration = Duration::from_millis(300);

/// A kind of fault: a row of the table that the driver prints.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The faults of this kind. The driver draws one for each kill.
    pub(crate) faults: &'static [Fault],
    pub(crate) hit: Hit,
    /// Whether a response may ask the worker to wait, so that the connection is settled two days later.
    pub(crate) waits: bool,
}

/// The disturbance of the worker that refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    /// The worker gets `SIGKILL`.
    Kill,
    /// The worker gets `SIGSTOP` for longer than its lease, while another worker refreshes the connection. Then it resumes.
    Stall,
    /// The worker's clock is off, such as by `+2d`, and it gets `SIGKILL`.
    KillAt(&'static str),
    /// The worker's clock jumps ahead by two days while it refreshes, and back. Then the worker gets `SIGKILL`.
    Jump,
}

/// A fault of the proxy during one refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// The request is held back before the server gets it.
    LateRequest,
    /// The response is held back.
    LateAnswer,
    /// The worker gets half of the response, and nothing more while it waits.
    HalfThenStall,
    /// The worker gets half of the response, and the rest later.
    HalfThenRest,
    /// The connection is reset after the server has responded.
    Reset,
    /// The connection is closed before the server gets the request.
    Closed,
    /// The worker gets this response, and the server gets no request.
    Instead(Canned),
    /// `expires_in` is replaced by this JSON value.
    ExpiresIn(&'static str),
    /// The body begins with a byte order mark.
    ByteOrderMark,
    /// The body is compressed, though that was not requested.
    Gzip,
}

/// A response that the proxy returns without the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) header: (&'static str, &'static str),
    pub(crate) body: &'static str,
}

impl Fault {
    /// Returns the time after the request at which the fault is over.
    pub(crate) fn window(self) -> Duration {
        let rest = Duration::from_millis(150);
        match self {
            Fault::LateRequest | Fault::LateAnswer | Fault::HalfThenStall | Fault::HalfThenRest => {
                DELAY + rest
            }
            _ => rest,
        }
    }

    /// Returns the body that the worker gets instead of this one.
    pub(crate) fn changed(self, body: Vec<u8>) -> Vec<u8> {
        match self {
            Fault::ExpiresIn(lifetime) => {
                let mut answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
                answer["expires_in"] = serde_json::from_str(lifetime).unwrap();
                answer.to_string().into_bytes()
            }
            Fault::ByteOrderMark => [b"\xef\xbb\xbf".as_slice(), &body].concat(),
            Fault::Gzip => gzip(&body),
            _ => body,
        }
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

const fn failed(status: u16) -> Fault {
    Fault::Instead(Canned {
        status,
        header: JSON,
        body: r#"{"error":"invalid_grant"}"#,
    })
}

const SERVER_ERRORS: &[Fault] = &[failed(500), failed(503)];

const fn killed(name: &'static str, faults: &'static [Fault]) -> Row {
    Row {
        name,
        faults,
        hit: Hit::Kill,
        waits: false,
    }
}

const fn hit(name: &'static str, hit: Hit) -> Row {
    Row {
        name,
        faults: &[Fault::LateAnswer],
        hit,
        waits: false,
    }
}

/// The rows of the table.
pub(crate) const ROWS: &[Row] = &[
    killed("nothing", &[Fault::Nothing]),
    killed("the request is late", &[Fault::LateRequest]),
    killed("the response is late", &[Fault::LateAnswer]),
    killed("half a response, then a stall", &[Fault::HalfThenStall]),
    killed("half a response, later the rest", &[Fault::HalfThenRest]),
    killed("reset after the server answered", &[Fault::Reset]),
    killed("closed before the server was asked", &[Fault::Closed]),
    killed("500 or 503 with `invalid_grant`", SERVER_ERRORS),
    Row {
        waits: true,
        ..killed(
            "429 with a `Retry-After` of ten digits",
            &[Fault::Instead(Canned {
                status: 429,
                header: ("retry-after", "9999999999"),
                body: "",
            })],
        )
    },
    killed(
        "`expires_in` of 0, 1 or 2",
        &[
            Fault::ExpiresIn("0"),
            Fault::ExpiresIn("1"),
            Fault::ExpiresIn("2"),
        ],
    ),
    killed(
        "`expires_in` as a fraction or a text",
        &[
            Fault::ExpiresIn("35999.87"),
            Fault::ExpiresIn("\"3600\""),
            Fault::ExpiresIn("\"soon\""),
        ],
    ),
    killed("a byte order mark", &[Fault::ByteOrderMark]),
    killed("gzip that was not requested", &[Fault::Gzip]),
    Row {
        waits: true,
        ..killed(
            "401, `invalid_token` in the challenge, no body",
            &[Fault::Instead(Canned {
                status: 401,
                header: ("www-authenticate", "Bearer error=\"invalid_token\""),
                body: "",
            })],
        )
    },
    hit("a clock two days ahead", Hit::KillAt("+2d")),
    hit("a clock two days behind", Hit::KillAt("-2d")),
    hit("a clock that jumps two days, and back", Hit::Jump),
    hit("a stall longer than the lease", Hit::Stall),
];

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}
