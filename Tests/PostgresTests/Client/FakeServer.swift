import Foundation
import Synchronization

/// Lets everybody in as a Postgres would, and then does not behave as one.
final class FakeServer: Sendable {
    /// What comes after it has let a connection in.
    enum Manner: Sendable {
        /// It hangs up.
        case drops
        /// It never says a word.
        case isSilent
        /// Every statement is an error.
        case refuses
    }

    let url: String
    private let listening: Int32
    private let connections = Mutex<(open: Set<Int32>, seen: Int)>(([], 0))

    /// So many connections have been let in.
    var count: Int { connections.withLock { $0.seen } }

    init(_ manner: Manner) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) | listen(socket, 16) | getsockname(socket, $0, &length)
            }
        }
        guard code == 0 else { throw NoFreePort() }
        listening = socket
        url = "postgresql://nobody@127.0.0.1:\(UInt16(bigEndian: address.sin_port))/nothing?sslmode=disable"
        Thread.detachNewThread { [self] in
            while case let connection = accept(socket, nil, nil), connection >= 0 { serve(connection, manner) }
        }
    }

    func stop() {
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
        connections.withLock { for connection in $0.open { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private func serve(_ connection: Int32, _ manner: Manner) {
        connections.withLock { ($0.open, $0.seen) = ($0.open.union([connection]), $0.seen + 1) }
        Thread.detachNewThread { [self] in
            var bytes = [UInt8](repeating: 0, count: 4_096)
            defer { hangUp(connection) }
            guard read(connection, &bytes, bytes.count) > 0 else { return }
            // AuthenticationOk, ReadyForQuery.
            Self.say([0x52, 0, 0, 0, 8, 0, 0, 0, 0] + Self.ready, to: connection)
            if case .drops = manner { return }
            while read(connection, &bytes, bytes.count) > 0 {
                if case .refuses = manner { Self.say(Self.refusal + Self.ready, to: connection) }
            }
        }
    }

    /// Forgotten before its number can be another's.
    private func hangUp(_ connection: Int32) {
        connections.withLock { _ = $0.open.remove(connection) }
        close(connection)
    }

    private static let ready: [UInt8] = [0x5A, 0, 0, 0, 5, 0x49]

    /// An ErrorResponse: severity, code, message.
    private static let refusal: [UInt8] = {
        let fields = Array("SERROR\0VERROR\0CXX000\0Mno\0\0".utf8)
        return [0x45, 0, 0, 0, UInt8(fields.count + 4)] + fields
    }()

    private static func say(_ bytes: [UInt8], to connection: Int32) {
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

private struct NoFreePort: Error {}
