//! Counters and gauges, recorded through the `metrics` facade. They require the feature `metrics`. The names are stable.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `oauth_refreshes_total` | counter | `provider`, `outcome` |
//! | `oauth_provider_changes_total` | counter | `provider` |
//! | `oauth_api_calls_total` | counter | `provider`, `operation`, `outcome` |
//! | `oauth_connections`, `oauth_connections_given_up`, `oauth_connections_unsettled` | gauge | |
//! | `oauth_first_lost_seconds`, `oauth_tenth_lost_seconds`, `oauth_all_lost_seconds` | gauge | |
//!
//! The gauges are set by each call of `Manager::outlook`, and by each round of `Manager::keep_alive`. The last three state
//! how long it takes until connections are lost if refreshing stops now, which shows how urgent a defect is.

use metrics::{counter, gauge};

use crate::lifecycle::operate::event::Event;
use crate::lifecycle::protocol::row::Timestamp;
use crate::lifecycle::store::Outlook;

pub(crate) fn event(event: &Event) {
    let (key, outcome) = match event {
        Event::Refreshed { key, .. } => (key, "refreshed"),
        Event::NeedsLogin { key, .. } => (key, "needs_login"),
        Event::Failed { key, .. } => (key, "failed"),
        Event::AppIsWrong { key, .. } => (key, "app_is_wrong"),
        Event::OutcomeUnknown { key } => (key, "outcome_unknown"),
        Event::NotSaved { key, .. } => (key, "not_saved"),
        Event::SetApart { key, .. } => (key, "set_apart"),
        Event::ProviderChanged { key, .. } => {
            let provider = key.provider.clone();
            return counter!("oauth_provider_changes_total", "provider" => provider).increment(1);
        }
        Event::SpecChanged { .. } | Event::EndsSoon { .. } | Event::OddMember { .. } => return,
    };
    let provider = key.provider.clone();
    counter!("oauth_refreshes_total", "provider" => provider, "outcome" => outcome).increment(1);
}

pub(crate) fn call(provider: &'static str, operation: Option<&'static str>, outcome: &'static str) {
    let operation = operation.unwrap_or("unnamed");
    counter!(
        "oauth_api_calls_total",
        "provider" => provider, "operation" => operation, "outcome" => outcome
    )
    .increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn outlook(outlook: &Outlook) {
    gauge!("oauth_connections").set(outlook.rows as f64);
    gauge!("oauth_connections_given_up").set(outlook.given_up as f64);
    gauge!("oauth_connections_unsettled").set(outlook.unsettled as f64);
    let until = |end: Option<Timestamp>| match end {
        Some(end) => end.since(outlook.now).as_secs_f64(),
        // No end is known.
        None => f64::INFINITY,
    };
    gauge!("oauth_first_lost_seconds").set(until(outlook.first));
    gauge!("oauth_tenth_lost_seconds").set(until(outlook.tenth));
    gauge!("oauth_all_lost_seconds").set(until(outlook.all));
}
