/// How many calls a node may have in flight. A place is a number, not a thread: none costs anything until it is taken.
///
/// So many are open as are taken already, but always `minimum` and never more than `maximum`. So what a node holds can
/// double with each look as long as something is due (a herd of thousands is leased within milliseconds), shrinks with what
/// ends, and among several nodes the first to look does not take all.
public struct Places: Sendable {
    let minimum: Int
    let maximum: Int

    /// From `minimum` (at least 1) to `maximum` (at least `minimum`).
    public init(_ minimum: Int, upTo maximum: Int) {
        self.minimum = max(1, min(minimum, maximum))
        self.maximum = max(1, maximum)
    }

    /// How many more may be leased beside those that are held.
    func free(beside held: Int) -> Int { min(max(minimum, held), maximum - held) }
}
