/// A host as a name: lower case, no final dot, made of labels that DNS can hold.
enum HostName {
    /// The name that `bytes` spell. Throws with a sentence that says what to change.
    static func normalised(_ bytes: ArraySlice<UInt8>) throws(AddressRefusal) -> String {
        var name = bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        guard name.count <= 253 else { throw .invalidURL("The URL's host is longer than 253 characters.") }
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels { try check(label) }
        if let last = labels.last, endsInNumber(last) {
            throw .invalidURL("The URL's host looks like a number: write an IPv4 address as four decimal numbers, such as 192.0.2.1.")
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func check(_ label: ArraySlice<UInt8>) throws(AddressRefusal) {
        guard !label.isEmpty else { throw .invalidURL("The URL's host has an empty label.") }
        guard label.count <= 63 else { throw .invalidURL("A part of the URL's host is longer than 63 characters.") }
        // The underscore is in no host name of RFC 1123, but in many of DNS.
        let legal = label.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
        guard legal, label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            throw .invalidURL("The URL's host holds a character that a host name cannot have.")
        }
        if label.starts(with: "xn--".utf8), !isInternational(label.dropFirst(4)) {
            throw .invalidURL("The URL's host has an xn-- label that stands for no name.")
        }
    }

    /// Whether what follows `xn--` decodes to something that needed the encoding and could be part of a name.
    private static func isInternational(_ encoded: ArraySlice<UInt8>) -> Bool {
        guard let scalars = Punycode.decode(encoded), scalars.contains(where: { !$0.isASCII }) else { return false }
        return scalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
            default: true
            }
        }
    }

    /// WHATWG's "ends in a number", made stricter: whatever some parser takes for an IPv4 address is none of our names.
    private static func endsInNumber(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy { (0x30...0x39).contains($0) } || label.starts(with: "0x".utf8)
    }
}
