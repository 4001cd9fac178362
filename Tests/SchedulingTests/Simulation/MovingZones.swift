import Foundation
import Synchronization
import TestSupport

@testable import Time

/// Zones of one simulation's own, of which new data arrives while it runs. Each begins as a real one.
///
/// What they say is said twice, once for the engine and once for the oracle: the engine's is put together from segments, the
/// oracle's asks Foundation and adds up.
struct MovingZones {
    /// What new data says of a zone's clock from a moment on, for ever.
    enum Step {
        /// It is so many seconds further ahead of what it would be.
        case shift(Int)
        /// It is so many seconds ahead of UTC, summer and winter, but for the steps after this.
        case fixed(Int)
    }

    struct News {
        let id: String
        let since: Int64
        let step: Step
    }

    static let bases = ["America/New_York", "Australia/Lord_Howe", "Europe/Oslo", "UTC"]
    private static let counter = Mutex(0)

    /// What stands before the names of other zones; a mutant has some of its own.
    private let prefix: String
    private let ownPrefix = "Sim\(ProcessInfo.processInfo.processIdentifier)-\(Self.counter.withLock { $0 += 1; return $0 })/"
    private var news: [News] = []

    var count: Int { news.count }

    init(prefix: String = "") { self.prefix = prefix }

    /// The release of the data that the nodes have.
    var version: String { "2024-\(1_000 + news.count)" }

    func name(of id: String) -> String { (Self.bases.contains(id) ? ownPrefix : prefix) + id }

    /// The real zone behind a name.
    func id(of name: String) -> String {
        for prefix in [ownPrefix, prefix] where name.hasPrefix(prefix) { return String(name.dropFirst(prefix.count)) }
        return name
    }

    /// The process knows the zones from here to `forget`.
    func install() { for id in Self.bases { publish(id) } }

    func forget() { ZoneData.known.withLock { known in for id in Self.bases { known[ownPrefix + id] = nil } } }

    // MARK: News

    /// The clock is moved by an hour, within two hours of what it was at first, or stays as it is in winter.
    func draw(now: Timestamp, using random: inout Seeded) -> News {
        let id = Self.bases.randomElement(using: &random) ?? "UTC"
        // Data may come late, and may come in time.
        let hours = [-2, -1, 0, 0, 1, 5, 20].randomElement(using: &random) ?? 0
        let since = (now.seconds / 1_800 + 2 * Int64(hours)) * 1_800
        let zone = TimeZone(identifier: id) ?? .gmt
        let date = Date(timeIntervalSince1970: Double(since))
        let moved = offset(of: id)(since) - zone.secondsFromGMT(for: date)
        let hour = moved >= 7_200 ? -3_600 : moved <= -7_200 ? 3_600 : Bool.random(using: &random) ? 3_600 : -3_600
        guard Bool.random(using: &random), id != "UTC" else { return News(id: id, since: since, step: .shift(hour)) }
        return News(id: id, since: since, step: .fixed(zone.secondsFromGMT(for: date) - Int(zone.daylightSavingTimeOffset(for: date))))
    }

    /// Every node goes by it from now on; who is to compute what again is another matter.
    mutating func publish(_ news: News) {
        self.news.append(news)
        publish(news.id)
    }

    // MARK: For the oracle

    /// The seconds that a zone's clock is ahead, at a second since 1970, by the newest data.
    func offset(of id: String) -> (Int64) -> Int {
        let (own, zone) = (news.filter { $0.id == id }, TimeZone(identifier: id) ?? .gmt)
        return { second in
            var offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
            for news in own where news.since <= second {
                switch news.step {
                case .shift(let seconds): offset += seconds
                case .fixed(let seconds): offset = seconds
                }
            }
            return offset
        }
    }

    // MARK: For the engine

    private func publish(_ id: String) {
        guard let zone = ZoneRules.named(id) else { return }
        var segments = Self.segments(of: zone)
        for news in news where news.id == id { segments = Self.changed(segments, by: news) }
        segments[0].from = ZoneSegment.always.lowerBound
        segments[segments.count - 1].until = ZoneSegment.always.upperBound
        var seen = Int64.min
        for index in segments.indices {
            segments[index].seenUntil = seen
            seen = max(seen, segments[index].until + segments[index].offset)
        }
        let rules = ZoneRules(id: ownPrefix + id, segments: segments)
        ZoneData.known.withLock { $0[ownPrefix + id] = rules }
    }

    /// From 2023 to 2027; the last holds for ever.
    private static func segments(of zone: ZoneRules) -> [ZoneSegment] {
        var segments: [ZoneSegment] = []
        var second: Int64 = 1_672_531_200
        while second < 1_800_000_000 {
            segments.append(zone.segment(containing: second))
            second = segments[segments.count - 1].until
        }
        return segments
    }

    private static func changed(_ segments: [ZoneSegment], by news: News) -> [ZoneSegment] {
        segments.flatMap { segment -> [ZoneSegment] in
            guard segment.until > news.since else { return [segment] }
            var (before, after) = (segment, segment)
            (before.until, after.from) = (news.since, max(news.since, segment.from))
            switch news.step {
            case .shift(let seconds): after.offset += Int64(seconds)
            case .fixed(let seconds): after.offset = Int64(seconds)
            }
            return before.from < before.until ? [before, after] : [after]
        }
    }
}

extension MovingZones.News: CustomStringConvertible {
    var description: String { "\(id) from \(Timestamp(seconds: since).rfc3339) on: \(step)" }
}
