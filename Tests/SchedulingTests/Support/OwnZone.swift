import JSON
import Synchronization

@testable import Time

/// A time zone of the test's own, which no file says anything about: its rules are what the test sets, for the whole process.
struct OwnZone: Sendable {
    let name = "Test/Zone\(UInt32.random(in: .min ... .max))"

    /// Its clock is so many minutes ahead of UTC.
    init(minutes: Int = 0) { change(to: minutes) }

    func change(to minutes: Int) { ZoneData.known.withLock { $0[name] = ZoneRules(id: name, offset: minutes * 60) } }

    func forget() { ZoneData.known.withLock { $0[name] = nil } }

    /// Once a year, when its clock shows what UTC shows at `time`, which is a full minute.
    func yearly(at time: Timestamp) -> JSON {
        let local = ZoneRules.utc.local(time)
        return ["cron": .string("\(local.minute) \(local.hour) \(local.day) \(local.month) *"), "timezone": .string(name)]
    }
}
