//! `experiment NAME TIMES`, or `experiment less NAME TIMES` for what is to be taken off; `check`, `list`.

use benchmarks::{Run, measured};
use experiment::measure::{self, MEASURED};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = |run: Option<Run>, times: &str| {
        let times = times.parse().expect("a number");
        if let Some(run) = run {
            run(times, &mut measured);
        }
    };
    let named = |name: &str| {
        MEASURED
            .iter()
            .find(|own| own.0 == name)
            .expect("a name of the list")
    };
    match arguments[..] {
        ["check"] => measure::check(),
        ["list"] => MEASURED.iter().for_each(|(name, ..)| println!("{name}")),
        ["less", name, times] => run(named(name).2, times),
        [name, times] => run(Some(named(name).1), times),
        _ => panic!("check, list, NAME TIMES, or less NAME TIMES"),
    }
}
