import Foundation
import Synchronization

/// What a child writes, read on a thread of its own as it comes.
final class Reader: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isAtEnd = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let pipe = Pipe()
    private let state = Mutex(State())

    /// All of it: waits till nobody holds the other end any more.
    func all() async -> String {
        while !state.withLock({ $0.isAtEnd }) { await news(after: Int.max) }
        return text
    }

    /// The first line with this in it; nil if the end came before.
    func line(containing part: String) async -> String? {
        while true {
            let (seen, isAtEnd) = state.withLock { ($0.bytes.count, $0.isAtEnd) }
            if let line = text.split(separator: "\n").first(where: { $0.contains(part) }) { return String(line) }
            if isAtEnd { return nil }
            await news(after: seen)
        }
    }

    /// What has come so far.
    var text: String { String(decoding: state.withLock { $0.bytes }, as: UTF8.self) }

    func begin() {
        Thread.detachNewThread { [self] in
            while true {
                let data = pipe.fileHandleForReading.availableData
                let woken = state.withLock { state in
                    state.bytes += data
                    state.isAtEnd = data.isEmpty
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for one in woken { one.resume() }
                if data.isEmpty { return }
            }
        }
    }

    private func news(after seen: Int) async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                let mustWait = !state.isAtEnd && (state.bytes.count <= seen)
                if mustWait { state.waiting.append(continuation) }
                return mustWait
            }
            if !mustWait { continuation.resume() }
        }
    }
}
