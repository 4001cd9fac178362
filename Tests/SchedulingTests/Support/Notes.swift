import Logging
import Synchronization

/// Keeps what is logged.
struct Notes: LogHandler {
    final class Lines: Sendable {
        let values = Mutex<[String]>([])
        func withLock<R: Sendable>(_ body: ([String]) -> R) -> R { values.withLock { body($0) } }
    }

    let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.values.withLock { $0.append("\(event.message)") } }
}
