import Glibc
import Synchronization
import Testing

@testable import Outbound

@Suite("Resolving names", .timeLimit(.minutes(1)))
struct ResolverTests {
    /// Lookups that wait until they are let go, and tell who began.
    private final class Gate: Sendable {
        private let state = Mutex<(begun: [String], open: Set<String>)>(([], []))
        private let semaphore = Mutex<[CheckedContinuation<Void, Never>]>([])

        var begun: [String] { state.withLock { $0.begun } }
        func open(_ names: String...) { state.withLock { $0.open.formUnion(names) } }

        func lookUp(_ name: String) -> Resolver.Answer {
            state.withLock { $0.begun.append(name) }
            for waiter in semaphore.withLock({ exchange(&$0, with: []) }) { waiter.resume() }
            while state.withLock({ !$0.open.contains(name) && !$0.open.contains("*") }) { usleep(1_000) }
            return name.hasPrefix("none")
                ? .none : name.hasPrefix("failed") ? .failed : .addresses([IPAddress("192.0.2.1")].compactMap(\.self))
        }

        func wait(forLookups count: Int) async {
            while begun.count < count {
                await withCheckedContinuation { continuation in
                    let isThere = semaphore.withLock { waiters in
                        guard begun.count < count else { return true }
                        waiters.append(continuation)
                        return false
                    }
                    if isThere { continuation.resume() }
                }
            }
        }
    }

    private let gate = Gate()
    private let soon = ContinuousClock.now + .seconds(30)

    private func resolver(threads: Int = 8, long: Duration = .seconds(30)) -> Resolver {
        Resolver(on: loop, threads: threads, long: long) { [gate] in gate.lookUp($0) }
    }

