//! The table that the driver prints.

use super::faults::ROWS;

/// The results for the connections that a row of the table hit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: usize,
    pub(crate) avoidable: usize,
    pub(crate) unavoidable: usize,
    /// The number of connections that were given up because a response stated that the grant has ended.
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

/// The result of a run.
#[derive(Default)]
pub(crate) struct Found {
    /// The results, one for each row of the table.
    pub(crate) tallies: Vec<Tally>,
    pub(crate) requests: usize,
    /// The number of kills of workers that had sent a request.
    pub(crate) hits: usize,
    /// The size of the workers' logs in bytes.
    pub(crate) logged: usize,
    /// Descriptions of everything that must not happen.
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

/// Returns the table in Markdown: a line for each kind of fault, and their sum.
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
