import Foundation

extension Receiver {
    /// What a path says, and how badly.
    public struct Answer: Sendable {
        /// The status code.
        public var status = 200
        /// In the order they are sent; Content-Length is added unless it, or Transfer-Encoding, is among them.
        public var headers: [(name: String, value: String)] = []
        /// Sent as it is.
        public var body: [UInt8] = []
        /// The body is sent so many times over: a huge one need not be in memory.
        public var times = 1
        /// Not a byte is sent before this is open.
        public var gate: Gate?
        /// The body goes out in pieces of so many bytes, with a pause after each.
        public var pace: (bytes: Int, pause: Duration)?
        /// The connection is cut after so many bytes of the answer; at 0 it is dropped without a word.
        public var cutAfter: Int?

        /// An answer that can be made worse.
        public init(status: Int = 200, headers: [(name: String, value: String)] = [], body: String = "") {
            (self.status, self.headers, self.body) = (status, headers, Array(body.utf8))
        }

        /// No body.
        public static func status(_ status: Int) -> Answer { Answer(status: status) }

        /// Elsewhere.
        public static func redirect(to location: String, status: Int = 302) -> Answer {
            Answer(status: status, headers: [("Location", location)])
        }

        /// The connection ends without an answer.
        public static var dropped: Answer { cut(after: 0) }

        /// The connection ends in the middle of the answer.
        public static func cut(after bytes: Int, body: String = "") -> Answer {
            var answer = Answer(body: body)
            answer.cutAfter = bytes
            return answer
        }

        /// A body of so many MiB.
        public static func huge(mebibytes: Int) -> Answer {
            var answer = Answer()
            (answer.body, answer.times) = ([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20), mebibytes)
            return answer
        }

        /// Nothing until the gate is opened.
        public static func held(by gate: Gate, then answer: Answer = .status(200)) -> Answer {
            var answer = answer
            answer.gate = gate
            return answer
        }

        /// A body that drips.
        public static func slow(_ body: String, bytes: Int = 1, pause: Duration) -> Answer {
            var answer = Answer(body: body)
            answer.pace = (bytes, pause)
            return answer
        }

        var head: [UInt8] {
            var lines = ["HTTP/1.1 \(status) Answer"]
            lines += headers.map { "\($0.name): \($0.value)" }
            let named = Set(headers.map { $0.name.lowercased() })
            if named.isDisjoint(with: ["content-length", "transfer-encoding"]), status >= 200, status != 204, status != 304 {
                lines.append("Content-Length: \(body.count * times)")
            }
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        }
    }

    /// Closed until opened, once and for all. The receiver's threads wait at it, and nothing else.
    public final class Gate: Sendable {
        private let condition = NSCondition()
        // Read and written only while `condition` is locked.
        private nonisolated(unsafe) var isOpen = false

        /// Makes a closed one.
        public init() {}

        /// Lets pass whoever waits, and whoever comes.
        public func open() {
            condition.withLock { isOpen = true }
            condition.broadcast()
        }

        func wait() {
            condition.lock()
            while !isOpen { condition.wait() }
            condition.unlock()
        }
    }
}
