/// What is to happen, by moment; of one moment, in the order in which it was planned. A binary heap.
struct Agenda<Event> {
    private var heap: [(moment: Int64, number: Int, event: Event)] = []
    private var count = 0

    mutating func add(_ event: Event, at moment: Int64) {
        count += 1
        heap.append((moment, count, event))
        var child = heap.count - 1
        while child > 0, isEarlier(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (moment: Int64, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let least = [parent, 2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }.min { isEarlier($0, $1) } ?? parent
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.moment, first.event)
    }

    private func isEarlier(_ a: Int, _ b: Int) -> Bool { (heap[a].moment, heap[a].number) < (heap[b].moment, heap[b].number) }
}
