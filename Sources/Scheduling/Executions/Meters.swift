import Metrics

/// What the engine counts, as `/metrics` shows it.
enum Meters {
    static let scheduled = Counter(label: "prikke_occurrences_queued_total")
    static let missed = Counter(label: "prikke_occurrences_missed_total")
    /// The unique keys under the scheduler's compare-and-swap caught something: must stay 0.
    static let caught = Counter(label: "prikke_duplicate_occurrences_caught_total")
    /// Occurrences that a schedule expected and of which nothing is known: must stay 0.
    static let unexplained = Gauge(label: "prikke_unexplained_occurrences")
    /// Scheduled executions at instants that no schedule named: must stay 0.
    static let unexpected = Counter(label: "prikke_unexpected_occurrences_total")
    /// How long the first occurrence that is not decided yet is past.
    static let lag = Gauge(label: "prikke_scheduler_lag_seconds")
    static let setAside = Counter(label: "prikke_jobs_set_aside_total")
    /// Jobs whose next run was computed again because the rules of their time zone changed.
    static let movedByZones = Counter(label: "prikke_next_runs_moved_by_zones_total")
    static let incidents = Counter(label: "prikke_incidents_opened_total")
    /// Hosts that are left alone because they fail.
    static let openBreakers = Gauge(label: "prikke_breakers_open")
    static let claimed = Counter(label: "prikke_executions_leased_total")
    static let recorded = Counter(label: "prikke_attempts_recorded_total")
    /// Outcomes that came after their lease was lost.
    static let fenced = Counter(label: "prikke_outcomes_fenced_total")
    static let rescued = Counter(label: "prikke_leases_rescued_total")
    static let pruned = Counter(label: "prikke_history_days_dropped_total")
    static let mendedLanes = Counter(label: "prikke_lanes_mended_total")
    /// Calls that lacked a signature, because a secret was sealed with another key than ours: must stay 0.
    static let unsigned = Counter(label: "prikke_calls_unsigned_total")
    /// Attempts of which nothing was sent, because a secret of their job did not open: must stay 0.
    static let unopened = Counter(label: "prikke_attempts_without_secrets_total")
    /// Outcomes that the database refused even without what was sent and received: must stay 0.
    static let refused = Counter(label: "prikke_outcomes_refused_total")
    /// Attempts that outlasted the grace period of a stop, handed to another node.
    static let handedOver = Counter(label: "prikke_attempts_handed_over_total")
    /// By how many seconds this machine's clock is ahead of the database's.
    static let clockLead = Gauge(label: "prikke_clock_lead_seconds")
    /// Messages to channels that are neither delivered nor given up.
    static let deliveriesWaiting = Gauge(label: "prikke_deliveries_waiting")
    /// What became of tries to tell a channel: `sent`, `again` (to be tried again), `failed`, `unknown`, `joined`.
    static func deliveries(_ outcome: String, _ count: Int) {
        Counter(label: "prikke_deliveries_total", dimensions: [("outcome", outcome)]).increment(by: count)
    }
    /// From due to started.
    static let lateness = Metrics.Timer(label: "prikke_start_lateness_seconds")

    /// Makes all counters, which otherwise are made when first counted: what has not happened yet is to be read as 0, not as unknown.
    static func begin() {
        counters.forEach { $0.increment(by: 0) }
        for outcome in ["sent", "again", "failed", "unknown", "joined"] { deliveries(outcome, 0) }
    }

    private static var counters: [Counter] {
        [
            scheduled, missed, caught, unexpected, setAside, movedByZones, claimed, recorded, fenced, rescued, pruned, mendedLanes,
            unsigned, unopened, refused, handedOver, incidents,
        ]
    }
}
