extension CronExpression {
    /// What the expression means, in English, with the zone: "At 02:00, Monday to Friday (Europe/Oslo)".
    public func words(in zone: ZoneRules) -> String { "\(CronWords(fields: fields).text) (\(zone.id))" }
}

extension Schedule {
    /// What the schedule means, in English: "Every 15 minutes from 09:00 to 17:45, Monday to Friday (Europe/Oslo)".
    public var words: String {
        var text: String
        switch kind {
        case .cron(let expression): text = expression.words(in: zone)
        case .every(let seconds, let anchor):
            text = Self.words(every: max(1, seconds))
            if let anchor { text += ", counted from \(wall(anchor))" }
        case .at(let moment): text = "Once, on \(wall(moment))"
        case .onDemand: return "Only on demand"
        }
        if let startsAt { text += ", from \(wall(startsAt))" }
        if let endsAt { text += ", until \(wall(endsAt))" }
        return text
    }

    private static func words(every seconds: Int64) -> String {
        for (unit, name) in [(3600, "hour"), (60, "minute")] as [(Int64, String)] where seconds % unit == 0 {
            return seconds == unit ? "Every \(name)" : "Every \(seconds / unit) \(name)s"
        }
        return seconds == 1 ? "Every second" : "Every \(seconds) seconds"
    }

    /// "2026-11-23 02:00 (Europe/Oslo)", with seconds if there are any.
    private func wall(_ instant: Timestamp) -> String {
        let local = zone.local(instant)
        let text = "\(local)".split(separator: "T").joined(separator: " ")
        return "\(local.second == 0 ? String(text.dropLast(3)) : text) (\(zone.id))"
    }
}
