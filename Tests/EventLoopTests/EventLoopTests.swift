import Glibc
import Synchronization
import Testing

@testable import EventLoop

/// One loop for all tests here: a loop lives as long as the process.
private let loop = EventLoop(name: "test")

@Suite struct EventLoopTests {
    @Test func workRunsInTheOrderItWasHandedOver() async {
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<1000 { loop.execute { seen.withLock { $0.append(number) } } }
            loop.execute { continuation.resume() }
        }
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func anActorOnTheLoopRunsOnItsThread() async {
        #expect(await Resident().isHome())
        #expect(!loop.isCurrent)
    }

    @Test func aTimerNeverGoesOffEarlyAndTimersGoOffInOrder() async {
        let start = ContinuousClock.now
        let delays = [30, 10, 20, 0]
        let fired: [(Int, Duration)] = await withCheckedContinuation { continuation in
            loop.execute {
                var fired: [(Int, Duration)] = []
                for delay in delays {
                    loop.schedule(at: start + .milliseconds(delay)) {
                        fired.append((delay, start.duration(to: .now)))
                        if fired.count == delays.count { continuation.resume(returning: fired) }
                    }
                }
            }
        }
        #expect(fired.map(\.0) == [0, 10, 20, 30])
        #expect(fired.allSatisfy { $0.1 >= .milliseconds($0.0) })
    }

    @Test func aCancelledTimerDoesNotGoOff() async {
        let fired: [String] = await withCheckedContinuation { continuation in
            loop.execute {
                var fired: [String] = []
                let dead = loop.schedule(at: .now + .milliseconds(5)) { fired.append("cancelled") }
                loop.schedule(at: .now + .milliseconds(10)) { continuation.resume(returning: fired + ["kept"]) }
                loop.cancel(dead)
            }
        }
        #expect(fired == ["kept"])
    }

    @Test func aReadableDescriptorCallsItsHandlerUntilUnwatched() async {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let (ours, theirs) = (ends[0], ends[1])
        let bytes: [UInt8] = await withCheckedContinuation { continuation in
            loop.execute {
                loop.watch(ours, for: .readable) { _ in
                    var buffer = [UInt8](repeating: 0, count: 8)
                    let count = read(ours, &buffer, buffer.count)
                    loop.unwatch(ours)
                    continuation.resume(returning: Array(buffer.prefix(count)))
                }
            }
            _ = write(theirs, [1, 2, 3] as [UInt8], 3)
        }
        close(ours)
        close(theirs)
        #expect(bytes == [1, 2, 3])
    }

    @Test func aBusyActorDoesNotMakeATimerWait() async {
        let order = Mutex<[String]>([])
        await withCheckedContinuation { continuation in
            loop.execute {
                loop.schedule(at: .now) { order.withLock { $0.append("timer") } }
                for number in 0..<10_000 {
                    loop.execute {
                        guard number == 9_999 else { return }
                        order.withLock { $0.append("last of the work") }
                        continuation.resume()
                    }
                }
            }
        }
        #expect(order.withLock { $0 } == ["timer", "last of the work"])
    }
}

private actor Resident {
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    func isHome() -> Bool { loop.isCurrent }
}
