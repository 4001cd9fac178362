import Hummingbird
import JSON
import Tenancy
import Time

/// Who did what in an organization.
struct AuditPages: Sendable {
    let people: People
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.auditLog, needs: .seeAuditLog, use: list)
        member.get(Paths.auditExport, needs: .seeAuditLog, use: export)
    }

    private static let perPage = 50
    private static let cursor = Field("cursor", .string(1...100))
    private static let format = Field("format", .choice(["csv", "jsonl"]), default: "csv")

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        let query = try request.query(AuditLog.Filter.fields + [Self.cursor])
        let filter = AuditLog.Filter(query)
        let position = query["cursor"]?.string.flatMap(AuditLog.Position.init)
        let entries = try await people.auditLog.page(filter, after: position, limit: Self.perPage + 1, for: context.access)
        let names = try await people.auditLog.names(of: entries, for: context.access)
        let next = entries.count > Self.perPage ? AuditLog.Position(entries[Self.perPage - 1]).cursor : nil
        let page = AuditPage(
            Array(entries.prefix(Self.perPage)), names: names, filter: query, next: next, context.access.organization)
        return pages.answer(page, to: context.viewer)
    }

    /// The filtered log as a file, oldest entries cut off where it is longer than may be exported at a time. Read page by page, since
    /// it may be long, and sent as it is read.
    @Sendable private func export(_ request: Request, _ context: MemberContext) async throws -> Response {
        let query = try request.query(AuditLog.Filter.fields + [Self.format])
        let (filter, isCSV, log, access) = (AuditLog.Filter(query), query["format"] == "csv", people.auditLog, context.access)
        let write: @Sendable (AuditEntry) -> [UInt8] = { isCSV ? CSV.line($0.cells) : $0.json.bytes() + [UInt8(ascii: "\n")] }
        let body = ResponseBody { writer in
            if isCSV { try await writer.write(ByteBuffer(bytes: CSV.line(AuditEntry.columnNames))) }
            var (position, count) = (AuditLog.Position?.none, 0)
            while count < AuditLog.longestExport {
                let entries = try await log.page(filter, after: position, limit: 500, for: access)
                if !entries.isEmpty { try await writer.write(ByteBuffer(bytes: entries.flatMap(write))) }
                guard entries.count == 500, let last = entries.last else { break }
                position = AuditLog.Position(last)
                count += entries.count
            }
            try await writer.finish(nil)
        }
        context.logger.info("audit log exported", metadata: ["organization": "\(access.organization.id.text)"])
        let name = "\(context.slug)-audit-log.\(isCSV ? "csv" : "jsonl")"
        return Response(
            status: .ok,
            headers: [
                .contentType: isCSV ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ], body: body)
    }
}

/// Lines of comma-separated values (RFC 4180).
enum CSV {
    /// One line. A cell that a spreadsheet would take for a formula is made text by an apostrophe before it.
    static func line(_ cells: [String]) -> [UInt8] {
        let line = cells.map { cell -> [UInt8] in
            let isFormula = cell.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
            let text = Array((isFormula ? "'" : "").utf8) + cell.utf8
            guard text.contains(where: { "\",\r\n'".utf8.contains($0) }) else { return text }
            // By bytes: a quote with a combining mark behind it is one character, but still ends the cell.
            let quote = UInt8(ascii: "\"")
            return [quote] + text.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
        }.joined(separator: [UInt8(ascii: ",")])
        return Array(line) + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}

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
    let actionFilter: String
    let actorFilter: String
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
    init(_ entries: [AuditEntry], names: [String: String], filter: JSONObject, next: String?, _ organization: Organization) {
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
        self.init(
            title: "Audit log · \(organization.name)", filterPath: path, actionFilter: text("action"), actorFilter: text("actor"),
            subjectFilter: text("subject"), sinceFilter: text("since"), untilFilter: text("until"),
            rows: entries.map { Row($0, names: names) }, isEmpty: entries.isEmpty, hasNext: next != nil,
            nextPath: next.map { address(path, ["cursor=\($0)"]) } ?? "", csvPath: address(exportPath, ["format=csv"]),
            linesPath: address(exportPath, ["format=jsonl"]))
    }

    static let samples = [
        AuditPage(
            title: "Audit log · Acme", filterPath: "/a", actionFilter: "member", actorFilter: "", subjectFilter: "", sinceFilter: "",
            untilFilter: "", rows: [], isEmpty: true, hasNext: false, nextPath: "", csvPath: "/c", linesPath: "/l"),
        AuditPage(
            title: "Audit log · Acme", filterPath: "/a", actionFilter: "", actorFilter: "", subjectFilter: "", sinceFilter: "",
            untilFilter: "",
            rows: [
                .init(
                    at: [PageSamples.moment], who: "ada@example.com", action: "member.role_changed", subject: "usr_01jd",
                    hasDifference: true, difference: "role: member → admin", wayIn: "page, 192.0.2.1")
            ], isEmpty: false, hasNext: true, nextPath: "/n", csvPath: "/c", linesPath: "/l"),
    ]
}

extension AuditPage.Row {
    fileprivate init(_ entry: AuditEntry, names: [String: String]) {
        let who =
            switch entry.actor {
            case .user(let id): names[id.text] ?? id.text
            case .key(let id): names[id.text].map { "key “\($0)”" } ?? id.text
            case .system: "Prikke"
            case .operator: "the operator"
            case .erased: "somebody who is erased"
            }
        let difference = Self.difference(entry.before?.object ?? [:], entry.after?.object ?? [:])
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
