import CLibPQ

/// Hands queries to libpq: the pointers it wants, in arrays that are used again and again.
struct SendBuffers {
    private var pointers: [UnsafePointer<CChar>?] = []
    private var binary: [Int32] = []

    /// Sends Parse. False if libpq could not take it: the connection is broken or memory has run out.
    func prepare(_ name: String, _ query: Query, on handle: OpaquePointer) -> Bool {
        PQsendPrepare(handle, name, query.sql, Int32(query.types.count), query.types) == 1
    }

    /// Sends Bind and Execute for a prepared statement. Everything goes and comes in binary.
    mutating func execute(_ name: String, _ query: Query, on handle: OpaquePointer) -> Bool {
        withValues(of: query) { values, formats in
            PQsendQueryPrepared(handle, name, Int32(query.types.count), values, query.lengths, formats, 1) == 1
        }
    }

    /// Sends Parse, Bind and Execute for a statement that is not kept.
    mutating func execute(_ query: Query, on handle: OpaquePointer) -> Bool {
        withValues(of: query) { values, formats in
            PQsendQueryParams(handle, query.sql, Int32(query.types.count), query.types, values, query.lengths, formats, 1) == 1
        }
    }

    private mutating func withValues(
        of query: Query, _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?) -> Bool
    ) -> Bool {
        while binary.count < query.types.count { binary.append(1) }
        pointers.removeAll(keepingCapacity: true)
        // A pointer says that a value is there, so an empty text needs one too.
        let content = query.encoder.bytes.isEmpty ? [0] : query.encoder.bytes
        return content.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            var offset = 0
            for length in query.lengths {
                pointers.append(length < 0 ? nil : (base + offset).assumingMemoryBound(to: CChar.self))
                offset += Int(max(0, length))
            }
            return pointers.withUnsafeBufferPointer { pointers in
                binary.withUnsafeBufferPointer { body(pointers.baseAddress, $0.baseAddress) }
            }
        }
    }
}
