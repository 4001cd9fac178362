/// The sign of a state: shape and colour; the word stands beside it.
public struct Mark: Sendable {
    let svg: String

    private init(_ name: String, _ shape: String) {
        svg = "<svg class=\"mark \(name)\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">\(shape)</svg>"
    }

    /// ● healthy, success
    public static let good = Mark("ok", "<circle cx=\"6\" cy=\"6\" r=\"4\"/>")
    /// ◆ late, missed
    public static let late = Mark("warn", "<path d=\"M6 1l5 5-5 5-5-5z\"/>")
    /// ▲ failing, failed, timeout
    public static let bad = Mark("bad", "<path d=\"M6 1l5 9H1z\"/>")
    /// ◐ running
    public static let running = Mark("run", "<circle cx=\"6\" cy=\"6\" r=\"4\" class=\"ring\"/><path d=\"M6 2a4 4 0 0 1 0 8z\"/>")
    /// ‖ paused, skipped, cancelled
    public static let still = Mark("still", "<path d=\"M3 2h2v8H3zM7 2h2v8H7z\"/>")
    /// ○ pending
    public static let waiting = Mark("still", "<circle cx=\"6\" cy=\"6\" r=\"4\" class=\"ring\"/>")
}
