import CLibPQ
import Foundation
import Testing

@testable import Postgres

@Suite struct ServerProgramsTests {
    /// Folders as packages install them, with programs that print their version like Postgres'.
    private func withInstallations(_ versions: [String], _ body: ([String]) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "prikke-programs-\(UUID().uuidString)").path()
        defer { removeTree(root) }
        let folders = try versions.enumerated().map { index, version in
            let folder = "\(root)/\(index) folder/bin"
            try makeFolder(folder, mode: 0o755)
            for name in ["initdb", "postgres"] {
                try replaceFile("\(folder)/\(name)", with: "#!/bin/sh\necho '\(name) (PostgreSQL) \(version)'\n", mode: 0o755)
            }
            return folder
        }
        try body(folders)
    }

    @Test func theNewestServerIsTaken() throws {
        try withInstallations(["15.18 (Debian 15.18-0+deb12u1)", "18.1", "16.3"]) { folders in
            let found = try ServerPrograms.find(in: folders)
            #expect(found == ServerPrograms(folder: folders[1], major: 18))
        }
    }

    @Test func aClusterGetsTheServerOfItsOwnVersion() throws {
        try withInstallations(["15.18", "18.1"]) { folders in
            let found = try ServerPrograms.find(wanted: 15, in: folders)
            #expect(found.major == 15)
            let error = #expect(throws: EmbeddedPostgresError.notInstalled(wanted: 16)) {
                try ServerPrograms.find(wanted: 16, in: folders)
            }
            #expect(error?.description.contains("`apt-get install postgresql-16`") == true)
        }
    }

    @Test func aServerThatIsTooOldIsRefused() throws {
        try withInstallations(["14.12"]) { folders in
            #expect(throws: EmbeddedPostgresError.tooOld(major: 14)) { try ServerPrograms.find(in: folders) }
        }
    }

    @Test func withoutAServerTheErrorNamesTheCommandThatInstallsIt() throws {
        // A folder of Debian's client package: psql, and no server.
        try withInstallations(["16.3"]) { folders in
            unlink(folders[0] + "/initdb")
            let error = #expect(throws: EmbeddedPostgresError.notInstalled(wanted: nil)) { try ServerPrograms.find(in: folders) }
            #expect(error?.description.contains("`apt-get install postgresql`") == true)
        }
    }

    @Test func theServerOfThisMachineIsFound() throws {
        #expect(try ServerPrograms.find().major >= ServerPrograms.oldest)
    }

    @Test(arguments: ["/tmp/prikke-ab12", "/tmp/with space", #"/tmp/it's \ odd"#, "", "/tmp/é"])
    func aConnectionStringIsReadBackAsWritten(folder: String) throws {
        let text = ServerAddress(socketFolder: folder).connectionString(database: "prikke")
        let options = try #require(PQconninfoParse(text, nil))
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            values[String(cString: keyword)] = option.pointee.val.map { String(cString: $0) }
            option += 1
        }
        #expect(values["host"] == folder && values["dbname"] == "prikke" && values["user"] == "postgres" && values["port"] == "5432")
    }

    @Test func settingsFollowTheMachine() {
        func settings(_ profile: ServerProfile, memory: UInt64, disk: UInt64) -> String {
            profile.settings(socketFolder: "/tmp/it's", memory: memory, freeDisk: disk, compression: "lz4")
        }
        let large = settings(.durable, memory: 64 << 30, disk: 1 << 40)
        #expect(large.contains("shared_buffers = 1024MB") && large.contains("max_wal_size = 8192MB"))
        let small = settings(.durable, memory: 1 << 30, disk: 4 << 30)
        #expect(small.contains("shared_buffers = 128MB") && small.contains("max_wal_size = 512MB"))
        #expect(small.contains("fsync = on") && small.contains("unix_socket_directories = '/tmp/it''s'"))
        let disposable = settings(.disposable, memory: 64 << 30, disk: 1 << 40)
        #expect(disposable.contains("fsync = off") && disposable.contains("shared_buffers = 64MB"))
    }
}
