import CCrypto

/// Digests of FIPS 180-4.
public enum Hash {
    // OpenSSL 3 looks an algorithm up by its name, under locks, each time it is asked for implicitly; so ask once.
    // Safe to share: a fetched EVP_MD is immutable and counted atomically.
    nonisolated(unsafe) private static let digest = EVP_MD_fetch(nil, "SHA256", nil)

    /// The 32 bytes of the SHA-256 of `bytes`.
    public static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.withContiguousStorageIfAvailable(sha256) ?? Array(bytes).withUnsafeBufferPointer(sha256)
    }

    private static func sha256(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, nil, digest, nil)
            precondition(done == 1, "libcrypto has no SHA-256")
            count = 32
        }
    }
}
