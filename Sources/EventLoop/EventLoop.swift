import CEpoll
import Glibc
import HeapModule
import Synchronization

/// One thread that waits on `epoll` and runs, in order: work handed to it, timers that are due, handlers of descriptors
/// that became ready. It is also an executor: an actor whose `unownedExecutor` is a loop runs on the loop's thread, and
/// so talks to its sockets and timers without a hop or a lock.
///
/// A loop lives as long as the process. An actor keeps nothing of its executor alive, so a loop that could end would be
/// a trap; whoever needs fewer threads shares loops instead.
///
/// `@unchecked Sendable`: `inbox` is behind a mutex; `threadID` is written once, before `init` returns; everything under
/// "Only on the loop's thread" is guarded by `preconditionIsolated` at each entrance.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// What a descriptor is watched for, and what it turned out to be ready for. An error or a hang-up is reported as
    /// both, so that the handler's next read or write finds it.
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let readable = Readiness(rawValue: 1)
        public static let writable = Readiness(rawValue: 2)
    }

    /// Names a timer, to cancel it.
    public struct TimerID: Hashable, Sendable { fileprivate let number: UInt64 }

    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var loopIsAsleep = false
    }

    private struct Deadline: Comparable {
        let instant: ContinuousClock.Instant
        let number: UInt64
        static func < (a: Deadline, b: Deadline) -> Bool { (a.instant, a.number) < (b.instant, b.number) }
    }

    /// So many pieces of work run before the loop looks at its sockets and timers again: a busy actor must not make a
    /// timer late.
    private static let workBetweenPolls = 64

    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)
    private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    private let alarm = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))

    // Only on the loop's thread.
    private var handlers: [Int32: (Readiness) -> Void] = [:]
    private var deadlines = Heap<Deadline>()
    private var timers: [UInt64: () -> Void] = [:]
    private var nextTimer: UInt64 = 0
    private var armedFor: ContinuousClock.Instant?

    /// Starts the thread. `name` shows in `top -H` and in a debugger (15 bytes of it).
    public init(name: String) {
        precondition(epoll >= 0 && wakeup >= 0 && alarm >= 0, "no file descriptors left for an event loop")
        _ = prikke_epoll_control(epoll, EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue)
        _ = prikke_epoll_control(epoll, EPOLL_CTL_ADD, alarm, EPOLLIN.rawValue)
        let start = Unmanaged.passRetained(Start(loop: self, name: String(name.prefix(15)))).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { $0.map { Unmanaged<Start>.fromOpaque($0).takeRetainedValue().run() } }, start)
        precondition(code == 0, "no thread left for an event loop")
        threadID.store(UInt(thread), ordering: .sequentiallyConsistent)
    }

    /// What the new thread is given to begin with.
    private final class Start {
        let loop: EventLoop
        let name: String
        init(loop: EventLoop, name: String) { (self.loop, self.name) = (loop, name) }
        func run() -> UnsafeMutableRawPointer {
            prikke_name_thread(name)
            loop.threadID.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
            loop.run()
        }
    }

    // MARK: From any thread

    /// Runs `work` on the loop's thread, after what was handed over before it.
    public func execute(_ work: @escaping @Sendable () -> Void) { add(.closure(work)) }

    public func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { UInt(pthread_self()) == threadID.load(ordering: .relaxed) }

    public func checkIsolated() { precondition(isCurrent, "this must run on the event loop's thread") }

    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    private func add(_ work: Work) {
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.loopIsAsleep = false }
            return inbox.loopIsAsleep
        }
        if mustWake { _ = eventfd_write(wakeup, 1) }
    }

    // MARK: Only on the loop's thread

    /// Calls `handler` whenever `descriptor` is ready for something of `interest`, until `unwatch`. Watching it again
    /// replaces both.
    public func watch(_ descriptor: Int32, for interest: Readiness, _ handler: @escaping (Readiness) -> Void) {
        checkIsolated()
        let known = handlers.updateValue(handler, forKey: descriptor) != nil
        var events: UInt32 = 0
        if interest.contains(.readable) { events |= EPOLLIN.rawValue }
        if interest.contains(.writable) { events |= EPOLLOUT.rawValue }
        if prikke_epoll_control(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, events) != 0, known {
            // The number was closed and given out again behind our back: the kernel forgot the old one, so add it.
            _ = prikke_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, events)
        }
    }

    /// Forgets `descriptor`. Call it before closing the descriptor.
    public func unwatch(_ descriptor: Int32) {
        checkIsolated()
        guard handlers.removeValue(forKey: descriptor) != nil else { return }
        _ = prikke_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0)
    }

    /// Runs `work` on the loop at `instant`, never before it, or at once if it has passed.
    @discardableResult
    public func schedule(at instant: ContinuousClock.Instant, _ work: @escaping () -> Void) -> TimerID {
        checkIsolated()
        nextTimer += 1
        timers[nextTimer] = work
        deadlines.insert(Deadline(instant: instant, number: nextTimer))
        return TimerID(number: nextTimer)
    }

    /// Forgets a timer; one that has gone off already is no mistake.
    public func cancel(_ timer: TimerID) {
        checkIsolated()
        timers[timer.number] = nil
        // The heap keeps the bare deadline till its time; when most of them are dead, it is made anew.
        if deadlines.count > 1024, deadlines.count > 4 * timers.count {
            deadlines = Heap(deadlines.unordered.filter { timers[$0.number] != nil })
        }
    }

    // MARK: The loop

    private func run() -> Never {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var work: [Work] = []
        var next = 0
        while true {
            if next == work.count {
                work.removeAll(keepingCapacity: true)
                next = 0
                inbox.withLock { swap(&$0.work, &work) }
            }
            let end = min(work.count, next + Self.workBetweenPolls)
            while next < end {
                perform(work[next])
                next += 1
            }
            fireTimers()
            let ready = poll(&events, mayWait: next == work.count)
            for index in 0..<ready { dispatch(events[index]) }
        }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        case .closure(let closure): closure()
        }
    }

    private func fireTimers() {
        guard let first = deadlines.min, first.instant <= .now else { return }
        let now = ContinuousClock.now
        while let deadline = deadlines.min, deadline.instant <= now {
            deadlines.removeMin()
            timers.removeValue(forKey: deadline.number)?()
        }
    }

    private func poll(_ events: inout [epoll_event], mayWait: Bool) -> Int {
        let waits = mayWait && fallAsleep()
        if waits { arm() }
        let count = epoll_wait(epoll, &events, Int32(events.count), waits ? -1 : 0)
        if waits { inbox.withLock { $0.loopIsAsleep = false } }
        return max(0, Int(count))
    }

    /// Says that the next `add` must wake us; false when something has come in meanwhile.
    private func fallAsleep() -> Bool {
        inbox.withLock {
            $0.loopIsAsleep = $0.work.isEmpty
            return $0.loopIsAsleep
        }
    }

    private func arm() {
        let next = deadlines.min?.instant
        guard next != armedFor else { return }
        armedFor = next
        guard let next else {
            _ = prikke_timer_arm(alarm, 0)
            return
        }
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: next).components
        _ = prikke_timer_arm(alarm, max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }

    private func dispatch(_ event: epoll_event) {
        var event = event
        let descriptor = prikke_event_descriptor(&event)
        if descriptor == wakeup || descriptor == alarm {
            if descriptor == alarm { armedFor = nil }
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)
            return
        }
        var readiness: Readiness = []
        if event.events & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.readable) }
        if event.events & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.writable) }
        handlers[descriptor]?(readiness)
    }
}
