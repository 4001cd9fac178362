import Time

/// The three forms of a date in HTTP (RFC 9110 §5.6.7), of which two are obsolete and still must be read.
enum HTTPDate {
    /// The instant that `text` names, to the second; nil for anything that is none of the forms. `now` tells which century
    /// two digits of a year mean. The name of the weekday is not held against the date.
    static func instant(_ text: String, now: Timestamp) -> Timestamp? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[0].hasSuffix(",") && words[5] == "GMT" && words[3].utf8.count == 4:
            return instant(words[3], month: words[2], day: words[1], time: words[4])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, date[2].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let year = Int(date[2])
            else {
                return nil
            }
            return instant(fullYear(year, now: now), month: date[1], day: date[0], time: words[2])
        // Sun Nov 06 08:49:37 1994, and with a day of one digit two blanks before it
        case 5 where words[4].utf8.count == 4: return instant(words[4], month: words[1], day: words[2], time: words[3])
        case 6 where words[2].isEmpty && words[3].utf8.count == 1 && words[5].utf8.count == 4:
            return instant(words[5], month: words[1], day: "0" + words[3], time: words[4])
        default: return nil
        }
    }

    /// A year that would be more than 50 years ahead is the last one with these digits.
    private static func fullYear(_ twoDigits: Int, now: Timestamp) -> String {
        guard let current = Int(now.rfc3339Seconds.prefix(4)) else { return "" }
        let year = current - current % 100 + twoDigits
        return String(year > current + 50 ? year - 100 : year)
    }

    private static func instant(_ year: String, month: String, day: String, time: String) -> Timestamp? {
        guard let month = months.firstIndex(of: month) else { return nil }
        return Timestamp(rfc3339: "\(year)-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(time)Z")
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
