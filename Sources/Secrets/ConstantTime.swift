import CCrypto

/// Whether `a` and `b` are the same bytes, in a time that does not tell where they first differ. Their lengths are no
/// secret: unequal ones answer at once.
public func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}
