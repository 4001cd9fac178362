import JSON
import Scheduling
import Time

/// One setting of a job, for people.
struct JobFact: Sendable {
    let factLabel: String
    let factValue: String
    /// Whether a machine wrote it, or will read it.
    let isCode: Bool

    init(_ label: String, _ value: String, isCode: Bool = false) { (factLabel, factValue, self.isCode) = (label, value, isCode) }
}

extension JobFact {
    /// What is shown of a body; the form shows all of it.
    private static let mostOfBody = 1_000

    /// All of a job, as far as there is something to say. Secrets are masked already.
    static func all(of job: Job, channels: [Channel.Identifier: String], now: Timestamp) -> [JobFact] {
        let d = job.definition
        return request(d) + schedule(d)
            + [
                JobFact("Timeout", Words.duration(milliseconds: Int(d.timeoutMs))), JobFact("Retries", retries(d.retries)),
                JobFact("Missed runs", missed(d)), JobFact("Overlap", overlap(d.overlap)), JobFact("Success", success(d.success)),
                JobFact("Alerts", alerts(d.alerts, channels)),
            ]
            + (d.tags.isEmpty ? [] : [JobFact("Tags", d.tags.joined(separator: ", "))])
            + (d.key.map { [JobFact("Key", $0, isCode: true)] } ?? [])
            + [
                JobFact("Id", job.id.text, isCode: true), JobFact("Made", time(job.createdAt, now)),
                JobFact("Changed", time(job.updatedAt, now)),
            ]
    }

    private static func time(_ instant: Timestamp, _ now: Timestamp) -> String {
        "\(Moment(instant, now: now).timeFull), \(Moment.words(instant, now: now))"
    }

    private static func request(_ d: JobDefinition) -> [JobFact] {
        let config = d.config
        guard config["url"] != nil else { return [JobFact("Plugin", d.plugin, isCode: true)] }
        var facts = [JobFact("Request", Target(d).full, isCode: true)]
        let headers = (config["headers"]?.object ?? [:]).map { "\($0.key): \($0.value.string ?? "")" }
        if !headers.isEmpty { facts.append(JobFact("Headers", headers.joined(separator: "\n"), isCode: true)) }
        if let body = config["body"]?.string, !body.isEmpty {
            let isLong = body.unicodeScalars.count > mostOfBody
            let text = isLong ? String(String.UnicodeScalarView(body.unicodeScalars.prefix(mostOfBody))) + "…" : body
            let label = "Body, \(Words.bytes(body.utf8.count))" + (config["body_encoding"]?.string == "base64" ? " as base64" : "")
            facts.append(JobFact(label, text, isCode: true))
        }
        if config["follow_redirects"]?.bool == true { facts.append(JobFact("Redirects", "Followed, at most 5")) }
        return facts
    }

    private static func schedule(_ d: JobDefinition) -> [JobFact] {
        var facts: [JobFact] = []
        if let cron = d.schedule["cron"]?.string { facts.append(JobFact("Cron", cron, isCode: true)) }
        if let zone = d.schedule["timezone"]?.string { facts.append(JobFact("Time zone", zone)) }
        for (name, label) in [("starts_at", "Starts"), ("ends_at", "Ends")] {
            if let time = d.schedule[name]?.string { facts.append(JobFact(label, time)) }
        }
        return facts
    }

    private static func retries(_ json: JSON) -> String {
        let limit = json["limit"]?.int ?? 0
        guard limit > 0 else { return "None" }
        let first = json["initial"]?.string ?? "30s"
        if let waits = json["backoff"]?.array {
            return "Up to \(limit), after \(waits.compactMap(\.string).joined(separator: ", "))"
        }
        if json["backoff"]?.string == "fixed" { return "Up to \(limit), \(first) apart" }
        return "Up to \(limit), at growing distances from \(first) to \(json["maximum"]?.string ?? "1h")"
    }

    private static func missed(_ d: JobDefinition) -> String {
        let words =
            switch d.missed {
            case "skip": "None is made up"
            case "all": "All are made up, at most \(d.missedLimit)"
            default: "The last one is made up"
            }
        return words + (d.startDeadlineSeconds.map { "; missed after \(ShortDuration(seconds: Int64($0)).text)" } ?? "")
    }

    private static func overlap(_ word: String) -> String {
        switch word {
        case "skip": "A run that is due while another runs is skipped"
        case "allow": "Runs may overlap"
        default: "A run that is due while another runs waits for it"
        }
    }

    private static func success(_ json: JSON) -> String {
        let statuses = (json["status"]?.array ?? ["2xx"]).map { $0.string ?? $0.int.map { "\($0)" } ?? "" }
        var parts = ["Status \(statuses.joined(separator: ", "))"]
        if let text = json["body_contains"]?.string { parts.append("the body contains “\(text.prefix(100))”") }
        if let paths = json["json"]?.object, !paths.isEmpty {
            parts.append(
                paths.map { "\($0.key) is \(String(decoding: $0.value.bytes(), as: UTF8.self).prefix(100))" }.joined(separator: ", "))
        }
        if let most = json["max_duration_ms"]?.int { parts.append("within \(Words.duration(milliseconds: Int(most)))") }
        return parts.joined(separator: "; ")
    }

    private static func alerts(_ json: JSON, _ channels: [Channel.Identifier: String]) -> String {
        if json.string == "off" { return "Nobody is told" }
        let all = channels.isEmpty ? "nobody: there is no channel" : "all channels"
        guard json.object != nil else { return "After a failure, to \(all)" }
        let after = json["after"]?.int ?? 1
        let names = (json["channels"]?.array ?? []).compactMap(\.string).map { id in
            channels.first { $0.key.text == id }?.value ?? "a channel that is gone"
        }
        let when = after == 1 ? "After a failure" : "After \(after) failures in a row"
        return "\(when), to \(names.isEmpty ? all : names.joined(separator: ", "))"
    }
}
