import JSON
import Time

extension TextFormat {
    /// RFC 3339 with an offset.
    public static let instant = TextFormat(name: "date-time", hint: "Write an instant with its offset, such as 2026-11-23T08:00:00Z.") {
        Timestamp(rfc3339: $0) != nil
    }
}

extension Shape {
    /// An instant as RFC 3339 writes it, with an offset.
    public static let instant = string(20...40, format: .instant)
}
