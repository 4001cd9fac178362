import CCrypto

/// Keyed digests of RFC 2104.
public enum HMAC {
    // A context that knows its digest, copied for each use: naming the digest anew costs more than a short message.
    // Safe to share: it is never written to after this, and copying it only reads.
    nonisolated(unsafe) private static let prepared: OpaquePointer? = {
        guard let algorithm = EVP_MAC_fetch(nil, "HMAC", nil), let context = EVP_MAC_CTX_new(algorithm) else { return nil }
        var name = Array("SHA256".utf8CString)
        let set = name.withUnsafeMutableBufferPointer { name in
            var parameters = [OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0), OSSL_PARAM_construct_end()]
            return EVP_MAC_CTX_set_params(context, &parameters)
        }
        return set == 1 ? context : nil
    }()

    /// The 32 bytes of the HMAC-SHA-256 of `message` under `key`, which may be of any length, also empty.
    public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        let context = EVP_MAC_CTX_dup(prepared)
        defer { EVP_MAC_CTX_free(context) }
        // libcrypto takes a null key for "the one set before", and an empty array may have no address.
        let started = key.isEmpty ? EVP_MAC_init(context, [0], 0, nil) : EVP_MAC_init(context, key, key.count, nil)
        precondition(started == 1 && EVP_MAC_update(context, message, message.count) == 1, "libcrypto has no HMAC-SHA-256")
        return [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            precondition(EVP_MAC_final(context, output.baseAddress, &count, 32) == 1 && count == 32, "libcrypto has no HMAC-SHA-256")
        }
    }
}
