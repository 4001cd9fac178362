import Foundation
import Secrets

/// The program's own key, from which all others are derived. In development a missing one is made once and kept in the
/// data folder; production demands one.
enum SecretKey {
    /// What seals secrets in the database: with the key of `SECRET_KEY_BASE`. Those of before only open.
    static func seal(_ configuration: Configuration) throws -> Seal {
        let base = try configuration.secretKeyBase ?? keptBase(in: configuration.dataFolder)
        var keys: [Seal.Key] = []
        for base in [base] + configuration.previousKeyBases {
            let key = try Seal.Key(HMAC.sha256(Array("prikke seal v1".utf8), key: Array(base.utf8)))
            if !keys.contains(key) { keys.append(key) }
        }
        return try Seal(keys: keys)
    }

    private static func keptBase(in folder: String) throws -> String {
        let file = folder + "/secret_key_base"
        if let kept = PrivateFile.read(file), kept.utf8.count >= 64 { return kept }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let base = Base64.encode(RandomBytes.make(64))
        // Another process may be making one at this moment: the first to put its file there has made the key of both.
        if PrivateFile.write(base, to: file, replacing: false) { return base }
        guard let theirs = PrivateFile.read(file), theirs.utf8.count >= 64 else {
            throw Configuration.Mistakes(list: ["PRIKKE_DATA_DIR: secret_key_base cannot be written there."])
        }
        return theirs
    }
}
