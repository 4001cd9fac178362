import Foundation
import Synchronization
import Testing

@testable import Time

@Suite struct ZoneDataTests {
    private let name = "Test/Zone\(UInt32.random(in: .min ... .max))"

    private func put(_ zone: String, in folder: URL) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(contentsOf: URL(filePath: ZoneData.folder + "/" + zone)).write(to: file)
    }

    private func lendFolder(_ body: (URL) throws -> Void) throws {
        let folder = URL(filePath: "/tmp/prikke-zones-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func aReloadGoesByTheNewFile() throws {
        try lendFolder { folder in
            ZoneData.known.withLock { $0[name] = ZoneRules(id: name, offset: 0) }
            try put("Asia/Tokyo", in: folder)
            #expect(!ZoneData.reload(from: folder.path).contains(name))
            #expect(ZoneRules.named(name)?.offset(at: 1_800_000_000) == 9 * 3_600)
        }
    }

    @Test func aZoneWhoseFileIsAwayOrBrokenKeepsItsRules() throws {
        try lendFolder { folder in
            let old = ZoneRules(id: name, offset: 60)
            ZoneData.known.withLock { $0[name] = old }
            #expect(ZoneData.reload(from: folder.path).contains(name))
            #expect(ZoneRules.named(name) === old)
            try put("Asia/Tokyo", in: folder)
            let file = try FileHandle(forWritingTo: folder.appending(path: name))
            try file.truncate(atOffset: 100)
            #expect(ZoneData.reload(from: folder.path).contains(name))
            #expect(ZoneRules.named(name) === old)
        }
    }

    @Test func theSameRulesReadAgainAreTheSameObject() throws {
        try lendFolder { folder in
            try put("Asia/Tokyo", in: folder)
            ZoneData.known.withLock { $0[name] = ZoneRules(id: name, offset: 0) }
            _ = ZoneData.reload(from: folder.path)
            let first = try #require(ZoneRules.named(name))
            _ = ZoneData.reload(from: folder.path)
            #expect(ZoneRules.named(name) === first)
        }
    }

    @Test func anOutlineTellsZonesApartByWhatIsToCome() throws {
        func outline(_ name: String) throws -> [UInt8] { try #require(ZoneRules.named(name)).outline }
        #expect(try outline("Europe/Oslo") != outline("Europe/London"))
        // They differ in the past alone.
        #expect(
            try outline("Europe/Oslo") == outline("Europe/Berlin") && ZoneRules.named("Europe/Oslo") != ZoneRules.named("Europe/Berlin"))
        #expect(try outline("Asia/Tokyo") == ZoneRules(id: "x", offset: 9 * 3_600).outline)
        for name in ZoneData.names() { #expect(try outline(name).count % 16 == 0 && !outline(name).isEmpty) }
    }
}
