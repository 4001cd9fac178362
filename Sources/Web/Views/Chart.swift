/// A chart that answers one question. It is drawn here, as SVG; what it shows is said in its caption, for everybody. (The stored names
/// are long because a template knows no name at two depths.)
struct Chart: Sendable {
    /// The question.
    let chartTitle: String
    let chartSVG: String
    /// The answer.
    let chartCaption: String
    /// What its upper edge stands for.
    let chartTop: String
    /// Where it begins and ends.
    let chartStart: String
    let chartEnd: String
}

/// What is drawn of a chart.
struct Drawing: Sendable {
    private static let width = 300.0
    private static let height = 60.0

    let svg: String

    /// One bar a place, of parts one upon the other; `classes` are those of the parts, from the bottom up.
    init(bars: [[Int]], classes: [String]) {
        let top = Double(max(1, bars.map { $0.reduce(0, +) }.max() ?? 1))
        let step = Self.width / Double(max(1, bars.count))
        let paths = classes.indices.map { part in
            let shapes = bars.enumerated().compactMap { place, bar -> String? in
                guard bar[part] > 0 else { return nil }
                let below = Double(bar[..<part].reduce(0, +)) / top * Self.height
                // What is little is seen all the same.
                let tall = max(1.5, Double(bar[part]) / top * Self.height)
                let upper = max(0, Self.height - below - tall)
                return
                    "M\(Self.text(Double(place) * step)) \(Self.text(upper))h\(Self.text(step - 1))v\(Self.text(tall))h-\(Self.text(step - 1))z"
            }
            return shapes.isEmpty ? "" : "<path class=\"\(classes[part])\" d=\"\(shapes.joined())\"/>"
        }
        svg = Self.frame(paths.joined())
    }

    /// Lines over places; nil: nothing is known there, and the line is broken.
    init(lines: [(name: String, values: [Int?])]) {
        let top = Double(max(1, lines.flatMap { $0.values.compactMap(\.self) }.max() ?? 1))
        let paths = lines.map { line in "<path class=\"\(line.name)\" d=\"\(Self.path(line.values, top: top))\"/>" }
        svg = Self.frame(paths.joined())
    }

    private static func path(_ values: [Int?], top: Double) -> String {
        let step = width / Double(max(1, values.count))
        var (path, isDrawing) = ("", false)
        for (place, value) in values.enumerated() {
            guard let value else {
                isDrawing = false
                continue
            }
            let (x, y) = ((Double(place) + 0.5) * step, 1 + (height - 2) * (1 - Double(value) / top))
            // One alone is a dot.
            path += "\(isDrawing ? "L" : "M")\(text(x)) \(text(y))" + (isDrawing ? "" : "h.1")
            isDrawing = true
        }
        return path
    }

    private static func frame(_ inside: String) -> String {
        "<svg class=\"chart\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\(inside)</svg>"
    }

    /// With one digit behind the point, and none where it would be 0.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
