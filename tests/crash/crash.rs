//! Workers refresh single-use refresh tokens at a strict provider and are killed, at each step and at random moments. A
//! connection may be lost only if the provider returned tokens that no worker could store.
//!
//! `CRASH_KILLS=2000 cargo test -p crash -- --nocapture` is the full run.

#![allow(clippy::unwrap_used, reason = "tests")]

mod driver;
mod due;
mod provider;
mod traced;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crash::{LEASE, Planted, Step};
use futures_util::future::join_all;
use provider::Provider;
use workers::{Crew, Place, Worker};

/// The default number of kills.
const KILLS: usize = 200;

/// The number of workers that run at once.
const WORKERS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_is_what_was_answered_and_never_written_to_sqlite() {
    loses_what_it_must(Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_is_what_was_answered_and_never_written_to_postgresql() {
    loses_what_it_must(Place::postgres()).await;
}

async fn loses_what_it_must(place: Place) {
    let kills = std::env::var("CRASH_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let run = killed(kills, place, Planted::Nothing).await;
    for (step, (kills, lost)) in &run.histogram {
        println!("{step:>10}: {kills:4} kills, {lost:4} lost");
    }
    run.check().unwrap();
    for step in Step::ALL {
        let (kills, lost) = run.histogram[&step.name()];
        let expected = match step {
            Step::Answered | Step::Commit => kills,
            _ => 0,
        };
        assert_eq!(lost, expected, "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_journal_a_second_use_is_not_known_for_one() {
    for place in [Place::sqlite(), Place::postgres()] {
        let run = killed(18, place, Planted::NoJournal).await;
        let found = run.check().unwrap_err();
        println!("no journal: {found}");
        assert!(found.contains("unknowingly"), "{found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_loses_power_loses_no_token() {
    let provider = Arc::new(Provider::strict().await);
    let crew = Crew::new(provider.clone(), Place::postgres(), Planted::Nothing, 60).await;
    let crew = Arc::new(crew);
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(crew.worker(None, Planted::Nothing).await);
    }
    let mut unsaved: Vec<BTreeSet<String>> = vec![BTreeSet::new(); WORKERS];
    for _ in 0..4 {
        let (hit, moment) = (crew.clone(), crew.random(120));
        let power = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(30 + moment));
            hit.cluster().crash();
            hit.cluster().begin();
        });
        let both = workers.iter_mut().zip(&mut unsaved);
        let refreshing = both.map(|(worker, unsaved)| async {
            while !power.is_finished() {
                let name = crew.pick();
                if !worker.refresh(&name).await.starts_with("refreshed") {
                    unsaved.insert(name);
                }
            }
        });
        join_all(refreshing).await;
        power.await.unwrap();
    }
    let hit: usize = unsaved.iter().map(BTreeSet::len).sum();
    println!("{hit} refreshes were hit");
    assert!(hit > 0);
    // Workers with new tokens in memory store them, now that the database accepts writes again.
    for (worker, unsaved) in workers.iter_mut().zip(unsaved) {
        for name in unsaved {
            let mut tries = 0..600;
            loop {
                let answer = worker.refresh(&name).await;
                if answer.starts_with("refreshed") {
                    break;
                }
                assert!(
                    tries.next().is_some() && !answer.starts_with("dead"),
                    "{answer}"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        crew.note(worker);
    }
    assert_eq!(crew.settle().await, BTreeSet::new());
    let (unanswered, again) = provider.account(&crew.held().await);
    assert_eq!(unanswered, BTreeSet::new());
    assert_eq!(again, BTreeMap::new());
}

/// The result of a run of kills.
struct Run {
    /// The number of kills at each step, and the number of connections that they lost.
    histogram: BTreeMap<String, (usize, usize)>,
    /// Connections that were given up.
    given_up: BTreeSet<String>,
    /// Connections for which the provider returned a refresh token that was neither used nor stored.
    unanswered: BTreeSet<String>,
    /// The number of repeated uses of a refresh token, by connection. `careful` counts the reported careful tries.
    again: BTreeMap<String, usize>,
    careful: BTreeMap<String, usize>,
}

impl Run {
    fn check(&self) -> Result<(), String> {
        for (name, times) in &self.again {
            let known = self.careful.get(name).copied().unwrap_or_default();
            if known < *times {
                return Err(format!(
                    "{name}: a token was used again {times} times, {known} of them knowingly; the rest unknowingly"
                ));
            }
        }
        match self.given_up == self.unanswered {
            true => Ok(()),
            false => Err(format!(
                "given up {:?}, and without an answer {:?}",
                self.given_up, self.unanswered
            )),
        }
    }
}

async fn killed(kills: usize, place: Place, planted: Planted) -> Run {
    let provider = Arc::new(Provider::strict().await);
    let crew = Arc::new(Crew::new(provider.clone(), place, planted, kills + 20 * WORKERS).await);
    let mut tasks = Vec::new();
    for nth in 0..WORKERS {
        let crew = crew.clone();
        let share = (nth..kills).step_by(WORKERS).collect::<Vec<_>>();
        tasks.push(tokio::spawn(async move {
            let mut killed = Vec::new();
            for kill in share {
                killed.push(crew.kill(kill).await);
            }
            killed
        }));
    }
    let mut killed = Vec::new();
    for task in tasks {
        killed.extend(task.await.unwrap());
    }
    // Wait until the leases of the killed workers have expired.
    tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
    let given_up = crew.settle().await;
    let (unanswered, again) = provider.account(&crew.held().await);
    let mut histogram: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (step, name) in killed {
        let row = histogram.entry(step).or_default();
        row.0 += 1;
        row.1 += usize::from(given_up.contains(&name));
    }
    Run {
        histogram,
        given_up,
        unanswered,
        again,
        careful: crew.careful(),
    }
}

/// Lets a worker hang at a step for longer than its lease while another worker refreshes twice, and then resumes the first.
/// Returns the lines of the second worker, the line of the first, the provider and the crew.
async fn hangs(
    provider: Provider,
    step: Step,
    planted: Planted,
) -> (Vec<String>, String, Arc<Provider>, Crew) {
    let provider = Arc::new(provider);
    let crew = Crew::new(provider.clone(), Place::sqlite(), planted, 1).await;
    let mut first = crew.worker(Some(step), planted).await;
    first.tell("0").await;
    assert_eq!(
        first.hear().await.as_deref(),
        Some(&*format!("at {}", step.name()))
    );
    // Without the fence, the lease expires long before the worker notices.
    let over = match planted {
        Planted::NoFence => LEASE / 3,
        _ => LEASE + Duration::from_millis(200),
    };
    tokio::time::sleep(over).await;
    let mut second = crew.worker(None, Planted::Nothing).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(second.refresh("0").await);
    }
    first.tell("go").await;
    let own = first.answer().await;
    crew.note(&mut first);
    crew.note(&mut second);
    (answers, own, provider, crew)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_hangs_before_it_sends_sends_nothing() {
    for step in [Step::Leased, Step::Journaled] {
        let (others, own, provider, crew) =
            hangs(Provider::strict().await, step, Planted::Nothing).await;
        assert_eq!(others, ["refreshed 0", "refreshed 0"]);
        assert_eq!(own, "refreshed 0", "it found what the other had");
        assert_eq!(provider.uses(), 2, "{step:?}");
        assert_eq!(crew.settle().await, BTreeSet::new());
    }
    let (_, _, _, crew) = hangs(Provider::strict().await, Step::Leased, Planted::NoFence).await;
    assert_eq!(
        crew.settle().await.len(),
        1,
        "without the fence it sends, and the grant is over"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_hangs_after_it_sent_is_an_unknown_outcome() {
    let (others, own, _, crew) =
        hangs(Provider::strict().await, Step::Answered, Planted::Nothing).await;
    assert_eq!(
        others,
        ["dead 0", "dead 0"],
        "the careful try of a strict provider's token"
    );
    assert!(["refreshed 0", "dead 0"].contains(&&*own), "{own}");
    assert_eq!(crew.careful()["0"], 1, "and it was counted");
    let lenient = || Provider::lenient();
    let (others, _, provider, crew) =
        hangs(lenient().await, Step::Answered, Planted::Nothing).await;
    assert_eq!(others, ["refreshed 0", "refreshed 0"]);
    let newest = provider.newest();
    assert_eq!(crew.settle().await, BTreeSet::new());
    assert_eq!(
        provider.used_last(),
        newest,
        "the late answer replaced nothing"
    );
    let (.., crew) = hangs(lenient().await, Step::Answered, Planted::NoCompareAndSwap).await;
    let told = crew.worker(None, Planted::Nothing).await.refresh("0").await;
    assert!(
        told.contains("cannot be opened"),
        "without compare-and-swap it does, and is sealed for a version that is over: {told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_of_sixty_four_tasks_refresh_each_of_fifty_connections_once() {
    for place in [Place::sqlite(), Place::postgres()] {
        races(place).await;
    }
}

/// Leases use the database's clock, so the clocks of the workers' machines do not matter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_whose_clocks_differ_by_a_minute_refresh_each_connection_once() {
    let provider = Arc::new(Provider::strict().await);
    let crew = Crew::new(provider.clone(), Place::postgres(), Planted::Nothing, 50).await;
    let mut workers = Vec::new();
    for nth in 0..8 {
        let time = if nth % 2 == 0 { "+60s" } else { "+0" };
        workers.push(crew.worker_at(time).await);
    }
    let mut believed = Vec::new();
    for worker in &mut workers {
        worker.tell("time").await;
        let time: u64 = worker.answer().await.parse().unwrap();
        believed.push(time);
    }
    let (first, second) = (believed[0], believed[1]);
    assert!((55..=65).contains(&(first - second)), "{believed:?}");
    race(&provider, &mut workers).await;
}

async fn races(place: Place) {
    let provider = Arc::new(Provider::strict().await);
    let crew = Crew::new(provider.clone(), place, Planted::Nothing, 50).await;
    let mut workers = Vec::new();
    for _ in 0..8 {
        workers.push(crew.worker(None, Planted::Nothing).await);
    }
    race(&provider, &mut workers).await;
}

async fn race(provider: &Provider, workers: &mut [Worker]) {
    for worker in workers.iter_mut() {
        worker.tell("race 50 64").await;
    }
    for worker in workers {
        assert_eq!(worker.answer().await, "raced");
    }
    assert_eq!(provider.uses(), 50);
    let (_, again) = provider.account(&BTreeSet::new());
    assert_eq!(again, BTreeMap::new(), "each once");
}

/// The methods that kill a worker.
impl Crew {
    /// Kills a worker at a step, or at a random moment. Returns the name of the step, and the connection that the worker
    /// was refreshing.
    async fn kill(&self, nth: usize) -> (String, String) {
        let step = Step::ALL.get(nth % (Step::ALL.len() + 1)).copied();
        let mut worker = self.worker(step, self.planted).await;
        let mut name = self.pick();
        match step {
            Some(step) => self.until(&mut worker, step, &mut name).await,
            None => {
                let moment = Duration::from_micros(self.random(40_000));
                let refreshing = async {
                    loop {
                        worker.refresh(&name).await;
                        name = self.pick();
                    }
                };
                tokio::time::timeout(moment, refreshing).await.unwrap_err();
            }
        }
        self.retire(&name);
        let killed = (step.map_or("random".to_owned(), Step::name), name);
        worker.kill().await;
        self.note(&mut worker);
        killed
    }

    /// Gives the worker connections until it hangs at the step. `name` is the last of them.
    async fn until(&self, worker: &mut Worker, step: Step, name: &mut String) {
        let at = format!("at {}", step.name());
        loop {
            worker.tell(name).await;
            if worker.answer().await == at {
                return;
            }
            *name = self.pick();
        }
    }
}
