//! Inputs and the forms that they must have.

use crate::steps;

/// A value that the application or its user supplies.
#[derive(Clone, Debug)]
pub struct Input {
    /// The input's name in the spec.
    pub name: String,
    /// Whether each connection has a separate value.
    pub per_connection: bool,
    /// The form that a value must have.
    pub form: Form,
    /// The value if none is supplied.
    pub default: Option<String>,
    /// A description of the input.
    pub doc: String,
    /// An example value.
    pub example: Option<String>,
}

impl Input {
    /// Returns a value that has the form: the spec's example, its default, or a generated one.
    pub fn sample(&self) -> String {
        let stated = self.example.clone().or_else(|| self.default.clone());
        stated.unwrap_or_else(|| self.form.sample())
    }
}

/// The form of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// One DNS label.
    Label,
    /// A host that the list allows.
    Host(Hosts),
    /// An https origin with a host that the list allows.
    Origin(Hosts),
    /// An https URL with a path and a host that the list allows. A port must be part of the entry.
    Url(Hosts),
    /// A UUID.
    Uuid,
    /// A whole number.
    Integer,
    /// Runs of characters.
    Pattern(Vec<Run>),
    /// One of several words.
    OneOf(Vec<String>),
    /// One of several words, each with texts by name. A single text has the empty name.
    Choice(Vec<(String, Vec<(String, String)>)>),
    /// `true` or `false`.
    Boolean,
}

impl Form {
    /// Returns whether a value of this form can be part of a URL without encoding.
    pub fn is_url_safe(&self) -> bool {
        match self {
            Form::Text => false,
            Form::Label
            | Form::Host(_)
            | Form::Origin(_)
            | Form::Url(_)
            | Form::Uuid
            | Form::Integer
            | Form::Boolean => true,
            Form::Pattern(runs) => runs.iter().all(|run| {
                run.ranges
                    .iter()
                    .all(|&(low, high)| (low..=high).all(is_unreserved))
            }),
            Form::OneOf(words) => words.iter().all(|word| word.bytes().all(is_unreserved)),
            Form::Choice(words) => words
                .iter()
                .all(|(word, _)| word.bytes().all(is_unreserved)),
        }
    }

    /// Returns whether a text of this form names a host.
    pub fn names_host(&self) -> bool {
        matches!(self, Form::Host(_) | Form::Origin(_) | Form::Url(_))
    }

    /// Returns whether a text names a host that this form does not list, by itself or within a URL.
    pub fn is_foreign(&self, text: &str) -> bool {
        let names_host = text.contains("//") || (text.contains('.') && is_host(text));
        names_host && !self.holds(text)
    }

    /// Returns whether a text has this form. The runtime makes this check, too, with separate code.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Form::Text => !text.is_empty() && !text.contains(char::is_control),
            Form::Label => is_label(text),
            Form::Host(allowed) => is_host(text) && allowed.allow(text),
            Form::Origin(allowed) => {
                let host = text.strip_prefix("https://");
                let host = host.map(|host| host.strip_suffix('/').unwrap_or(host));
                host.is_some_and(|host| is_host(host) && allowed.allow(host))
            }
            Form::Url(allowed) => text.strip_prefix("https://").is_some_and(|rest| {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                is_host(host) && allowed.allow_with_port(host) && is_path(path)
            }),
            Form::Uuid => {
                let groups: Vec<&str> = text.split('-').collect();
                let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
                lengths == [8, 4, 4, 4, 12]
                    && groups
                        .iter()
                        .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
            }
            Form::Integer => text.parse::<i64>().is_ok(),
            Form::Boolean => matches!(text, "true" | "false"),
            Form::OneOf(words) => words.iter().any(|word| word == text),
            Form::Choice(words) => words.iter().any(|(word, _)| word == text),
            Form::Pattern(runs) => fits(runs, text.as_bytes()),
        }
    }

    /// Returns the text with the given name that belongs to a word. A single text has the empty name.
    pub fn text_of(&self, word: &str, name: &str) -> Option<&str> {
        let Form::Choice(words) = self else {
            return None;
        };
        let (_, texts) = words.iter().find(|(own, _)| own == word)?;
        let (_, text) = texts.iter().find(|(own, _)| own == name)?;
        Some(text)
    }

    /// Returns whether each word of a choice has a text with the given name.
    pub fn has_text(&self, name: &str) -> bool {
        match self {
            Form::Choice(words) => words
                .iter()
                .all(|(_, texts)| texts.iter().any(|(own, _)| own == name)),
            _ => false,
        }
    }

    /// Returns a value of this form.
    pub fn sample(&self) -> String {
        let host = |hosts: &Hosts| {
            let first = hosts.allow.first().map_or("*", String::as_str);
            if first == "*" {
                "host.example.com".to_owned()
            } else {
                first.replace('*', "a")
            }
        };
        match self {
            Form::Text => "text".to_owned(),
            Form::Label => "label".to_owned(),
            Form::Host(hosts) => host(hosts),
            Form::Origin(hosts) => format!("https://{}", host(hosts)),
            Form::Url(hosts) => format!("https://{}/path", host(hosts)),
            Form::Uuid => "00000000-0000-0000-0000-000000000000".to_owned(),
            Form::Integer => "1".to_owned(),
            Form::OneOf(words) => words.first().cloned().unwrap_or_default(),
            Form::Choice(words) => words
                .first()
                .map_or_else(String::new, |(word, _)| word.clone()),
            Form::Boolean => "true".to_owned(),
            Form::Pattern(runs) => runs
                .iter()
                .flat_map(|run| {
                    let first = run.ranges.first().map_or('a', |&(low, _)| char::from(low));
                    std::iter::repeat_n(first, run.min.max(1))
                })
                .collect(),
        }
    }
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns whether a text is a host name with an optional port.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    name.len() <= 253
        && name.split('.').all(is_label)
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Returns whether a text is a URL's path after its first slash: only characters of a URL, and no `.` or `..` segment.
fn is_path(path: &str) -> bool {
    const MARKS: &[u8] = b"-._~!$&'()*+,;=:@/%";
    let climbs = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || MARKS.contains(&byte))
        && !path.split('/').any(climbs)
}

