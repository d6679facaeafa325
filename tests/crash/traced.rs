//! The system calls of a worker, in order. The journal entry is on disk before the request is sent, and new tokens are on
//! disk before they are given out.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crash::Planted;

use crate::provider::Provider;
use crate::workers::{Crew, Place};

const REFRESHES: usize = 20;

/// An event, with the times at which it began and ended.
#[derive(Clone, Debug)]
struct Happened {
    what: What,
    began: f64,
    ended: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Synced,
    Sent,
    Answered,
    GivenOut,
}

impl fmt::Display for Happened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Happened { what, began, ended } = self;
        write!(formatter, "{what:?} from {began:.6} to {ended:.6}")
    }
}

/// Parses a line of strace: its start time, the call and its duration.
fn happened(line: &str) -> Option<Happened> {
    let (began, call) = line.split_once(' ')?;
    let (call, took) = call.trim_end().rsplit_once(" <")?;
    let what = match call.split_once('(')? {
        ("fsync" | "fdatasync", _) if call.ends_with("= 0") => What::Synced,
        ("sendto" | "write" | "writev", data) if data.contains("POST /id.") => What::Sent,
        ("recvfrom" | "read", data) if data.contains("HTTP/1.1 200") => What::Answered,
        ("write", data) if data.starts_with("1, \"refreshed") => What::GivenOut,
        _ => return None,
    };
    let began = began.parse().ok()?;
    let took: f64 = took.strip_suffix('>')?.parse().ok()?;
    Some(Happened {
        what,
        began,
        ended: began + took,
    })
}

/// Returns the events of all threads. strace writes a file for each thread.
fn all_that_happened(folder: &Path) -> Vec<Happened> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let lines = std::fs::read(file.unwrap().path()).unwrap();
        all.extend(String::from_utf8_lossy(&lines).lines().filter_map(happened));
    }
    all.sort_by(|one, other| one.began.total_cmp(&other.began));
    all
}

/// Checks that each refresh was synced before its request, and again before its token was given out. Returns the number of
/// refreshes.
fn judged(all: &[Happened]) -> Result<usize, String> {
    let of = |what| all.iter().filter(move |own| own.what == what);
    let synced_between =
        |from: f64, to: f64| of(What::Synced).any(|sync| sync.began >= from && sync.ended <= to);
    let mut before = f64::MIN;
    for given_out in of(What::GivenOut) {
        let within = |own: &&Happened| own.began > before && own.ended <= given_out.began;
        let sent = of(What::Sent).rfind(within);
        let answered = of(What::Answered).rfind(within);
        let (Some(sent), Some(answered)) = (sent, answered) else {
            return Err(format!("without a request or its answer: {given_out}"));
        };
        if !synced_between(before, sent.began) {
            return Err(format!("sent before a sync: {sent}"));
        }
        if !synced_between(answered.ended, given_out.began) {
            return Err(format!("given out before a sync: {given_out}"));
        }
        before = given_out.ended;
    }
    Ok(of(What::GivenOut).count())
}

/// Returns whether this machine allows one process to trace another.
fn can_trace() -> bool {
    let tried = std::process::Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_on_the_disk_before_anybody_has_them() {
    if !can_trace() {
        println!("nothing is shown: strace is not there, or not allowed to trace");
        return;
    }
    let provider = Arc::new(Provider::strict().await);
    let crew = Crew::new(provider, Place::sqlite(), Planted::Nothing, REFRESHES).await;
    let folder = tempfile::tempdir().unwrap();
    let mut worker = crew.traced_worker(folder.path()).await;
    for name in (0..REFRESHES).map(|name| name.to_string()) {
        assert_eq!(worker.refresh(&name).await, format!("refreshed {name}"));
    }
    worker.end().await;
    let all = all_that_happened(folder.path());
    assert_eq!(judged(&all), Ok(REFRESHES), "{all:#?}");
    println!(
        "{REFRESHES} refreshes: synced before the request, and between the answer and whoever got the token"
    );

    // Remove each sync in turn. The check must fail without the needed ones.
    let needed = (0..all.len()).filter(|&at| {
        let mut others = all.clone();
        others.remove(at).what == What::Synced && judged(&others).is_err()
    });
    assert!(needed.count() >= REFRESHES, "the last of each is needed");
}

#[test]
fn what_is_given_out_before_it_is_synced_is_told() {
    let trace = |lines: &str| {
        let all: Vec<_> = lines
            .lines()
            .filter_map(|line| happened(line.trim()))
            .collect();
        judged(&all)
    };
    let good = r#"1.000000 fdatasync(9) = 0 <0.001000>
        1.100000 writev(7, [{iov_base="POST /id.strict/token HT"..., iov_len=200}], 1) = 200 <0.000100>
        1.200000 recvfrom(7, "HTTP/1.1 200 OK\r\ncontent"..., 8192, 0, NULL, NULL) = 300 <0.000100>
        1.300000 fdatasync(9) = 0 <0.001000>
        1.400000 write(1, "refreshed 0\n", 12) = 12 <0.000010>"#;
    assert_eq!(trace(good), Ok(1));
    let late = good.replace("1.300000", "1.399500");
    assert_eq!(
        trace(&late).unwrap_err(),
        "given out before a sync: GivenOut from 1.400000 to 1.400010"
    );
    let failed = good.replace(
        "1.000000 fdatasync(9) = 0",
        "1.000000 fdatasync(9) = -1 EIO",
    );
    assert_eq!(
        trace(&failed).unwrap_err(),
        "sent before a sync: Sent from 1.100000 to 1.100100"
    );
    assert!(trace(&good.replace("recvfrom", "sendto")).is_err());
}
