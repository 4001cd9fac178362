import NIOCore

/// Connections that wait for something, in the order in which they came; any of them may leave from the middle.
struct Line {
    typealias Place = UInt64

    private var channels: [Place: any Channel] = [:]
    private var end: Place = 0
    /// No place before it is taken.
    private var front: Place = 0

    var count: Int { channels.count }

    mutating func join(_ channel: any Channel) -> Place {
        // Each time, so that it never takes long: every place is passed once.
        skipFreePlaces()
        channels[end] = channel
        end += 1
        return end - 1
    }

    /// False for who is not in the line any more.
    mutating func leave(_ place: Place) -> Bool { channels.removeValue(forKey: place) != nil }

    /// Who has waited the longest, and does not any more.
    mutating func takeFirst() -> (any Channel)? {
        skipFreePlaces()
        return channels.removeValue(forKey: front)
    }

    private mutating func skipFreePlaces() {
        while front < end, channels[front] == nil { front += 1 }
    }
}
