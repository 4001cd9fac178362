/// A job's latest executions as a row of bars, oldest first, as SVG with its words for who does not see it. What is alike and side by
/// side is one stroke, dashed into bars: a page has fifty of these.
struct Bars: Sendable {
    enum Bar: Sendable, Hashable { case good, late, bad, still, none }

    let svg: String

    /// `bars` oldest first; fewer than `places` leave the first ones empty.
    init(_ bars: [Bar], places: Int = 24) {
        let shown = bars.suffix(places)
        let all = Array(repeating: Bar.none, count: places - shown.count) + shown
        let paths = Self.shapes.compactMap { bar, name, height in
            Self.runs(of: bar, in: all).isEmpty
                ? nil
                : "<path class=\"\(name)\" d=\"\(Self.runs(of: bar, in: all).map { "M\($0.lowerBound * 5) \(16 - height / 2)h\($0.count * 5 - 1)" }.joined())\"/>"
        }
        let size = "width=\"\(places * 5 - 1)\" height=\"16\""
        svg = "<svg class=\"bars\" \(size) role=\"img\" aria-label=\"\(Self.words(shown))\">\(paths.joined())</svg>"
    }

    private static let shapes: [(bar: Bar, name: String, height: Int)] = [
        (.good, "b-ok", 14), (.late, "b-late", 8), (.bad, "b-bad", 14), (.still, "b-still", 6), (.none, "b-none", 2),
    ]

    private static func runs(of bar: Bar, in bars: [Bar]) -> [Range<Int>] {
        bars.indices.reduce(into: []) { runs, place in
            guard bars[place] == bar else { return }
            if let last = runs.last, last.upperBound == place {
                runs[runs.count - 1] = last.lowerBound..<place + 1
            } else {
                runs.append(place..<place + 1)
            }
        }
    }

    private static func words(_ bars: ArraySlice<Bar>) -> String {
        guard !bars.isEmpty else { return "No executions yet" }
        let kinds: [(Bar, String)] = [(.good, "succeeded"), (.late, "started late"), (.bad, "failed"), (.still, "did not run")]
        let parts = kinds.compactMap { bar, word in
            let count = bars.count { $0 == bar }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return "Last \(bars.count): \(parts.joined(separator: ", "))"
    }
}
