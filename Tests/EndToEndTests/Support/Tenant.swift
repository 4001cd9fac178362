import JSON
import TestSupport
import Testing

/// An organization on a server, and what its key can do.
struct Tenant: Sendable {
    let server: Server
    let id: String
    let key: String

    init(_ created: Program.Result, of server: Server) throws {
        let json = try JSON(parsing: Array(created.output.utf8))
        self.server = server
        id = try #require(json["organization"]?["id"]?.string, "\(created.errors)")
        key = try #require(json["api_key"]?.string)
    }

    /// The same organization at a server that came after its own.
    init(_ tenant: Tenant, at server: Server) { (self.server, id, key) = (server, tenant.id, tenant.key) }

    /// The same organization with another of its keys.
    init(_ tenant: Tenant, key: String) { (server, id, self.key) = (tenant.server, tenant.id, key) }

    func get(_ path: String) async -> Answer { await server.send(Call(path: path, key: key)) }

    func send(_ method: String, _ path: String, _ json: JSON? = nil, headers: [(name: String, value: String)] = []) async -> Answer {
        await server.send(Call(method: method, path: path, key: key, headers: headers, body: json?.bytes()))
    }

    /// Sends again what was answered with 503. The database was too busy, so nothing was done, as a rule: where one more
    /// makes a difference, what the database holds is what counts.
    func insist(
        _ method: String, _ path: String, _ json: JSON? = nil, headers: [(name: String, value: String)] = []
    ) async throws -> Answer {
        var answer = Answer([])
        try await until("\(method) \(path) is answered 503 only") {
            answer = await send(method, path, json, headers: headers)
            return answer.status != 503
        }
        return answer
    }

    /// Makes a job, and answers it as it was answered.
    func make(_ draft: JSON) async throws -> JSON {
        let answer = try await insist("POST", "/api/jobs", draft)
        try #require(answer.status == 201, "\(answer.text)")
        return answer.json
    }

    /// Makes a job that calls `url`.
    func job(calling url: String, schedule: JSON = .null, _ more: JSONObject = [:]) async throws -> String {
        let members = [("config", ["url": .string(url)]), ("schedule", schedule)] + more.map { ($0.key, $0.value) }
        return try #require(try await make(.object(JSONObject(members)))["id"]?.string)
    }

    /// Runs a job now, and answers the execution's id.
    @discardableResult
    func trigger(_ job: String, _ body: JSON? = nil) async throws -> String {
        let answer = try await insist("POST", "/api/jobs/\(job)/trigger", body)
        try #require(answer.status == 202, "\(answer.text)")
        return try #require(answer.json["id"]?.string)
    }

    func executions(of job: String, limit: Int = 100) async -> [JSON] {
        await get("/api/jobs/\(job)/executions?limit=\(limit)").json["data"]?.array ?? []
    }

    /// The job's executions from the first on that have ended, newest first, once there are so many. Behind one that still
    /// runs none is taken: those that overlap may end in any order, and what is taken has no hole. Nothing tells when an
    /// outcome has been recorded, so this asks again and again.
    func ended(_ count: Int, of job: String, where isEnough: ([JSON]) -> Bool = { _ in true }) async throws -> [JSON] {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let all = await executions(of: job)
            let ended = Array(all.reversed().prefix { !["pending", "running"].contains($0["status"]?.string) }.reversed())
            if ended.count >= count, isEnough(ended) { return ended }
            try #require(ContinuousClock.now < deadline, "\(count) executions did not end, or not as awaited: \(all)")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
