/// A nil is bound as a NULL of the wrapped type.
extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }

    public func encode(into encoder: inout PostgresEncoder) {
        if let value = self { value.encode(into: &encoder) } else { encoder.writeNull() }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Wrapped? {
        value.bytes == nil ? nil : try Wrapped.decode(value)
    }
}

/// An enumeration over text or numbers is stored as its raw value.
extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }

    public func encode(into encoder: inout PostgresEncoder) { rawValue.encode(into: &encoder) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Self {
        guard let known = Self(rawValue: try RawValue.decode(value)) else { throw .decoding("the value is no case of \(Self.self)") }
        return known
    }
}

/// What may stand in a Swift array that is bound. A protocol of its own, because Swift allows one conditional conformance
/// only and `[UInt8]` is not an array to the server but `bytea`.
public protocol PostgresArrayElement: Sendable {
    /// What the array, not the element, is declared as.
    static var postgresTypeOfArray: PostgresType { get }
    /// Appends the array's binary form.
    static func encode(array: [Self], into encoder: inout PostgresEncoder)
}

/// What may stand in a Swift array that is read.
public protocol PostgresArrayDecodable {
    /// Reads an array. Throws like `PostgresDecodable.decode`.
    static func decode(array value: PostgresValue) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresTypeOfArray }

    public func encode(into encoder: inout PostgresEncoder) { Element.encode(array: self, into: &encoder) }
}

extension Array: PostgresDecodable where Element: PostgresArrayDecodable {
    public static func decode(_ value: PostgresValue) throws(PostgresError) -> [Element] { try Element.decode(array: value) }
}

extension UInt8: PostgresArrayElement, PostgresArrayDecodable {
    public static var postgresTypeOfArray: PostgresType { .bytea }

    public static func encode(array: [UInt8], into encoder: inout PostgresEncoder) { encoder.write(array) }

    public static func decode(array value: PostgresValue) throws(PostgresError) -> [UInt8] {
        [UInt8](try value.content(.bytea, as: [UInt8].self))
    }
}

extension PostgresArrayElement where Self: PostgresEncodable {
    public static var postgresTypeOfArray: PostgresType { PostgresType(oid: postgresType.arrayOID, arrayOID: 0) }

    /// Dimensions (0 or 1), whether any element is NULL, the elements' type; then length and lower bound; then the elements.
    public static func encode(array: [Self], into encoder: inout PostgresEncoder) {
        if postgresType.arrayOID == 0 { encoder.refuse("an array of arrays") }
        encoder.write(Int32(array.isEmpty ? 0 : 1))
        let flag = encoder.bytes.count
        encoder.write(Int32(0))
        encoder.write(postgresType.oid)
        guard !array.isEmpty else { return }
        encoder.write(Int32(array.count))
        encoder.write(Int32(1))
        var hasNull = false
        for element in array where encoder.writeElement(element) { hasNull = true }
        if hasNull { encoder.overwrite(1, at: flag) }
    }
}

extension PostgresArrayDecodable where Self: PostgresDecodable {
    public static func decode(array value: PostgresValue) throws(PostgresError) -> [Self] {
        guard let bytes = value.bytes else { throw .decoding("NULL cannot be read as \([Self].self)") }
        guard PostgresType.isArray(value.type) else {
            throw .decoding("\(PostgresType.name(of: value.type)) cannot be read as \([Self].self)")
        }
        var cursor = ArrayCursor(rest: bytes)
        let dimensions = try cursor.next()
        _ = try cursor.next()
        let type = UInt32(bitPattern: try cursor.next())
        guard dimensions == 1 else {
            if dimensions == 0 { return [] }
            throw .decoding("an array of \(dimensions) dimensions")
        }
        let count = try cursor.next()
        _ = try cursor.next()
        var elements: [Self] = []
        elements.reserveCapacity(min(Int(count), bytes.count / 4))
        for _ in 0..<max(0, count) {
            elements.append(try decode(PostgresValue(type: type, bytes: try cursor.nextElement())))
        }
        return elements
    }
}

private struct ArrayCursor {
    var rest: UnsafeRawBufferPointer

    mutating func next() throws(PostgresError) -> Int32 { try PostgresValue.integer(try take(4)) }

    mutating func nextElement() throws(PostgresError) -> UnsafeRawBufferPointer? {
        let length = try next()
        return length < 0 ? nil : try take(Int(length))
    }

    private mutating func take(_ count: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw .decoding("an array that ends too early") }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }
}

extension Bool: PostgresArrayElement, PostgresArrayDecodable {}
extension Int16: PostgresArrayElement, PostgresArrayDecodable {}
extension Int32: PostgresArrayElement, PostgresArrayDecodable {}
extension Int64: PostgresArrayElement, PostgresArrayDecodable {}
extension Int: PostgresArrayElement, PostgresArrayDecodable {}
extension Double: PostgresArrayElement, PostgresArrayDecodable {}
extension String: PostgresArrayElement, PostgresArrayDecodable {}
extension Array: PostgresArrayElement where Element: PostgresArrayElement {}
extension Array: PostgresArrayDecodable where Element: PostgresArrayDecodable {}
extension Optional: PostgresArrayElement where Wrapped: PostgresEncodable {}
extension Optional: PostgresArrayDecodable where Wrapped: PostgresDecodable {}
