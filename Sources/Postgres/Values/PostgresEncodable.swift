/// A value that can be bound: `\(value)` in a `Query` sends it as a parameter, in the server's binary format.
public protocol PostgresEncodable: Sendable {
    /// The type the parameter is declared with.
    static var postgresType: PostgresType { get }
    /// Appends the value's binary form, or says that it is null or cannot be sent.
    func encode(into encoder: inout PostgresEncoder)
}

/// A value that can be read from a column.
public protocol PostgresDecodable {
    /// Reads the value. Throws `PostgresError` of kind `.decoding` if the column's type, length or content is not what it
    /// should be; the text never holds the content.
    static func decode(_ value: PostgresValue) throws(PostgresError) -> Self
}

/// A value that can be bound and read.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// Collects the bytes of bound values.
public struct PostgresEncoder: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    var isNull = false
    /// Why the query must not be sent. Interpolation cannot throw, so a value that no server would take is remembered here
    /// and refused when the query is about to go out.
    var refusal: String?

    /// Appends an integer in network byte order.
    public mutating func write(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    public mutating func write(_ content: some Collection<UInt8>) { bytes.append(contentsOf: content) }

    /// Appends text. Text with a NUL is refused: the server cannot store it, and would say so by breaking off a statement
    /// that others may be waiting behind.
    public mutating func write(text: String) {
        var text = text
        let hasNull = text.withUTF8 { utf8 in
            bytes.append(contentsOf: utf8)
            return utf8.contains(0)
        }
        if hasNull { refuse("text with a NUL character") }
    }

    /// The value is NULL; nothing may have been written for it.
    public mutating func writeNull() { isNull = true }

    /// The query cannot be sent. `reason` names what is wrong without quoting the value: "text with a NUL character".
    public mutating func refuse(_ reason: String) { refusal = refusal ?? reason }

    /// Appends an array's element: its length, or −1 for NULL, and its bytes. Says whether it was NULL.
    mutating func writeElement(_ element: some PostgresEncodable) -> Bool {
        let start = bytes.count
        write(Int32(-1))
        element.encode(into: &self)
        defer { isNull = false }
        if !isNull { overwrite(Int32(bytes.count - start - 4), at: start) }
        return isNull
    }

    mutating func overwrite(_ integer: Int32, at offset: Int) {
        withUnsafeBytes(of: integer.bigEndian) { source in
            for index in 0..<4 { bytes[offset + index] = source[index] }
        }
    }
}

/// A column's content in one row: its type and its bytes, which are valid only during the call they are handed to.
public struct PostgresValue {
    /// The id of the column's type.
    public let type: UInt32
    /// The binary form; nil for NULL.
    public let bytes: UnsafeRawBufferPointer?

    /// The bytes of a value that must not be NULL and must be of one of `types`; `wanted` is what error texts call it.
    public func content(_ types: PostgresType..., as wanted: Any.Type) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard types.contains(where: { $0.oid == type }) else {
            throw .decoding("\(PostgresType.name(of: type)) cannot be read as \(wanted)")
        }
        guard let bytes else { throw .decoding("NULL cannot be read as \(wanted)") }
        return bytes
    }

    /// An integer in network byte order, of exactly its own width.
    static func integer<I: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, as wanted: I.Type = I.self) throws(PostgresError) -> I {
        guard bytes.count == MemoryLayout<I>.size else { throw .decoding("\(bytes.count) bytes cannot be read as \(wanted)") }
        return I(bigEndian: bytes.loadUnaligned(as: I.self))
    }
}
