import CCurl

/// The headers of one request as libcurl's linked list, in a single piece of memory: made for every request, and
/// curl_slist_append would allocate twice a header and walk to the end each time.
struct HeaderBlock: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    let first: UnsafeMutablePointer<curl_slist>?

    /// `blanks` are the names of headers that libcurl would add of its own accord and is told not to.
    init(_ headers: [(name: String, value: String)], without blanks: [StaticString]) {
        let count = headers.count + blanks.count
        let nodes = count * MemoryLayout<curl_slist>.stride
        let given = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
        let text = blanks.reduce(given) { $0 + $1.utf8CodeUnitCount + 2 }
        memory = .allocate(byteCount: max(1, nodes + text), alignment: MemoryLayout<curl_slist>.alignment)
        let list = memory.bindMemory(to: curl_slist.self, capacity: count)
        var writer = Writer(next: (memory + nodes).bindMemory(to: UInt8.self, capacity: text))
        for (index, header) in headers.enumerated() {
            list[index] = curl_slist(data: writer.start, next: list + index + 1)
            writer.write(header.name)
            // "Name;" is how an empty header is spelled; "Name:" would mean none at all.
            writer.write(header.value.isEmpty ? ";" : ": ")
            writer.write(header.value)
            writer.end()
        }
        for (index, blank) in blanks.enumerated() {
            list[headers.count + index] = curl_slist(data: writer.start, next: list + headers.count + index + 1)
            blank.withUTF8Buffer { writer.write($0) }
            writer.write(":")
            writer.end()
        }
        if count > 0 { list[count - 1].next = nil }
        first = count > 0 ? list : nil
    }

    deinit { memory.deallocate() }

    private struct Writer {
        var next: UnsafeMutablePointer<UInt8>
        var start: UnsafeMutablePointer<CChar> { UnsafeMutableRawPointer(next).assumingMemoryBound(to: CChar.self) }

        mutating func write(_ text: String) {
            var text = text
            text.withUTF8 { write($0) }
        }

        mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
            guard let source = bytes.baseAddress else { return }
            next.update(from: source, count: bytes.count)
            next += bytes.count
        }

        mutating func end() {
            next.pointee = 0
            next += 1
        }
    }
}
