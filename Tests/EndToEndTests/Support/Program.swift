import Foundation
import Synchronization

/// The built program, run as people run it: a process of its own with its own environment.
enum Program {
    /// Beside the test bundle in the build folder.
    static let path = folder + "/prikke"

    private static let folder =
        (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])).deletingLastPathComponent().path

    /// What a command left behind.
    struct Result: Sendable {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], _ settings: [String: String] = [:]) async throws -> Result {
        try await run(path, arguments, settings)
    }

    /// Runs any executable to its end, with nothing of this process's settings for Prikke.
    static func run(_ executable: String, _ arguments: [String], _ settings: [String: String]) async throws -> Result {
        let child = try Child(executable, arguments, environment(settings))
        async let output = child.output.all()
        async let errors = child.errors.all()
        return Result(code: await child.end().code, output: await output, errors: await errors)
    }

    /// This process's environment without its settings for Prikke, and these settings.
    static func environment(_ settings: [String: String]) -> [String: String] {
        let ours: Set = ["DATABASE_URL", "HOST", "PORT", "SECRET_KEY_BASE", "SECRET_KEY_BASE_PREVIOUS"]
        let others = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PRIKKE_") && !ours.contains($0.key) }
        return others.merging(settings) { $1 }
    }
}

/// A process that was started here.
final class Child: Sendable {
    struct End: Sendable, Equatable {
        let code: Int32
        let wasKilled: Bool
    }

    let output = Reader()
    let errors = Reader()
    private let process = Process()
    private let ended = Ending()

    var pid: Int32 { process.processIdentifier }

    init(_ executable: String, _ arguments: [String], _ environment: [String: String]) throws {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        let ended = ended
        process.terminationHandler = { ended.tell(End(code: $0.terminationStatus, wasKilled: $0.terminationReason == .uncaughtSignal)) }
        try Self.hearingSignals { try process.run() }
        output.begin()
        errors.begin()
    }

    /// A child inherits which signals its thread is deaf to, and the threads of Swift's tasks are deaf to all: chromedriver would
    /// wait for ever for the first SIGCHLD, and hear no SIGTERM.
    private static func hearingSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// Does nothing once it has ended: its number may be somebody else's by then.
    func signal(_ number: Int32) { if process.isRunning { kill(pid, number) } }

    /// Waits for the process's end.
    func end() async -> End { await ended.value() }
}

/// An end that is told once, to whoever asks before or after.
private final class Ending: Sendable {
    private struct State {
        var end: Child.End?
        var waiting: [CheckedContinuation<Child.End, Never>] = []
    }

    private let state = Mutex(State())

    func tell(_ end: Child.End) {
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume(returning: end) }
    }

    func value() async -> Child.End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }
}
