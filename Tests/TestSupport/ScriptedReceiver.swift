import Synchronization

/// A receiver that behaves as a vendor does, or, for so many requests as the test says, badly.
public final class ScriptedReceiver: Sendable {
    /// What is called.
    public let url: String
    private let receiver: Receiver
    private let script = Script()

    private final class Script: Sendable {
        let answers = Mutex<[Receiver.Answer]>([])
    }

    /// `judge` answers whatever no scripted answer is left for.
    init(path: String, query: String = "", judge: @escaping Receiver.Handler) throws {
        receiver = try Receiver()
        url = receiver.url + path + query
        receiver.answer(path) { [script] request in
            let scripted = script.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            return scripted ?? judge(request)
        }
    }

    /// The next requests are answered so, one after the other, whatever they hold.
    public func next(_ answers: Receiver.Answer...) { script.answers.withLock { $0 += answers } }

    /// All that came in, in order.
    public var requests: [Receiver.Request] { receiver.requests }

    /// Waits for the `number`-th request; 1 is the first.
    public func request(_ number: Int = 1) async throws -> Receiver.Request { try await receiver.request(number) }

    /// Stops listening.
    public func close() { receiver.close() }
}

extension Receiver.Answer {
    /// A rate limit that comes from something in front of the vendor: a page, no JSON.
    public static var pageOf429: Receiver.Answer {
        Receiver.Answer(status: 429, headers: [("Content-Type", "text/html")], body: "<!DOCTYPE html><title>Too many requests</title>")
    }
}

extension String {
    /// Whether these bytes are among its own: what a mark follows counts too.
    public func has(_ other: String) -> Bool { Array(utf8).firstRange(of: Array(other.utf8)) != nil }
}
