import CLibPQ
import Glibc

/// A connection of libpq on its way from the thread that made it to the actor that will own it.
///
/// `@unchecked Sendable`: libpq wants one thread at a time; the maker gives its only copy away and ends.
struct OpenedConnection: @unchecked Sendable {
    let handle: OpaquePointer

    /// Connects, blocking. The connection is as libpq makes it: blocking, outside pipeline mode.
    static func make(_ parameters: ConnectionParameters) throws(PostgresError) -> OpenedConnection {
        let pairs = Array(parameters.values)
        let keywords = pairs.map { strdup($0.key) } + [nil]
        let values = pairs.map { strdup($0.value) } + [nil]
        defer { for pointer in keywords + values { free(pointer) } }
        let handle = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let handle else { throw PostgresError(.unavailable, "no memory left to connect") }
        prikke_silence_notices(handle)
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw PostgresError(.unavailable, complaint(of: handle))
        }
        return OpenedConnection(handle: handle)
    }

    /// What libpq says of a connection that failed, on one line. It names host, port, user and database, not the password.
    private static func complaint(of handle: OpaquePointer) -> String {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    }
}
