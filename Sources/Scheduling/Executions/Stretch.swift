import Time

/// Occurrences of a job in a row that did not run, all for one reason. It goes on until one is queued again.
///
/// Up to 100 of them are rows of their own. From then on they are one row with a count, which grows; that one spans a day at
/// most, because history leaves by the day on which a row begins.
struct Stretch: Sendable, Equatable {
    /// The first occurrence of all.
    var from: Timestamp
    var reason: Reason
    /// The first occurrence of what is, or may become, one row, and how many these are.
    var rowFrom: Timestamp
    var rowCount: Int

    /// More than this become one row.
    static let mostSingleRows = 100
    private static let longestRow: Duration = .seconds(86_400)

    /// What is written of some occurrences.
    enum Entry: Sendable, Equatable {
        case row(first: Timestamp, last: Timestamp, count: Int)
        /// The row that begins at `first` grows; with `instead`, the single rows behind it become part of it.
        case growth(first: Timestamp, last: Timestamp, count: Int, instead: Bool)

        var last: Timestamp {
            switch self {
            case .row(_, let last, _), .growth(_, let last, _, _): last
            }
        }
    }

    /// A stretch that begins with an occurrence which is still to be added.
    private init(from first: Timestamp, reason: Reason) {
        (from, self.reason, rowFrom, rowCount) = (first, reason, first, 0)
    }

    init(from: Timestamp, reason: Reason, rowFrom: Timestamp, rowCount: Int) {
        (self.from, self.reason, self.rowFrom, self.rowCount) = (from, reason, rowFrom, rowCount)
    }

    /// Goes on from `stretch` (if that has the same reason) by these occurrences, in order and later than all before. Answers the
    /// stretch as it is now, and what is to be written.
    static func adding(_ times: [Timestamp], _ reason: Reason, to stretch: Stretch?) -> (stretch: Stretch?, entries: [Entry]) {
        guard let first = times.first else { return (stretch, []) }
        var stretch = stretch.flatMap { $0.reason == reason ? $0 : nil } ?? Stretch(from: first, reason: reason)
        var entries: [Entry] = []
        var rest = times[...]
        while let first = rest.first {
            if first >= stretch.rowFrom.adding(longestRow) { (stretch.rowFrom, stretch.rowCount) = (first, 0) }
            let end = stretch.rowFrom.adding(longestRow)
            let part = rest.prefix { $0 < end }
            rest = rest.dropFirst(part.count)
            entries += stretch.take(part)
        }
        return (stretch, entries)
    }

    /// What comes next is no part of the row before it: something has run between them.
    mutating func beginRow() { (rowFrom, rowCount) = (Timestamp(seconds: 0), 0) }

    private mutating func take(_ times: ArraySlice<Timestamp>) -> [Entry] {
        guard let first = times.first, let last = times.last else { return [] }
        let before = rowCount
        rowCount += times.count
        if rowCount <= Self.mostSingleRows { return times.map { .row(first: $0, last: $0, count: 1) } }
        if before == 0 { return [.row(first: first, last: last, count: rowCount)] }
        return [.growth(first: rowFrom, last: last, count: rowCount, instead: before <= Self.mostSingleRows)]
    }
}
