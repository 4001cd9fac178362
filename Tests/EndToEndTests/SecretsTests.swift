import JSON
import Postgres
import TestSupport
import Testing

/// SECRET_KEY_BASE is changed under a running program, and taken away.
@Suite(.timeLimit(.minutes(3))) struct SecretsTests {
    private static let old = String(repeating: "an old key: ", count: 6)
    private static let new = String(repeating: "a new key: ", count: 6)

    private func serve(on folder: String, _ settings: [String: String], _ body: (Server) async throws -> Void) async throws {
        let server = try await Server.start(on: folder, settings)
        let result: Result<Void, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await server.stop()
        try result.get()
    }

    @Test func theKeyIsChangedAndTheOldOneMayGo() async throws {
        try await Folder.lend { folder in
            let receiver = try Receiver()
            let data = folder + "/data"
            var (tenant, job) = (nil as Tenant?, "")
            func run(on server: Server, _ count: Int) async throws {
                try await Tenant(#require(tenant), at: server).trigger(job)
                let request = try await receiver.request(count)
                #expect(request.header("Authorization") == "Bearer hunter2")
            }
            try await serve(on: data, ["SECRET_KEY_BASE": Self.old]) { server in
                let acme = try await server.tenant()
                let made = try await acme.make(
                    ["config": ["url": .string(receiver.url), "headers": ["Authorization": "Bearer hunter2"]], "schedule": .null])
                #expect(made["config"]?["headers"] == ["Authorization": "***"])
                (tenant, job) = (acme, try #require(made["id"]?.string))
                try await run(on: server, 1)
            }
            let both = ["SECRET_KEY_BASE": Self.new, "SECRET_KEY_BASE_PREVIOUS": Self.old]
            try await serve(on: data, both) { server in
                try await run(on: server, 2)
                let rotated = try await server.command("secrets", "rotate", "--json")
                #expect(rotated.code == 0, "\(rotated.errors)")
                let json = try JSON(parsing: Array(rotated.output.utf8))
                #expect(json["columns"]?.array?.map { $0["resealed"] } == [1, 1, 1, 0, 0])
                #expect(json["removable_keys"]?.array?.count == 1 && json["needed_keys"] == [])
                try await run(on: server, 3)
                let again = try await server.command("secrets", "rotate")
                #expect(again.code == 0 && again.output.contains("0 of 1 sealed anew"), "\(again.output)")
            }
            let key = try await Program.run(["serve"], ["SECRET_KEY_BASE": Self.old, "PRIKKE_DATA_DIR": data, "PORT": "0"])
            #expect(key.code == 1)
            let complaint = key.errors.split(separator: "\n").filter { $0.hasPrefix("prikke: ") }
            #expect(complaint.count == 1 && complaint.first?.contains("sealed with the key ") == true, "\(key.errors)")
            #expect(!key.errors.contains(Self.old))
            try await serve(on: data, ["SECRET_KEY_BASE": Self.new]) { server in
                try await run(on: server, 4)
                let dump = try await server.database { database in
                    try await database.query("SELECT count(*) AS count FROM jobs j, attempts a WHERE (j, a)::text LIKE '%hunter2%'")
                        .only("count") as Int64
                }
                #expect(dump == 0)
            }
        }
    }
}
