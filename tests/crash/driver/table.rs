//! The table that the driver prints.

use super::faults::ROWS;

/// What became of the connections that a row of the table hit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: usize,
    pub(crate) avoidable: usize,
    pub(crate) unavoidable: usize,
    /// Given up because a response stated that the grant is dead.
    pub(crate) stated: usize,
    pub(crate) double_sends: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.kills += other.kills;
        self.avoidable += other.avoidable;
        self.unavoidable += other.unavoidable;
        self.stated += other.stated;
        self.double_sends += other.double_sends;
    }

    fn line(&self, name: &str) -> String {
        let Tally {
            kills,
            avoidable,
            unavoidable,
            stated,
            double_sends,
        } = self;
        format!("| {name} | {kills} | {avoidable} | {unavoidable} | {stated} | {double_sends} |\n")
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Found {
    /// One for each row of the table.
    pub(crate) tallies: Vec<Tally>,
    pub(crate) requests: usize,
    /// Kills of workers that had sent a request.
    pub(crate) hits: usize,
    /// Bytes of the workers' logs.
    pub(crate) logged: usize,
    /// What must not have happened, in words.
    pub(crate) wrong: Vec<String>,
}

impl Found {
    pub(crate) fn add(&mut self, other: Found) {
        self.tallies.resize(ROWS.len(), Tally::default());
        for (own, other) in self.tallies.iter_mut().zip(other.tallies) {
            own.add(other);
        }
        self.requests += other.requests;
        self.hits += other.hits;
        self.logged += other.logged;
        self.wrong.extend(other.wrong);
    }
}

/// The table in Markdown: a line for each kind of fault, and their sum.
pub(crate) fn table(tallies: &[Tally]) -> String {
    let mut table = "| fault | kills | avoidable losses | unavoidable losses | given up as the response states | sent twice |\n\
                     |---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let mut sum = Tally::default();
    for (row, tally) in ROWS.iter().zip(tallies) {
        table += &tally.line(row.name);
        sum.add(*tally);
    }
    table + &sum.line("all")
}