    @Test func manyWhoAskForOneNameCauseOneLookup() async throws {
        let resolver = resolver()
        let asking = (0..<100).map { tenant in Task { await resolver.resolve("a.example.com", for: UInt64(tenant), until: soon) } }
        await gate.wait(forLookups: 1)
        gate.open("*")
        for task in asking { #expect(await task.value == .addresses([try #require(IPAddress("192.0.2.1"))])) }
        #expect(gate.begun == ["a.example.com"])
    }

    @Test(arguments: ["a.example.com", "none.example.com", "failed.example.com"])
    func anAnswerIsRememberedForAWhile(name: String) async {
        gate.open("*")
        let resolver = resolver()
        let first = await resolver.resolve(name, for: 1, until: soon)
        #expect(await resolver.resolve(name, for: 2, until: soon) == first)
        #expect(gate.begun == [name])
    }

    @Test func whatIsRememberedGrowsOld() {
        var state = ResolverState(mostThreads: 4)
        _ = state.finish("a", of: 1, with: .addresses([IPAddress(bytes: [192, 0, 2, 1])]))
        _ = state.finish("b", of: 1, with: .failed)
        let now = ContinuousClock.now
        #expect(state.known("a", at: now) != nil && state.known("b", at: now) == .failed)
        #expect(state.known("b", at: now + .seconds(6)) == nil && state.known("a", at: now + .seconds(6)) != nil)
        #expect(state.known("a", at: now + .seconds(31)) == nil)
    }

    @Test func oneTenantHasAQuarterOfTheThreads() async throws {
        let resolver = resolver(threads: 8)
        let slow = (0..<50).map { number in Task { await resolver.resolve("slow\(number).example.com", for: 1, until: soon) } }
        await gate.wait(forLookups: 2)
        // All of the others' names are looked up while the first tenant's wait, though they came later.
        gate.open("x.example.com", "y.example.com", "z.example.com")
        for name in ["x.example.com", "y.example.com", "z.example.com"] {
            #expect(await resolver.resolve(name, for: 2, until: soon) != nil)
        }
        #expect(gate.begun.filter { $0.hasPrefix("slow") }.count == 2)
        gate.open("*")
        for task in slow { #expect(await task.value != nil) }
        #expect(gate.begun.count == 53)
    }

    /// Otherwise a tenant could hold up a name of everybody's by asking for it behind fifty slow ones.
    @Test func aNameBehindAnothersSlowOnesIsBegunForWhoAsksNext() async throws {
        let resolver = resolver(threads: 8)
        let slow = (0..<10).map { number in Task { await resolver.resolve("slow\(number).example.com", for: 1, until: soon) } }
        await gate.wait(forLookups: 2)
        let first = Task { await resolver.resolve("shared.example.com", for: 1, until: soon) }
        gate.open("shared.example.com")
        #expect(await resolver.resolve("shared.example.com", for: 2, until: soon) != nil)
        #expect(await first.value != nil)
        #expect(gate.begun.filter { $0 == "shared.example.com" }.count == 1)
        gate.open("*")
        for task in slow { _ = await task.value }
    }

    @Test func whoCannotWaitIsToldAndTheLookupGoesOn() async throws {
        let resolver = resolver()
        #expect(await resolver.resolve("late.example.com", for: 1, until: .now + .milliseconds(50)) == nil)
        gate.open("*")
        #expect(await resolver.resolve("late.example.com", for: 1, until: soon) != nil)
        #expect(gate.begun == ["late.example.com"])
    }

    @Test func aNameThatNobodyWaitsForAnyMoreIsNotBegun() async throws {
        let resolver = resolver(threads: 4)
        let slow = Task { await resolver.resolve("slow.example.com", for: 1, until: soon) }
        await gate.wait(forLookups: 1)
        #expect(await resolver.resolve("given-up.example.com", for: 1, until: .now + .milliseconds(50)) == nil)
        gate.open("*")
        _ = await slow.value
        _ = await resolver.resolve("next.example.com", for: 1, until: soon)
        #expect(gate.begun == ["slow.example.com", "next.example.com"])
    }

    /// On a thread of its own: the system's lookup blocks.
    private func lookUp(_ name: String, isAbsolute: Bool = false) async -> Resolver.Answer {
        await withCheckedContinuation { done in
            onThread { done.resume(returning: SystemLookup.addresses(of: name, isAbsolute: isAbsolute)) }
        }
    }

    @Test func theSystemKnowsItself() async {
        #expect(await lookUp("localhost") != .none)
        #expect(await lookUp("127.0.0.1") == .addresses([IPAddress(bytes: [127, 0, 0, 1])]))
        if case .addresses = await lookUp("does-not-exist.invalid", isAbsolute: true) { Issue.record("there is no such name") }
    }

    @Test func theTwoFamiliesTakeTurns() throws {
        let addresses = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"].compactMap { IPAddress($0) }
        #expect(ResolvedAddress.candidates(addresses).map(\.text) == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"])
        #expect(ResolvedAddress.candidates([addresses[2]]).map(\.connectTo) == ["::192.0.2.1:"])
        #expect(ResolvedAddress.candidates([addresses[0]]).map(\.connectTo) == ["::[2001:db8::1]:"])
        #expect(ResolvedAddress.candidates([]).isEmpty)
    }

    /// A quarter each is all of them, when four tenants' names are slow.
    @Test func aLookupThatTakesLongHoldsUpNobody() async throws {
        let resolver = resolver(threads: 4, long: .milliseconds(50))
        let slow = (0..<12).map { number in
            Task { await resolver.resolve("slow\(number).example.com", for: UInt64(number % 6), until: soon) }
        }
        await gate.wait(forLookups: 6)
        gate.open("quick.example.com")
        #expect(await resolver.resolve("quick.example.com", for: 9, until: soon) != nil)
        // Still one each, however long it takes.
        #expect(gate.begun.filter { $0.hasPrefix("slow") }.count == 6)
        gate.open("*")
        for task in slow { #expect(await task.value != nil) }
    }
}
