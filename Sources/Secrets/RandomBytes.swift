import CCrypto

/// The system's cryptographic random generator.
public enum RandomBytes {
    /// `count` bytes that nobody can guess. The program ends if there are none to be had: going on with predictable
    /// ones would give every session and key away.
    public static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { output, filled in
            precondition(RAND_bytes(output.baseAddress, Int32(count)) == 1, "the system has no random bytes")
            filled = count
        }
    }
}
