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

    private static let perPage = 30
    private static let cursor = Field("cursor", .string(1...100))
    private static let format = Field("format", .choice(["csv", "jsonl"]), default: "csv")

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        let query = try request.query(AuditLog.Filter.fields + [Self.cursor])
        let filter = AuditLog.Filter(query)
        let position = query["cursor"]?.string.flatMap(AuditLog.Position.init)
        let entries = try await people.auditLog.page(filter, after: position, limit: Self.perPage + 1, for: context.access)
        let names = try await people.auditLog.names(of: entries, for: context.access)
        let next = entries.count > Self.perPage ? AuditLog.Position(entries[Self.perPage - 1]).cursor : nil
        async let members = people.memberships.all(for: context.access)
        async let keys = people.keys.all(for: context.access)
        let actors = Self.actors(try await members, try await keys)
        let page = AuditPage(
            Array(entries.prefix(Self.perPage)), names: names, filter: query, actors: actors, next: next, context.access.organization)
        return pages.answer(page, to: context.viewer)
    }

    /// Who may have done something, to choose from; of very many members or keys those that stand first. Whoever else is meant is
    /// named in the address.
    private static func actors(_ members: [Membership], _ keys: [APIKey]) -> [(value: String, label: String)] {
        members.prefix(mostActors).map { ($0.user.id.text, $0.user.email.text) }
            + keys.prefix(mostActors).map { ($0.id.text, "key “\($0.name.cut(60))”") }
            + [("system", "Prikke"), ("operator", "the operator"), ("erased", "somebody who is erased")]
    }

    private static let mostActors = 30

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
