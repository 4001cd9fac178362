import HTTPTypes
import JSON

/// The pages of a list: `?limit=50&cursor=…` → `{data, next_cursor}` and a `Link`. A cursor names the last element of the
/// page before, so that what comes in meanwhile moves nothing.
struct Paging {
    static let fields = [
        Field("limit", .integer(1...100), default: 50, help: "So many on a page."),
        Field("cursor", .string(1...2_000), help: "next_cursor of the page before."),
    ]

    let limit: Int
    private let cursor: String?
    /// The other parameters, as they stand in the address of the next page.
    private let filters: String

    init(_ query: JSONObject) {
        limit = Int(query["limit"]?.int ?? 50)
        cursor = query["cursor"]?.string
        filters = query.filter { !["limit", "cursor"].contains($0.key) }.map { name, value in
            let text = value.string ?? String(decoding: value.bytes(), as: UTF8.self)
            return "&\(PercentEncoding.encode(name))=\(PercentEncoding.encode(text))"
        }.joined()
    }

    /// Where the page begins, read out of the cursor; nil: at the beginning.
    func position<Position>(_ read: (String) -> Position?) throws(InvalidInput) -> Position? {
        guard let cursor else { return nil }
        guard let position = read(cursor) else {
            let hint = "Send next_cursor of the page before, as it was, or no cursor at all."
            throw InvalidInput(pointer: "/cursor", code: "invalid_cursor", detail: hint)
        }
        return position
    }

    /// The answer for `found`, which holds one element more than the page if there are more.
    func answer<Element>(_ found: [Element], at path: String, json: (Element) -> JSON, cursor: (Element) -> String) -> Answer {
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map(cursor) : nil
        let answer = Answer.ok(["data": .array(page.map(json)), "next_cursor": next.map(JSON.string) ?? .null])
        return next.map { answer.with(.link, "<\(path)?limit=\(limit)&cursor=\($0)\(filters)>; rel=\"next\"") } ?? answer
    }
}

extension Shape {
    /// One page of a list.
    static func page(of element: Shape) -> Shape {
        .object([
            Field("data", .list(of: element), required: true),
            Field("next_cursor", .string(), required: true, nullable: true, help: "For the next page; null: this is the last one."),
        ])
    }

    /// A list that is answered whole.
    static func all(_ element: Shape) -> Shape { .object([Field("data", .list(of: element, 0...10_000), required: true)]) }
}

extension HTTPField.Name {
    /// RFC 8288.
    fileprivate static let link = named("Link")
}
