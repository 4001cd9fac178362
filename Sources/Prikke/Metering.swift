import CoreMetrics
import Metrics
import Synchronization
import Web

/// Collects what the program counts and writes it in Prometheus' text format (version 0.0.4). No reachable library does.
final class Metering: MetricsFactory {
    private static let shared = Metering()
    private let counters = Mutex<[String: Tally]>([:])
    private let levels = Mutex<[String: Level]>([:])
    private let times = Mutex<[String: Spread]>([:])

    /// From here on everything that is counted anywhere is collected.
    static func begin() { MetricsSystem.bootstrap(shared) }

    /// All of it, as `/metrics` shows it.
    static func text() -> String {
        let counters = shared.counters.withLock { $0.sorted { $0.key < $1.key } }
        let times = shared.times.withLock { $0.sorted { $0.key < $1.key } }
        let levels = shared.levels.withLock { $0.sorted { $0.key < $1.key } }
        return (counters.map { $1.text(name: $0) } + levels.map { $1.text(name: $0) } + times.map { $1.text(name: $0) }).joined()
    }

    /// How late executions started here, as far as the bounds of the histogram tell; nil: none has started.
    static func lateness() -> About.Lateness? {
        guard let spread = shared.times.withLock({ $0["prikke_start_lateness_seconds"] }), let median = spread.bound(of: 0.5),
            let most = spread.bound(of: 0.99)
        else { return nil }
        return About.Lateness(starts: spread.count, median: median, most: most, buckets: spread.buckets)
    }

    /// What became of executions here; nil: nothing as yet.
    static func delivery() -> About.Delivery? {
        guard let attempts = shared.counters.withLock({ $0["prikke_attempts_recorded_total"]?.count }), attempts > 0 else { return nil }
        let unexplained = shared.levels.withLock { $0["prikke_unexplained_occurrences"]?.last } ?? 0
        return About.Delivery(attempts: attempts, unexplained: Int64(unexplained))
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counters.withLock { Self.entry(&$0, Self.name(label, dimensions), Tally()) }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        times.withLock { Self.entry(&$0, label, Spread()) }
    }

    private static func entry<Value>(_ entries: inout [String: Value], _ name: String, _ new: Value) -> Value {
        if let known = entries[name] { return known }
        entries[name] = new
        return new
    }

    /// What is recorded is a gauge: the last value counts.
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        levels.withLock { Self.entry(&$0, Self.name(label, dimensions), Level()) }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}

    private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        dimensions.isEmpty ? label : label + "{" + dimensions.map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
    }
}

/// A number that only grows.
private final class Tally: CounterHandler {
    private let value = Atomic<Int64>(0)

    var count: Int64 { value.load(ordering: .relaxed) }
    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }
    func text(name: String) -> String {
        "# TYPE \(name.prefix { $0 != "{" }) counter\n\(name) \(value.load(ordering: .relaxed))\n"
    }
}

/// A number that goes up and down.
private final class Level: RecorderHandler {
    private let value = Mutex(0.0)

    var last: Double { value.withLock { $0 } }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { self.value.withLock { $0 = value } }
    func text(name: String) -> String {
        "# TYPE \(name.prefix { $0 != "{" }) gauge\n\(name) \(value.withLock { $0 })\n"
    }
}

/// How durations spread: a histogram in seconds.
private final class Spread: TimerHandler {
    private static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    private struct State {
        var counts = [Int64](repeating: 0, count: bounds.count)
        var count: Int64 = 0
        var sum: Double = 0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        state.withLock { state in
            if let bucket = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.counts[bucket] += 1 }
            state.count += 1
            state.sum += seconds
        }
    }

    var count: Int64 { state.withLock(\.count) }

    /// How many lie within each bound and not within the one before; last, those beyond all.
    var buckets: [(bound: Double?, count: Int64)] {
        let state = state.withLock { $0 }
        return zip(Self.bounds.map(Optional.some), state.counts).map { ($0, $1) } + [(nil, state.count - state.counts.reduce(0, +))]
    }

    /// So much or less was recorded in such a share of cases; nil: nothing was, or it was beyond the last bound.
    func bound(of share: Double) -> Double? {
        let state = state.withLock { $0 }
        var below: Int64 = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            below += count
            if state.count > 0, Double(below) >= share * Double(state.count) { return bound }
        }
        return nil
    }

    func text(name: String) -> String {
        let state = state.withLock { $0 }
        var text = "# TYPE \(name) histogram\n"
        var below: Int64 = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            below += count
            text += "\(name)_bucket{le=\"\(bound)\"} \(below)\n"
        }
        return text + "\(name)_bucket{le=\"+Inf\"} \(state.count)\n\(name)_sum \(state.sum)\n\(name)_count \(state.count)\n"
    }
}
