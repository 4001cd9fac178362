import Foundation
import JSON
import Postgres
import TestSupport
import Testing
import Time

/// The zone data of the system changes under a running program.
@Suite(.timeLimit(.minutes(3))) struct ZoneTests {
    /// A folder of zone files: Oslo, Lagos, Tokyo, UTC, and no `tzdata.zi` in it.
    private func make(_ folder: String) throws {
        try? FileManager.default.removeItem(atPath: folder)
        for zone in ["Europe/Oslo", "Africa/Lagos", "Asia/Tokyo", "UTC"] { try put(zone, as: zone, in: folder) }
    }

    private func put(_ zone: String, as name: String, in folder: String) throws {
        let path = URL(filePath: folder + "/" + name)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        // Put in its place in one step, as a package manager does.
        try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + zone)).write(to: path, options: .atomic)
    }

    private func next(_ job: String, _ tenant: Tenant) async -> Timestamp? {
        await tenant.get("/api/jobs/\(job)").json["next_run_at"]?.string.flatMap { Timestamp(rfc3339: $0) }
    }

    @Test func jobsGoByNewRulesWithoutARestartAndEachTickIsCalledOnce() async throws {
        let receiver = try Receiver()
        try await Folder.lend { folder in
            let zones = folder + "/zones"
            try make(zones)
            let server = try await Server.start(on: folder + "/data", ["TZDIR": zones])
            let tenant = try await server.tenant()
            func job(_ cron: String, _ zone: String, _ more: JSONObject = [:]) async throws -> String {
                let seconds = cron.split(separator: " ").count == 6
                let schedule: JSON = ["cron": .string(cron), "timezone": .string(zone), "seconds": .bool(seconds)]
                return try await tenant.job(calling: receiver.url, schedule: schedule, more)
            }
            // No summer time in January: 12:00 in Oslo and in Lagos are 11:00 UTC; in Tokyo 3:00 UTC.
            let oslo = try await job("0 12 15 1 *", "Europe/Oslo")
            let lagos = try await job("0 12 15 1 *", "Africa/Lagos")
            let ticking = try await job("* * * * * *", "Europe/Oslo", ["overlap": "allow"])
            let before = try #require(await next(oslo, tenant))
            #expect(await next(lagos, tenant) == before)
            try await server.wait(until: "SELECT count(*) AS n FROM zone_rules", isAtLeast: 2)
            _ = try await receiver.request(2)

            // Away for a moment, as in the midst of an update; then new.
            try FileManager.default.moveItem(atPath: zones, toPath: zones + "-old")
            try make(zones + "-new")
            try put("Asia/Tokyo", as: "Europe/Oslo", in: zones + "-new")
            try FileManager.default.createSymbolicLink(atPath: zones, withDestinationPath: zones + "-new")
            try await until("the next run does not move") { await next(oslo, tenant) == before.adding(.seconds(-8 * 3_600)) }
            #expect(await next(lagos, tenant) == before)
            let count = receiver.requests.count
            _ = try await receiver.request(count + 3)

            try await server.database { database in
                let rows = try await database.query("SELECT subject, actor, action FROM audit_log WHERE action = 'job.next_run_moved'")
                #expect(try rows.map { try $0("subject") as String } == [oslo])
                #expect(try rows.map { try $0("actor") as String } == ["system"])
            }
            #expect(await tenant.send("DELETE", "/api/jobs/\(ticking)").status == 204)
            let ticks = receiver.requests.compactMap { $0.header("Prikke-Scheduled-For").flatMap { Timestamp(rfc3339: $0) } }.sorted()
            for (earlier, later) in zip(ticks, ticks.dropFirst()) { #expect(earlier.duration(to: later) == .seconds(1)) }
            #expect(await server.send(Call(path: "/status")).text.contains("Time-zone data"))
            await server.stop()
        }
    }

    @Test func theDoctorNamesTheDataOrTheFolderThatHasNone() async throws {
        let settings = try await Server.shared().settings
        let fine = try await Program.run(["doctor"], settings)
        #expect(fine.output.contains("time zones: found, 20"), "\(fine.output)")
        let empty = try await Program.run(["doctor", "--json"], settings.merging(["TZDIR": "/nowhere"]) { $1 })
        #expect(empty.code == 1)
        #expect(empty.output.contains("none in /nowhere"), "\(empty.output)")
    }
}
