import Foundation
import JSON
import Logging
import Time

/// Structured logs on standard error: JSON lines in production, plain lines for a person in development.
enum Log {
    static func make(for configuration: Configuration) -> Logger {
        let isProduction = configuration.stage == .production
        LoggingSystem.bootstrap { _ in isProduction ? LineLog.json : LineLog.plain }
        var logger = Logger(label: "prikke")
        logger.logLevel = .info
        return logger
    }

    /// For a command: what matters is its answer.
    static func quiet() -> Logger {
        LoggingSystem.bootstrap { _ in LineLog.plain }
        var logger = Logger(label: "prikke")
        logger.logLevel = .warning
        return logger
    }
}

/// One line an event on standard error, in one of two forms.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let line: @Sendable (LogEvent, [(key: String, value: Logger.MetadataValue)]) -> String

    /// One JSON object: time, level, message, and the metadata as members.
    static let json = LineLog { event, facts in
        var line: JSONObject = [
            "time": .string(Timestamp.now().rfc3339), "level": .string(event.level.rawValue), "message": .string("\(event.message)"),
        ]
        for (key, value) in facts { line[key] = .string("\(value)") }
        return String(decoding: JSON.object(line).bytes(), as: UTF8.self)
    }

    /// `09:14:03 warning message key=value`
    static let plain = LineLog { event, facts in
        let time = Timestamp.now().rfc3339Seconds.dropFirst(11).dropLast()
        let line = "\(time) \(event.level) \(event.message)" + facts.map { " \($0.key)=\($0.value)" }.joined()
        // A line break in a value must not begin a line that looks like another entry.
        return String(String.UnicodeScalarView(line.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? "⏎" : $0 }))
    }

    private init(line: @escaping @Sendable (LogEvent, [(key: String, value: Logger.MetadataValue)]) -> String) { self.line = line }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted { $0.key < $1.key }
        Output.note(line(event, facts.map { (key: $0.key, value: $0.value) }))
    }
}
