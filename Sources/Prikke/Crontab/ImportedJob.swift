import JSON
import Scheduling

/// A job made of a crontab line.
struct ImportedJob: Equatable {
    /// Five fields or a macro.
    let schedule: String
    /// Nil: the organization's.
    let timezone: String?
    let request: ImportedRequest
    var timeoutMs: Int64?
    var overlap: String?
    /// Seconds that it slept before it called.
    var delay: Int64 = 0
    /// What could not be carried over, in words.
    var notes: [String] = []

    /// As `prikke import crontab --json` prints it.
    var members: JSONObject {
        [
            "schedule": .string(schedule), "timezone": timezone.map(JSON.string) ?? .null, "method": .string(request.method),
            "url": .string(request.url), "headers": headers, "body": request.body.map(JSON.string) ?? .null,
        ]
    }

    private var headers: JSON { .object(JSONObject(request.headers.map { ($0.name, .string($0.value)) })) }

    /// As it stands in prikke.yaml.
    func json(key: String) -> JSON {
        var config: JSONObject = ["url": .string(request.url), "method": .string(request.method)]
        if !request.headers.isEmpty { config["headers"] = headers }
        if let body = request.body { config["body"] = .string(body) }
        if request.followsRedirects { config["follow_redirects"] = true }
        var job: JSONObject = ["key": .string(key), "name": .string(name), "config": .object(config), "schedule": scheduleJSON]
        if let timeoutMs { job["timeout_ms"] = .integer(timeoutMs) }
        if let retries = request.retries { job["retries"] = ["limit": .integer(retries)] }
        if let overlap, overlap != "queue" { job["overlap"] = .string(overlap) }
        return .object(job)
    }

    /// `sleep 30; curl …` is a field of seconds here, where that says the same.
    private var scheduleJSON: JSON {
        let isExact = isSecondsField
        var members: JSONObject = ["cron": .string(isExact ? "\(delay) \(schedule)" : schedule)]
        if let timezone { members["timezone"] = .string(timezone) }
        if isExact { members["seconds"] = true }
        return .object(members)
    }

    private var isSecondsField: Bool { (1...59).contains(delay) && !schedule.hasPrefix("@") }

    /// The host and path, without what may be secret.
    private var name: String {
        let start = request.url.firstRange(of: "://")?.upperBound ?? request.url.startIndex
        let text = request.url[start...].prefix { !"?#".contains($0) }
        return String((text.hasSuffix("/") ? text.dropLast() : text).prefix(200))
    }

    /// What the job's key is made of: its name in the letters of keys.
    var keyText: String {
        var key = ""
        for scalar in name.lowercased().unicodeScalars {
            let isLegal = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || "._/-".unicodeScalars.contains(scalar)
            if isLegal { key.unicodeScalars.append(scalar) } else if !key.hasSuffix("-") { key += "-" }
        }
        let begun = key.drop { !$0.isLetter && !$0.isNumber }.prefix(90)
        return begun.isEmpty ? "job" : String(begun)
    }

    /// The same within the limits of a job, with notes of what that changed. Throws where Prikke would refuse it.
    func accepted() throws(CrontabSkip) -> ImportedJob {
        var job = self
        if let timeoutMs, !(1_000...900_000).contains(timeoutMs) {
            job.timeoutMs = min(max(timeoutMs, 1_000), 900_000)
            job.notes.append("its time limit of \(timeoutMs) ms became \(job.timeoutMs ?? 0) ms: a job's is between 1 s and 15 min")
        }
        if let retries = request.retries, retries > 10 {
            var changed = request
            changed.retries = 10
            job = job.with(changed)
            job.notes.append("its \(retries) retries became 10, the most that a job has")
        }
        if request.method == "HEAD", request.body != nil {
            throw CrontabSkip(.notAccepted, "It sends a body with HEAD, which Prikke does not.")
        }
        do throws(InvalidInput) {
            _ = try JobShape.draft(.known).validate(job.json(key: "a"))
        } catch {
            let words = error.errors.map { "\($0.pointer.dropFirst().replacing("/", with: ".")): \($0.detail)" }
            throw CrontabSkip(.notAccepted, words.joined(separator: " "))
        }
        if delay > 0 { job.notes.append(delayNote) }
        if request.isLocal {
            job.notes.append(
                "\(request.url) can be called from its own machine or network only: Prikke must run there, with PRIKKE_ALLOW_NETWORKS")
        }
        return job
    }

    private func with(_ request: ImportedRequest) -> ImportedJob {
        var job = ImportedJob(schedule: schedule, timezone: timezone, request: request)
        (job.timeoutMs, job.overlap, job.delay, job.notes) = (timeoutMs, overlap, delay, notes)
        return job
    }

    private var delayNote: String {
        isSecondsField
            ? "it waits \(delay) s before it calls: prikke.yaml says so with a field of seconds, which --json has no member for"
            : "it waits \(delay) s before it calls: the job calls at once; change the schedule to call later"
    }
}
