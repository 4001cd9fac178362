import JSON
import Tenancy
import Time

/// The log, and what it is filtered by.
struct AuditPage: Page {
    static let template = "audit"

    struct Row: Sendable {
        let at: [Moment]
        let who: String
        let action: String
        let subject: String
        let hasDifference: Bool
        let difference: String
        let wayIn: String
    }

    let title: String
    let filterPath: String
    let actions: [ExecutionsPage.Choice]
    let actors: [ExecutionsPage.Choice]
    let subjectFilter: String
    let sinceFilter: String
    let untilFilter: String
    let rows: [Row]
    let isEmpty: Bool
    let hasNext: Bool
    let nextPath: String
    let csvPath: String
    let linesPath: String
}

extension AuditPage {
    /// `actors` may be chosen; `next` is the cursor of the page behind.
    init(
        _ entries: [AuditEntry], names: [String: String], filter: JSONObject, actors: [(value: String, label: String)], next: String?,
        _ organization: Organization
    ) {
        let path = Paths.filled(Paths.auditLog, organization.slug)
        let exportPath = Paths.filled(Paths.auditExport, organization.slug)
        let kept = filter.filter { $0.key != "cursor" }.compactMap { member in
            member.value.string.map { "\(member.key)=\(PercentEncoding.encode($0))" }
        }
        func address(_ path: String, _ more: [String]) -> String {
            let query = (kept + more).joined(separator: "&")
            return query.isEmpty ? path : "\(path)?\(query)"
        }
        func text(_ name: String) -> String { filter[name]?.string ?? "" }
        // What the page has for what was different, which may be whole definitions.
        var room = Room(6_000)
        self.init(
            title: "Audit log · \(organization.name)", filterPath: path, actions: Self.choices(Self.actions, text("action")),
            actors: Self.choices(actors, text("actor")), subjectFilter: text("subject"), sinceFilter: text("since"),
            untilFilter: text("until"),
            rows: entries.map { Row($0, names: names, &room) }, isEmpty: entries.isEmpty, hasNext: next != nil,
            nextPath: next.map { address(path, ["cursor=\($0)"]) } ?? "", csvPath: address(exportPath, ["format=csv"]),
            linesPath: address(exportPath, ["format=jsonl"]))
    }

    /// All there are, and before those about one kind of thing all about it.
    private static let actions: [(value: String, label: String)] = {
        let kinds = Dictionary(grouping: AuditEntry.actions) { String($0.prefix { $0 != "." }) }
        return kinds.sorted { $0.key < $1.key }.flatMap { kind, actions in
            [(kind, "\(kind), all")] + actions.map { ($0, $0) }
        }
    }()

    /// What is chosen is among them, whatever it is.
    private static func choices(_ all: [(value: String, label: String)], _ chosen: String) -> [ExecutionsPage.Choice] {
        let others = chosen.isEmpty || all.contains { $0.value == chosen } ? [] : [(value: chosen, label: chosen)]
        return (all + others).map { .init(choiceValue: $0.value, choiceLabel: $0.label, isChosen: $0.value == chosen) }
    }

    static let samples = [
        AuditPage(
            title: "Audit log · Acme", filterPath: "/a", actions: choices(actions, "member"), actors: [], subjectFilter: "",
            sinceFilter: "",
            untilFilter: "", rows: [], isEmpty: true, hasNext: false, nextPath: "", csvPath: "/c", linesPath: "/l"),
        AuditPage(
            title: "Audit log · Acme", filterPath: "/a", actions: choices(actions, "<b>"), actors: choices([("system", "Prikke")], ""),
            subjectFilter: "", sinceFilter: "",
            untilFilter: "",
            rows: [
                .init(
                    at: [PageSamples.moment], who: "ada@example.com", action: "member.role_changed", subject: "usr_01jd",
                    hasDifference: true, difference: "role: member → admin", wayIn: "page, 192.0.2.1")
            ], isEmpty: false, hasNext: true, nextPath: "/n", csvPath: "/c", linesPath: "/l"),
    ]
}

extension AuditPage.Row {
    fileprivate init(_ entry: AuditEntry, names: [String: String], _ room: inout Room) {
        let who =
            switch entry.actor {
            case .user(let id): names[id.text] ?? id.text
            case .key(let id): names[id.text].map { "key “\($0)”" } ?? id.text
            case .system: "Prikke"
            case .operator: "the operator"
            case .erased: "somebody who is erased"
            }
        let taken = room.take(Self.difference(entry.before?.object ?? [:], entry.after?.object ?? [:]), atMost: 1_000)
        let difference = taken.isWhole ? taken.text : "\(taken.text)… (whole in the download)"
        self.init(
            at: [Moment(entry.at, now: .now())], who: who, action: entry.action, subject: entry.subject, hasDifference: !difference.isEmpty,
            difference: difference,
            wayIn: [entry.way.rawValue, entry.address].compactMap(\.self).joined(separator: ", "))
    }

    /// `role: member → admin`, by name.
    private static func difference(_ before: JSONObject, _ after: JSONObject) -> String {
        let names = before.keys + after.keys.filter { before[$0] == nil }
        func text(_ value: JSON?) -> String {
            guard let value, value != .null else { return "" }
            return value.string ?? value.array?.map(text).joined(separator: ", ") ?? String(decoding: value.bytes(), as: UTF8.self)
        }
        return names.compactMap { name in
            let (old, new) = (text(before[name]), text(after[name]))
            if old.isEmpty, new.isEmpty { return nil }
            return old.isEmpty || new.isEmpty ? "\(name): \(old)\(new)" : "\(name): \(old) → \(new)"
        }.joined(separator: "; ")
    }
}
