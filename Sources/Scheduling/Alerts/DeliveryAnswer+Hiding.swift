import Outbound

extension DeliveryAnswer {
    /// Of an answer what is kept: its status, and the beginning of its text without anything of the URL that was called.
    init(_ response: OutboundResponse) {
        let beginning = Self.hiding(response.finalURL, in: Array(response.body.prefix(Self.mostBytes)))
        let text = ChatText.lines(String(decoding: beginning, as: UTF8.self))
        self.init(statusCode: response.status, text: String(text.prefix(Self.longest)))
    }

    private static let longest = 500
    /// Of the body, before the URL is taken out: many times more than is kept.
    private static let mostBytes = 16 << 10
    /// Shorter parts of a URL are no secrets, and common words would be taken out of answers.
    private static let shortestSecret = 6

    /// Whoever answers may repeat what they were sent, whole or in part.
    private static func hiding(_ url: TargetURL, in body: [UInt8]) -> [UInt8] {
        let parts = url.target.split { "/?&=".contains($0) }.map(String.init).filter { $0.utf8.count >= shortestSecret && !isWord($0) }
        let secrets = [url.text, url.target] + parts.sorted { $0.utf8.count > $1.utf8.count }
        return secrets.reduce(body) { body, secret in
            guard secret.utf8.count >= shortestSecret else { return body }
            return body.replacing(Array(secret.utf8), with: Array("…".utf8))
        }
    }

    /// Part of the vendors' paths, and of their answers.
    private static func isWord(_ part: String) -> Bool {
        ["services", "webhooks", "triggers", "workflows", "thread_id"].contains(part)
    }
}
