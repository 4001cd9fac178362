import CCurl
import EventLoop
import Synchronization

/// Many transfers on one thread: libcurl's multi interface, driven by an `EventLoop`.
///
/// `@unchecked Sendable`: `inbox` is behind a mutex; everything under "Only on the loop's thread" is touched by work that
/// the loop runs and, from within it, by libcurl's callbacks.
final class CurlLoop: @unchecked Sendable {
    typealias Outcome = Result<OutboundResponse, OutboundFailure>

    private static let startLibrary: Void = { _ = curl_global_init(Int(CURL_GLOBAL_ALL)) }()
    private static let keptHandles = 256

    let loop: EventLoop
    private let settings: OutboundSettings
    private let inbox = Mutex<[Transfer]>([])

    // Only on the loop's thread.
    let multi: UnsafeMutableRawPointer?
    var events = CurlEvents()
    private var slots: HostSlots
    private var active: [ObjectIdentifier: Transfer] = [:]
    private var idle: [EasyHandle] = []
    private(set) var isClosed = false

    init(on loop: EventLoop, _ settings: OutboundSettings) {
        _ = Self.startLibrary
        (self.loop, self.settings, slots) = (loop, settings, HostSlots(limit: settings.hostConcurrency))
        multi = curl_multi_init()
        prikke_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.keptConnections)
        // One call at a time on a connection, on HTTP/2 as well. As soon as a host has spoken HTTP/2 once, or only said so in a
        // status line, libcurl 7.88 would also put requests on connections of HTTP/1.1 that are in use, and hand the answers to
        // the wrong ones (curl/curl#4885).
        prikke_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
        loop.execute { self.listen() }
    }

    // MARK: From any thread

    /// Runs `transfer` to its outcome, or until the task is cancelled.
    func run(_ transfer: Transfer) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.continuation = continuation
                let isFirst = inbox.withLock { inbox in
                    inbox.append(transfer)
                    return inbox.count == 1
                }
                if isFirst { loop.execute { self.startAll() } }
            }
        } onCancel: {
            loop.execute { self.cancel(transfer) }
        }
    }

    /// Gives up what is running and refuses what comes later.
    func close() async {
        await withCheckedContinuation { continuation in
            loop.execute {
                self.endAll()
                continuation.resume()
            }
        }
    }

    // MARK: Only on the loop's thread

    private func startAll() {
        for transfer in inbox.withLock({ exchange(&$0, with: []) }) { start(transfer) }
        advance()
    }

    private func start(_ transfer: Transfer) {
        guard !isClosed, !transfer.isCancelled else { return end(transfer, .failure(.cancelled)) }
        active[ObjectIdentifier(transfer)] = transfer
        let isOwnNetwork = transfer.addresses.first.map { transfer.policy.isInAllowedNetwork($0.address) } ?? false
        if isOwnNetwork || slots.take(for: transfer) { return begin(transfer) }
        transfer.patience = loop.schedule(at: transfer.deadline) {
            if self.slots.leave(transfer) { self.end(transfer, .failure(.deadline)) }
        }
    }

    /// Begins it. When it cannot be begun it ends, and those begin that waited for its place: one after the other, for one
    /// within the other thousands whose time is up would be a stack of thousands of calls.
    private func begin(_ transfer: Transfer) {
        var next = [transfer]
        while let transfer = next.popLast() {
            if let failure = tryToBegin(transfer) { next += settle(transfer, .failure(failure)) }
        }
    }

    private func tryToBegin(_ transfer: Transfer) -> OutboundFailure? {
        forgetPatience(of: transfer)
        let now = ContinuousClock.now
        let remaining = Int((now.duration(to: transfer.deadline) / .milliseconds(1)).rounded(.up))
        guard remaining > 0 else { return .deadline }
        guard let easy = idle.popLast() ?? EasyHandle(loop: self, settings) else { return .exhausted }
        transfer.begin(with: easy, at: now)
        easy.prepare(for: transfer, remaining: remaining)
        return curl_multi_add_handle(multi, easy.pointer) == CURLM_OK ? nil : .exhausted
    }

    /// Takes what libcurl has finished, and begins what waited for it.
    func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard let transfer = CurlCallbacks.transfer(of: message.pointee.easy_handle) else { continue }
            let outcome = transfer.outcome(message.pointee.data.result)
            if let outcome { end(transfer, outcome) } else { beginAgain(transfer) }
        }
    }

    /// The address did not answer and there is another.
    private func beginAgain(_ transfer: Transfer) {
        detach(transfer)
        transfer.spentInVain += transfer.begun?.duration(to: .now).microseconds ?? 0
        transfer.addresses.removeFirst()
        begin(transfer)
    }

    private func end(_ transfer: Transfer, _ outcome: Outcome) {
        for next in settle(transfer, outcome) { begin(next) }
    }

    /// Answers whoever waited for the transfer's place and has it now.
    private func settle(_ transfer: Transfer, _ outcome: Outcome) -> [Transfer] {
        forgetPatience(of: transfer)
        detach(transfer)
        active[ObjectIdentifier(transfer)] = nil
        transfer.continuation?.resume(returning: outcome)
        transfer.continuation = nil
        return slots.release(transfer)
    }

    /// A timer holds on to the transfer, and so to all of its bytes.
    private func forgetPatience(of transfer: Transfer) {
        if let timer = transfer.patience { loop.cancel(timer) }
        transfer.patience = nil
    }

    private func detach(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return }
        transfer.easy = nil
        events.forget(transfer)
        curl_multi_remove_handle(multi, easy.pointer)
        easy.clear()
        if idle.count < Self.keptHandles { idle.append(easy) }
    }

    private func cancel(_ transfer: Transfer) {
        transfer.isCancelled = true
        guard active[ObjectIdentifier(transfer)] != nil else { return }
        _ = slots.leave(transfer)
        end(transfer, .failure(.cancelled))
        advance()
    }

    private func endAll() {
        guard !isClosed else { return }
        isClosed = true
        // First all who wait, so that none of them begins in another's place.
        for transfer in active.values { _ = slots.leave(transfer) }
        for transfer in active.values { end(transfer, .failure(.cancelled)) }
        idle = []
        curl_multi_cleanup(multi)
        unwatchAll()
    }
}
