import JSON
import Time

/// What programs are told: the `data` of a webhook, in the words of the API, under 20 kB.
extension AlertMessage {
    private static let mostBytes = 18_000

    static func data(of news: Telling.News, in context: AlertContext) -> JSON {
        var members: JSONObject = [
            "organization_id": .string(context.organization.text), "subject": news.subject.map(JSON.string) ?? .null,
            "count": .integer(Int64(news.all.count)),
        ]
        if let incident = news.only {
            members["incident"] = incident.told
            members["job"] = context.job(incident)?.json ?? .null
            members["execution"] = incident.executionID.flatMap { context.executions[$0]?.json } ?? .null
        } else {
            members["incidents"] = .array(news.named.map(\.told))
            members["jobs"] = .array(
                Set(news.named.compactMap(\.jobID)).compactMap { context.jobs[$0] }.sorted { $0.id < $1.id }.map(\.json))
        }
        let whole = JSON.object(members)
        guard whole.bytes().count > mostBytes else { return whole }
        // What an answer holds, and long sentences, are in the API.
        if var execution = members["execution"]?.object {
            (execution["response"], execution["error_message"]) = (.null, .null)
            members["execution"] = .object(execution)
        }
        return .object(members)
    }
}

extension Incident {
    /// As the API has it; a sentence is cut.
    fileprivate var told: JSON {
        var members = json.object ?? [:]
        members["detail"] = detail.map { .string(String($0.prefix(500))) } ?? .null
        return .object(members)
    }
}

extension AlertContext.NamedJob {
    fileprivate var json: JSON {
        [
            "id": .string(id.text), "key": key.map(JSON.string) ?? .null, "name": .string(name), "schedule_in_words": .string(schedule),
        ]
    }
}
