//! Every world that the refresh protocol can reach, with two and three workers and every kind of failure.
//!
//! `EXPLORE_ALL=1 cargo test -p world-exploration -- --nocapture` allows one more failure, and takes minutes.

mod world;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use world::{Budget, Event, Manners, Planted, World};

/// Returns the number of reachable worlds, or the shortest path to a forbidden one.
fn explore(first: World) -> Result<usize, String> {
    let hasher = RandomState::new();
    // Each world, with its predecessor and the event between them.
    let mut from: HashMap<u64, Option<(u64, Event)>> = HashMap::new();
    from.insert(hasher.hash_one(&first), None);
    let mut open = VecDeque::from([first]);
    while let Some(world) = open.pop_front() {
        let here = hasher.hash_one(&world);
        let wrong = match world.at_rest() {
            true => world.check(),
            false => Ok(()),
        };
        match wrong.and_then(|()| world.next()) {
            Err(violation) => return Err(format!("{violation}{}\n{world:?}", way(&from, here))),
            Ok(next) => {
                for (event, world) in next.0 {
                    let there = hasher.hash_one(&world);
                    from.entry(there).or_insert_with(|| {
                        open.push_back(world);
                        Some((here, event))
                    });
                }
            }
        }
    }
    Ok(from.len())
}

/// Returns the events that led to the world with this hash, a line for each.
fn way(from: &HashMap<u64, Option<(u64, Event)>>, to: u64) -> String {
    let mut lines = Vec::new();
    let mut at = to;
    while let Some(Some((before, (worker, what)))) = from.get(&at) {
        let who = worker.map_or(String::new(), |worker| format!("worker {worker} "));
        lines.push(format!("\n  {who}{what}"));
        at = *before;
    }
    lines.reverse();
    lines.concat()
}

/// Returns the failures that may happen with this many workers. Three misfortunes suffice to detect every omitted
/// safeguard.
fn budget(workers: usize, misfortunes: u8) -> Budget {
    Budget {
        crashes: 2,
        lost_messages: 2,
        expired_leases: 2,
        failed_writes: 2,
        revocations: 1,
        foreign_responses: 1,
        misfortunes,
        tokens: if workers == 2 { 3 } else { 2 },
    }
}

#[test]
fn two_workers_lose_no_token_whatever_goes_wrong() {
    whatever_goes_wrong(2, 2);
}

#[test]
fn three_workers_lose_no_token_whatever_goes_wrong() {
    whatever_goes_wrong(3, 1);
}

fn whatever_goes_wrong(workers: usize, misfortunes: u8) {
    let more = u8::from(std::env::var_os("EXPLORE_ALL").is_some());
    let budget = budget(workers, misfortunes + more);
    for manners in Manners::ALL {
        match explore(World::new(manners, Planted::Nothing, workers, budget)) {
            Ok(worlds) => println!("{workers} workers, {manners:?}: {worlds} worlds"),
            Err(violation) => panic!("{workers} workers, {manners:?}: {violation}"),
        }
    }
}

#[test]
fn each_safeguard_that_is_left_out_is_missed() {
    for planted in [
        Planted::NoJournal,
        Planted::NoCompareAndSwap,
        Planted::NoFence,
        Planted::HiddenTrouble,
        Planted::UsesWhatIsApart,
        Planted::LeaseOutlivesApart,
    ] {
        // A smaller budget detects each omitted safeguard in fewer worlds.
        let few = Budget {
            revocations: 0,
            foreign_responses: 0,
            ..budget(2, 3)
        };
        let budget = match planted {
            Planted::HiddenTrouble => Budget {
                revocations: 1,
                ..few
            },
            Planted::UsesWhatIsApart | Planted::LeaseOutlivesApart => Budget {
                crashes: 0,
                lost_messages: 0,
                failed_writes: 0,
                foreign_responses: 1,
                ..few
            },
            _ => few,
        };
        let explored = Manners::ALL.map(|manners| explore(World::new(manners, planted, 2, budget)));
        let violation = explored.into_iter().find_map(Result::err);
        let violation = violation.unwrap_or_else(|| panic!("{planted:?} was not found"));
        println!("{planted:?}: {violation}");
    }
}
