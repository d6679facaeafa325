//! `allocations`: counts the allocations and bytes of each operation with a counting allocator. It is a separate program,
//! so that counting adds no instructions to the `instructions` program.

use benchmarks::counting::{Counting, counted};
use benchmarks::operations;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    for operation in operations() {
        let ours = counted(operation.ours);
        print!("{} {} {}", operation.id, ours.0, ours.1);
        if let Some(peer) = operation.peer.map(counted) {
            let less = operation.peer_less.map_or((0, 0), counted);
            print!(" {} {}", peer.0 - less.0, peer.1 - less.1);
        }
        println!();
    }
}
