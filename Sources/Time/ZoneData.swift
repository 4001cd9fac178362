import Glibc
import Synchronization

/// The time-zone data of the system: the folder of compiled zone files that the package `tzdata` keeps up to date.
public enum ZoneData {
    /// The folder: the environment variable `TZDIR` as for every other program, else `/usr/share/zoneinfo`.
    public static let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"

    /// The release of the data, such as `2026a`; `unknown` when the folder does not say. Read from disk at each call, so that
    /// an update under a running program is seen.
    public static func version() -> String {
        let head = contents(of: "tzdata.zi", in: folder, atMost: 100) ?? []
        let text = String(decoding: head.prefix { $0 != 10 }, as: UTF8.self)
        return text.hasPrefix("# version ") ? String(text.dropFirst(10)) : "unknown"
    }

    /// All names of zones, sorted, old spellings included; empty when the folder has no list of them.
    public static func names() -> [String] {
        let text = String(decoding: contents(of: "tzdata.zi", in: folder, atMost: 1 << 20) ?? [], as: UTF8.self)
        return text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ", maxSplits: 3)
            if words.count > 2, words[0] == "Z" || words[0] == "L" { return String(words[0] == "Z" ? words[1] : words[2]) }
            return nil
        }.filter(isName).sorted()
    }

    /// Reads again what was read so far, and goes by it from now on: an update of the data under a running program. Answers the
    /// zones that could not be read: of those the old rules stay, because a file may be away for a moment while the data is
    /// replaced. Rules already handed out do not change.
    public static func reload() -> [String] { reload(from: folder) }

    static func reload(from folder: String) -> [String] {
        known.withLock { Array($0.keys) }.filter { id in
            guard let rules = read(id, from: folder) else { return true }
            known.withLock { if $0[id] != rules { $0[id] = rules } }
            return false
        }.sorted()
    }

    /// Zones are read once. Their number is that of the files there are: an unknown name is not kept.
    static let known = Mutex<[String: ZoneRules]>([:])

    static func rules(named id: String) -> ZoneRules? {
        guard isName(id) else { return nil }
        if let rules = known.withLock({ $0[id] }) { return rules }
        guard let rules = read(id, from: folder) else { return nil }
        return known.withLock { known in
            // Whoever read it first gave it to others already.
            if let first = known[id] { return first }
            known[id] = rules
            return rules
        }
    }

    private static func read(_ id: String, from folder: String) -> ZoneRules? {
        contents(of: id, in: folder, atMost: 1 << 18).flatMap { ZoneRules(id: id, zoneFile: $0) } ?? universal(id)
    }

    /// A machine without the package still knows the one zone that has no rules.
    private static func universal(_ id: String) -> ZoneRules? { id == "UTC" || id == "Etc/UTC" ? ZoneRules(id: id, offset: 0) : nil }

    /// Whether a text can be a zone's name and not a path out of the folder or one of the other files in it.
    private static func isName(_ id: String) -> Bool {
        guard 1...64 ~= id.utf8.count, let first = id.utf8.first, first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") else {
            return false
        }
        let isPlain = id.utf8.allSatisfy {
            ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") || 48...57 ~= $0 || "_+-/".utf8.contains($0)
        }
        return isPlain && id != "Factory"
    }

    private static func contents(of name: String, in folder: String, atMost limit: Int) -> [UInt8]? {
        guard let file = fopen(folder + "/" + name, "rbe") else { return nil }
        defer { fclose(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = fread(buffer.baseAddress, 1, limit, file)
        }
        return ferror(file) == 0 ? bytes : nil
    }
}
