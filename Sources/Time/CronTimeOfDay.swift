/// The times of one day, in seconds from its midnight.
extension CronPattern {
    var firstTimeOfDay: Int { time(hours.trailingZeroBitCount, minutes.trailingZeroBitCount, seconds.trailingZeroBitCount) }
    var lastTimeOfDay: Int { time(highestBit(hours), highestBit(minutes), highestBit(seconds)) }

    /// The first time of the day not before `start`.
    func timeOfDay(from start: Int) -> Int? {
        let (hour, minute, second) = (start / 3600, start / 60 % 60, start % 60)
        if hours & 1 << hour != 0 {
            if minutes & 1 << minute != 0, let found = bit(of: seconds, from: second) { return time(hour, minute, found) }
            if let found = bit(of: minutes, from: minute + 1) { return time(hour, found, seconds.trailingZeroBitCount) }
        }
        return bit(of: hours, from: hour + 1).map { time($0, minutes.trailingZeroBitCount, seconds.trailingZeroBitCount) }
    }

    /// The last time of the day not after `end`.
    func timeOfDay(through end: Int) -> Int? {
        let (hour, minute, second) = (end / 3600, end / 60 % 60, end % 60)
        if hours & 1 << hour != 0 {
            if minutes & 1 << minute != 0, let found = bit(of: seconds, before: second + 1) { return time(hour, minute, found) }
            if let found = bit(of: minutes, before: minute) { return time(hour, found, highestBit(seconds)) }
        }
        return bit(of: hours, before: hour).map { time($0, highestBit(minutes), highestBit(seconds)) }
    }

    private func time(_ hour: Int, _ minute: Int, _ second: Int) -> Int { hour * 3600 + minute * 60 + second }

    /// `position` is at most 60.
    private func bit(of bits: UInt64, from position: Int) -> Int? {
        let rest = bits >> position
        return rest == 0 ? nil : position + rest.trailingZeroBitCount
    }

    private func bit(of bits: UInt64, before position: Int) -> Int? {
        let rest = bits & (1 << position - 1)
        return rest == 0 ? nil : highestBit(rest)
    }
}
