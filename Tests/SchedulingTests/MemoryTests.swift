import Synchronization
import Testing

@testable import Scheduling

struct MemoryTests {
    private final class Finder: Sendable {
        let found = Mutex(0)

        @discardableResult
        func find() -> Int {
            found.withLock { found in
                found += 1
                return found
            }
        }
    }

    /// One that takes everything to be dear.
    private func memory(most: Int = 1_000) -> Memory<Int, Int> {
        Memory(longest: .seconds(600), times: 1_000_000_000, trifle: .zero, most: most)
    }

    @Test func whatWasDearIsKeptAndWhatWasCheapIsNot() async throws {
        let (finder, dear, cheap) = (Finder(), memory(), Memory<Int, Int>(trifle: .seconds(600)))
        #expect(try await dear.value(1) { finder.find() } == 1)
        #expect(try await dear.value(1) { finder.find() } == 1)
        #expect(try await dear.value(2) { finder.find() } == 2)
        #expect(try await cheap.value(1) { finder.find() } == 3)
        #expect(try await cheap.value(1) { finder.find() } == 4)
        #expect(cheap.count == 0)
    }

    @Test func whoAsksWhileItIsBeingFoundGetsTheSame() async throws {
        let (finder, memory, gate) = (Finder(), memory(), AsyncStream.makeStream(of: Void.self))
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask {
                    try await memory.value(1) {
                        for await _ in gate.stream { break }
                        return finder.find()
                    }
                }
            }
            while memory.count == 0 { await Task.yield() }
            gate.continuation.yield()
            gate.continuation.finish()
            for try await value in group { #expect(value == 1) }
        }
    }

    @Test func anErrorIsNotKept() async throws {
        struct Failure: Error {}
        let memory = memory()
        await #expect(throws: Failure.self) { try await memory.value(1) { throw Failure() } }
        #expect(memory.count == 0)
        #expect(try await memory.value(1) { 1 } == 1)
    }

    @Test func itHoldsNoMoreThanItMay() async throws {
        let memory = memory(most: 3)
        for key in 0..<10 { #expect(try await memory.value(key) { key } == key) }
        #expect(memory.count == 3)
    }
}
