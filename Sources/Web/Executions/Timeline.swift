import Scheduling

/// What an attempt's time went into, as bars: how late it started, resolve, connect, TLS, first byte, and the rest till it was done.
/// All attempts are drawn to one scale. The numbers stand beside them.
struct Timeline {
    /// One after the other.
    enum Phase: Int, CaseIterable {
        case late, resolve, connect, tls, firstByte, rest
    }

    struct Segment: Equatable {
        let phase: Phase
        let start: Int
        let width: Int
    }

    static let width = 600
    /// So much of what took any time at all is to be seen.
    private static let least = 3

    private let attempts: [[Int64]]
    /// Microseconds that are drawn over the whole width.
    private let scale: Int64

    init(_ attempts: [Attempt]) {
        self.attempts = attempts.map(Self.microseconds)
        // Beside a retry that waited for an hour, nothing would be seen of a call of milliseconds: lateness is drawn as long as the
        // longest call at most, with a mark where it is cut.
        let longest = self.attempts.map { $0.dropFirst().reduce(0, Self.sum) }.max() ?? 0
        longestCall = max(1, longest)
        let (cap, all) = (longestCall, self.attempts)
        scale = max(1, all.map { Self.sum(min($0[0], cap), $0.dropFirst().reduce(0, Self.sum)) }.max() ?? 1)
    }

    private let longestCall: Int64

    /// Of one attempt, in the order of `Phase`.
    static func microseconds(_ attempt: Attempt) -> [Int64] {
        func time(_ phase: String) -> Int64 { max(0, attempt.timings.first { $0.phase == phase }?.microseconds ?? 0) }
        let parts = [time("queue"), time("dns"), time("connect"), time("tls"), time("first_byte")]
        return parts + [max(0, time("total") - parts.dropFirst().reduce(0, sum))]
    }

    private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, isOver) = a.addingReportingOverflow(b)
        return isOver ? .max : sum
    }

    /// Whether more time passed before it started than is drawn.
    func isLatenessCut(_ index: Int) -> Bool { attempts[index][0] > longestCall }

    /// The bars of an attempt from left to right; what took no time has none.
    func segments(_ index: Int) -> [Segment] {
        let times = [min(attempts[index][0], longestCall)] + attempts[index].dropFirst()
        var widths = times.map { time in
            time == 0 ? 0 : max(Self.least, Int((Double(time) / Double(scale) * Double(Self.width)).rounded()))
        }
        // What the small ones got for nothing, the largest give.
        while let largest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[largest] > Self.least {
            let over = widths.reduce(0, +) - Self.width
            guard over > 0 else { break }
            widths[largest] -= min(over, widths[largest] - Self.least)
        }
        var start = 0
        return zip(Phase.allCases, widths).compactMap { phase, width in
            defer { start += width }
            return width > 0 ? Segment(phase: phase, start: start, width: width) : nil
        }
    }

    /// The bars as SVG; at its end, how the attempt ended.
    func svg(_ index: Int, _ status: ExecutionStatus) -> String {
        let segments = segments(index)
        let shapes = segments.map { segment in
            let isLate = segment.phase == .late
            let (top, height) = isLate ? (7, 2) : (2, 12)
            let cut = isLate && isLatenessCut(index) ? "<path class=\"t0\" d=\"M\(segment.start + segment.width / 2) 2h3v12h-3z\"/>" : ""
            return
                "<path class=\"t\(segment.phase.rawValue)\" d=\"M\(segment.start) \(top)h\(segment.width)v\(height)h-\(segment.width)z\"/>"
                + cut
        }
        let end = min(segments.last.map { $0.start + $0.width } ?? 0, Self.width - 4)
        let mark = "<path class=\"\(status == .success ? "ok" : "bad")\" d=\"M\(end) 0h4v16h-4z\"/>"
        return "<svg class=\"track\" viewBox=\"0 0 \(Self.width) 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + shapes.joined() + mark + "</svg>"
    }
}
