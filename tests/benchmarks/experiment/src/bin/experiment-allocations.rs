//! `experiment-allocations`: allocations and bytes of everything that the experiment measures.

use benchmarks::counting::{Counting, counted};
use experiment::measure::MEASURED;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    for (name, run, less) in MEASURED {
        let (run, less) = (counted(*run), less.map_or((0, 0), counted));
        println!("{name} {} {}", run.0 - less.0, run.1 - less.1);
    }
}