/// A list of allowed hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Names, `*.` with a domain, or `*` for every public host.
    pub allow: Vec<String>,
    /// Whether `*` includes hosts that are not public.
    pub private: bool,
}

impl Hosts {
    /// Returns whether the list allows every host, or every public one.
    pub fn are_all(&self) -> bool {
        self.allow.iter().any(|host| host == "*")
    }

    fn allow(&self, host: &str) -> bool {
        let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        self.names(&name)
    }

    /// Returns whether the list allows a host. A port must be part of the entry.
    fn allow_with_port(&self, host: &str) -> bool {
        self.names(&host.to_ascii_lowercase())
    }

    fn names(&self, name: &str) -> bool {
        self.allow.iter().any(|rule| {
            let rule = rule.to_ascii_lowercase();
            match rule.strip_prefix('*') {
                Some("") => !name.contains(':') && (self.private || is_public(name)),
                Some(domain) => name.len() > domain.len() && name.ends_with(domain),
                None => name == rule,
            }
        })
    }
}

/// Domains of private networks (RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`).
const PRIVATE_DOMAINS: &[&str] = &["home.arpa", "internal", "local", "localdomain", "localhost"];

/// Blocks of addresses that are not public, each with the length of its prefix (RFC 6890).
const PRIVATE_BLOCKS: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Returns whether a host is public by its name. A numeric last label makes an IPv4 address. Only its dotted form
/// with four numbers is accepted, because resolvers read `127.1` and `2130706433` as addresses, too.
fn is_public(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    let digits = last.strip_prefix("0x");
    let is_number = digits.map_or_else(
        || last.bytes().all(|byte| byte.is_ascii_digit()),
        |digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
    );
    if is_number {
        return name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| {
            let is_in = |(block, length): &([u8; 4], u32)| {
                let differing = address.to_bits() ^ u32::from_be_bytes(*block);
                differing >> (32 - length) == 0
            };
            !PRIVATE_BLOCKS.iter().any(is_in)
        });
    }
    !PRIVATE_DOMAINS.iter().any(|domain| {
        let above = name.strip_suffix(domain);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    })
}

/// Returns whether the runs cover the whole of `text`. A set of reached positions is carried from run to run. For each
/// reached position, the counters mark where the possible ends of the run begin and where they stop.
fn fits(runs: &[Run], text: &[u8]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for run in runs {
        steps::count(reached.len());
        let mut begins = vec![0_usize; text.len() + 2];
        let mut is_over = vec![0_usize; text.len() + 2];
        let mut stretch = text.len();
        for start in (0..=text.len()).rev() {
            if text.get(start).is_some_and(|byte| !run.has(*byte)) {
                stretch = start;
            }
            let (first, last) = (start + run.min, stretch.min(start + run.max));
            if reached[start] && first <= last {
                begins[first] += 1;
                is_over[last + 1] += 1;
            }
        }
        let mut open = 0;
        for (at, place) in reached.iter_mut().enumerate() {
            open = open + begins[at] - is_over[at];
            *place = open > 0;
        }
    }
    reached[text.len()]
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A run of `min` to `max` characters out of `ranges`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Inclusive ranges of ASCII characters.
    pub ranges: Vec<(u8, u8)>,
    /// The minimum number of characters.
    pub min: usize,
    /// The maximum number of characters.
    pub max: usize,
}

impl Run {
    fn has(&self, byte: u8) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|&(low, high)| (low..=high).contains(&byte))
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[")?;
        for &(low, high) in &self.ranges {
            match low == high {
                true => write!(formatter, "{}", char::from(low))?,
                false => write!(formatter, "{}-{}", char::from(low), char::from(high))?,
            }
        }
        match self.min == self.max {
            true => write!(formatter, "]{{{}}}", self.min),
            false => write!(formatter, "]{{{},{}}}", self.min, self.max),
        }
    }
}
