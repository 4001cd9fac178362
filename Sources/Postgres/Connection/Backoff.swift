/// How long to wait before the next attempt: twice as long each time, at most 1 s, and a random part of it off, so that many
/// clients do not come back in the same instant. No longer than that: a server that is back is used within 2 s.
struct Backoff {
    private var step = Duration.milliseconds(50)

    mutating func next() -> Duration {
        defer { step = min(step * 2, .seconds(1)) }
        return step * Double.random(in: 0.5...1)
    }

    mutating func reset() { self = Backoff() }
}
