import Hummingbird
import NIOCore

/// Reads what a form sends: the one encoding that our forms use, strictly.
struct FormReader {
    /// Of most forms, in bytes.
    static let largest = 65_536

    let request: Request
    let channel: any Channel
    /// So many bytes are read.
    var most = largest

    /// The parameters in order. Throws `Problem`.
    func parameters() async throws -> [FormParameter] {
        let reader = BodyReader(request: request, channel: channel)
        try reader.checkLength(upTo: most)
        guard reader.isPlain("application/x-www-form-urlencoded") else { throw Problem.formNeeded }
        guard let text = String(validating: try await reader.bytes(upTo: most), as: UTF8.self) else { throw Problem.malformedForm }
        do {
            return try QueryString.parse(text).map { FormParameter(name: $0.name, value: $0.value) }
        } catch {
            throw Problem.malformedForm
        }
    }
}

/// One name and its value, as a form sent them.
struct FormParameter: Sendable, Equatable {
    let name: String
    let value: String
}
