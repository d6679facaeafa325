//! `instructions SIDE OPERATION TIMES`: runs one side of an operation `TIMES` times inside a function that callgrind
//! watches. `instructions check` compares the two sides; `instructions list` lists the operations.

use benchmarks::{measured, operations, same};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["check"] => same::check(),
        ["list"] => {
            for operation in operations() {
                let peer = match (operation.peer, operation.peer_less) {
                    (None, _) => "none",
                    (Some(_), None) => "peer",
                    (Some(_), Some(_)) => "less",
                };
                let least = operation.least.map_or("none", |_| "least");
                println!("{} {peer} {least}", operation.id);
            }
        }
        [side, id, times] => {
            let operation = operations().into_iter().find(|own| own.id == id);
            let operation = operation.expect("an operation of the list");
            let run = match side {
                "ours" => Some(operation.ours),
                "peer" => operation.peer,
                "least" => operation.least,
                _ => operation.peer_less,
            };
            let times = times.parse().expect("a number");
            run.expect("this side")(times, &mut measured);
        }
        _ => panic!("check, list, or SIDE OPERATION TIMES"),
    }
}
