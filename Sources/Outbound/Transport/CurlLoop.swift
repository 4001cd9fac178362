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
                self.end()
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
        guard !isClosed, !transfer.isCancelled else { return settle(transfer, .failure(.cancelled)) }
        active[ObjectIdentifier(transfer)] = transfer
        let isOwnNetwork = transfer.addresses.first.map { transfer.policy.isInAllowedNetwork($0.address) } ?? false
        if isOwnNetwork || slots.take(for: transfer) { return begin(transfer) }
        loop.schedule(at: transfer.deadline) {
            if self.slots.leave(transfer) { self.settle(transfer, .failure(.deadline)) }
        }
    }

    private func begin(_ transfer: Transfer) {
        let now = ContinuousClock.now
        let remaining = Int((now.duration(to: transfer.deadline) / .milliseconds(1)).rounded(.up))
        guard remaining > 0 else { return settle(transfer, .failure(.deadline)) }
        guard let easy = idle.popLast() ?? EasyHandle(loop: self, settings) else { return settle(transfer, .failure(.exhausted)) }
        transfer.begin(with: easy, at: now)
        easy.prepare(for: transfer, remaining: remaining)
        if curl_multi_add_handle(multi, easy.pointer) != CURLM_OK { settle(transfer, .failure(.exhausted)) }
    }

    /// Takes what libcurl has finished, and begins what waited for it.
    func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard let transfer = CurlCallbacks.transfer(of: message.pointee.easy_handle) else { continue }
            let outcome = transfer.outcome(message.pointee.data.result)
            if let outcome { settle(transfer, outcome) } else { beginAgain(transfer) }
        }
    }

    /// The address did not answer and there is another.
    private func beginAgain(_ transfer: Transfer) {
        detach(transfer)
        transfer.addresses.removeFirst()
        begin(transfer)
    }

    private func settle(_ transfer: Transfer, _ outcome: Outcome) {
        detach(transfer)
        active[ObjectIdentifier(transfer)] = nil
        transfer.continuation?.resume(returning: outcome)
        transfer.continuation = nil
        if let next = slots.release(transfer) { begin(next) }
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
        settle(transfer, .failure(.cancelled))
        advance()
    }

    private func end() {
        guard !isClosed else { return }
        isClosed = true
        for transfer in active.values {
            _ = slots.leave(transfer)
            settle(transfer, .failure(.cancelled))
        }
        idle = []
        curl_multi_cleanup(multi)
        unwatchAll()
    }
}
