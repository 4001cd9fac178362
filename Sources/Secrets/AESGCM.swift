import CCrypto

/// AES-256 in Galois/counter mode (NIST SP 800-38D), 96-bit nonce, 128-bit tag. Only `Seal` calls it: a nonce used
/// twice under one key breaks it wholly, so the choice of nonces is made in one place.
enum AESGCM {
    static let keyLength = 32
    static let nonceLength = 12
    static let tagLength = 16

    // Fetched once, as in `Hash`.
    nonisolated(unsafe) private static let cipher = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// The cipher text, then the tag.
    static func encrypt(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8] {
        let cipherContext = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipherContext) }
        var done = key.count == keyLength && nonce.count == nonceLength
        done = done && EVP_EncryptInit_ex(cipherContext, cipher, nil, key, nonce) == 1
        var written: Int32 = 0
        done = done && EVP_EncryptUpdate(cipherContext, nil, &written, context, Int32(context.count)) == 1
        var sealed = [UInt8](repeating: 0, count: plain.count + tagLength)
        sealed.withUnsafeMutableBytes { output in
            guard let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            done = done && (plain.isEmpty || EVP_EncryptUpdate(cipherContext, start, &written, plain, Int32(plain.count)) == 1)
            done = done && EVP_EncryptFinal_ex(cipherContext, start + plain.count, &written) == 1
            done = done && EVP_CIPHER_CTX_ctrl(cipherContext, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), start + plain.count) == 1
        }
        precondition(done, "libcrypto could not encrypt with AES-256-GCM")
        return sealed
    }

    /// The plain text; nil when the key, the nonce, the context or any byte is not the one it was sealed with.
    static func decrypt(_ sealed: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= tagLength, key.count == keyLength, nonce.count == nonceLength else { return nil }
        let encrypted = Array(sealed.dropLast(tagLength))
        var tag = Array(sealed.suffix(tagLength))
        let cipherContext = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipherContext) }
        guard EVP_DecryptInit_ex(cipherContext, cipher, nil, key, nonce) == 1 else { return nil }
        var written: Int32 = 0
        guard EVP_DecryptUpdate(cipherContext, nil, &written, context, Int32(context.count)) == 1 else { return nil }
        // One byte more than needed, so that the buffer of an empty text has an address.
        var plain = [UInt8](repeating: 0, count: encrypted.count + 1)
        let length = Int32(encrypted.count)
        guard encrypted.isEmpty || EVP_DecryptUpdate(cipherContext, &plain, &written, encrypted, length) == 1 else { return nil }
        guard EVP_CIPHER_CTX_ctrl(cipherContext, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1 else { return nil }
        var rest = [UInt8](repeating: 0, count: tagLength)
        guard EVP_DecryptFinal_ex(cipherContext, &rest, &written) == 1 else { return nil }
        plain.removeLast()
        return plain
    }
}
