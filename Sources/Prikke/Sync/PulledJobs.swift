import JSON
import Scheduling

/// The jobs of an organization as they would stand in prikke.yaml: with what people have said, without what goes without saying.
struct PulledJobs {
    private(set) var jobs: [JSONObject] = []
    /// What is not in the file, in words.
    private(set) var notes: [String] = []

    init(_ answered: [JSON]) {
        var unnamed = 0
        for job in answered {
            guard let members = job.object, job["key"]?.string != nil else {
                unnamed += 1
                continue
            }
            jobs.append(Self.said(members))
        }
        jobs.sort { ($0["key"]?.string ?? "") < ($1["key"]?.string ?? "") }
        if unnamed > 0 {
            notes.append("Left out: \(unnamed) \(unnamed == 1 ? "job" : "jobs") without a key. Give a job a key to keep it in the file.")
        }
        if jobs.contains(where: { JSON.object($0).holdsMask }) {
            notes.append("Secret values stand as ***, which keeps what the job has; where a URL's host changes, write them again.")
        }
    }

    var yaml: String {
        var yaml = YAMLText()
        yaml.comment("Made by `prikke sync pull`.")
        guard !jobs.isEmpty else { return yaml.text + "jobs: []\n" }
        return yaml.text + "jobs:\n"
            + jobs.map { job in
                var element = YAMLText()
                element.element(.object(job), indent: 2)
                return element.text
            }.joined()
    }

    /// In the order of the declaration, key first; only what differs from the defaults.
    private static func said(_ members: JSONObject) -> JSONObject {
        var said = JSONObject()
        for name in ["key", "name", "plugin", "config", "schedule"] + names where said[name] == nil {
            guard let value = members[name], let rest = difference(value, from: defaults[name]) else { continue }
            said[name] = rest
        }
        completeRetries(members, &said)
        if let method = said["config"]?["method"]?.string, method == standardMethod(members), var config = said["config"]?.object {
            config["method"] = Optional<JSON>.none
            said["config"] = .object(config)
        }
        return said
    }

    /// Unless it was said, the limit goes by the kind of schedule.
    private static func completeRetries(_ members: JSONObject, _ said: inout JSONObject) {
        let isRecurring = members["schedule"]?["cron"] != nil || members["schedule"]?["every"] != nil
        guard var retries = said["retries"]?.object, retries["limit"]?.int == (isRecurring ? 0 : 5) else { return }
        retries["limit"] = Optional<JSON>.none
        said["retries"] = retries.isEmpty ? Optional<JSON>.none : .object(retries)
    }

    private static func standardMethod(_ members: JSONObject) -> String {
        (members["config"]?["body"]?.string ?? "").isEmpty ? "GET" : "POST"
    }

    /// Nil: it is the default. Of an object, the members that differ.
    private static func difference(_ value: JSON, from standard: JSON?) -> JSON? {
        guard let standard else { return value.isNull ? Optional<JSON>.none : value }
        if value == standard { return Optional<JSON>.none }
        guard let members = value.object, let standards = standard.object else { return value }
        var rest = JSONObject()
        for (name, value) in members {
            if let value = difference(value, from: standards[name]) { rest[name] = value }
        }
        return rest.isEmpty ? Optional<JSON>.none : .object(rest)
    }

    /// The members that people may write.
    private static let names = JobShape.draft(.known).schema["properties"]?.object?.keys ?? []

    /// What a job has of which only the least was said.
    private static let defaults: JSONObject = {
        let least: JSON = ["key": "a", "config": ["url": "https://example.com/"]]
        var filled = (try? JobShape.draft(.known).validate(least))?.object ?? [:]
        // These were said, by us.
        for name in ["key", "name", "schedule"] { filled[name] = Optional<JSON>.none }
        if var config = filled["config"]?.object {
            config["url"] = Optional<JSON>.none
            filled["config"] = .object(config)
        }
        return filled
    }()
}

extension JSON {
    /// Whether a secret in it is masked.
    fileprivate var holdsMask: Bool {
        switch self {
        case .string(let text): text == "***"
        case .array(let elements): elements.contains(where: \.holdsMask)
        case .object(let members): members.contains { $0.value.holdsMask }
        default: false
        }
    }
}
