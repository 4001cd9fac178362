/// Where in a file a value stands, and where its parts do.
struct Place: Sendable {
    /// Both from 1.
    let line: Int
    let column: Int
    var members: [String: Place] = [:]
    var elements: [Place] = []

    /// Where a JSON pointer leads; for what is missing, where it would be.
    func find(_ pointer: String) -> Place {
        var place = self
        for token in Self.tokens(pointer) {
            guard let next = place.members[token] ?? Int(token).flatMap({ place.elements.indices.contains($0) ? place.elements[$0] : nil })
            else {
                break
            }
            place = next
        }
        return place
    }

    /// A pointer as people write it: `/jobs/3/config/url` is `jobs[3].config.url`.
    static func path(_ pointer: String) -> String {
        var path = ""
        for token in tokens(pointer) {
            let isName = token.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F }
            if !token.isEmpty, token.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                path += "[\(token)]"
            } else if isName, !token.isEmpty {
                path += (path.isEmpty ? "" : ".") + token
            } else {
                path += "[\"\(token)\"]"
            }
        }
        return path
    }

    private static func tokens(_ pointer: String) -> [String] {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }
}
