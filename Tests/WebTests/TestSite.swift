import JSON
import Tenancy
import Web

struct Surprise: Error {}

/// A site with operations of every kind and keys of every kind, and no database.
enum TestSite {
    static let writer = "pk_live_writer.sk_live_1"
    static let reader = "pk_live_reader.sk_live_1"
    static let unreachable = "pk_live_unreachable.sk_live_1"

    static let site = Site(
        url: "https://prikke.test", api: api,
        authenticate: { key in
            switch key {
            case writer: access([.read, .write])
            case reader: access([.read])
            case unreachable: throw Surprise()
            default: nil
            }
        },
        health: { HealthReport(isHealthy: true, parts: [("database", "up")]) }, about: { About(version: "1.2.3", zoneData: "2026a") },
        metrics: { "prikke_up 1\n" },
        formTokens: FormTokens(make: { "token-of-\($0)" }, isGood: { $0 == "token-of-\($1)" }), newBrowserID: { "new-browser" },
        demo: Demo(isThere: { false }, signIn: { _ in nil })
    )

    /// A site with one operation, `GET /api/wait`, which answers when the gate is opened.
    static func waiting(at gate: Gate) -> Site {
        answering("/api/wait") {
            await gate.pass()
            return "passed"
        }
    }

    /// A site with one operation, `GET /api/much`, which answers with so many bytes.
    static func telling(_ count: Int) -> Site { answering("/api/much") { .string(String(repeating: "a", count: count)) } }

    private static func answering(_ path: String, _ answer: @escaping @Sendable () async -> JSON) -> Site {
        var site = site
        site.api = API([
            Operation(.get, path, id: "only", summary: "Answers", permission: .seeJobs, body: .none, answers: [.ok(.anything)]) { _ in
                .ok(await answer())
            }
        ])
        return site
    }

    private static let thing = Shape.object([
        Field("name", .string(1...10), required: true), Field("size", .integer(1...9), default: 5),
    ]).named("Thing")

    private static let api = API([
        Operation(
            .get, "/api/things", id: "listThings", summary: "All things", permission: .seeJobs,
            query: [Field("limit", .integer(1...100), default: 50), Field("search", .string(0...20))], body: .none,
            answers: [.ok(.anything)]
        ) { call in .ok(.object(call.query)) },
        Operation(
            .post, "/api/things", id: "createThing", summary: "Make a thing", permission: .changeJobs, body: .required(thing),
            answers: [.created(thing.complete)]
        ) { call in .created(call.body, at: "/api/things/1") },
        Operation(
            .patch, "/api/things/{thing}", id: "changeThing", summary: "Change a thing", permission: .changeJobs, body: .change(thing),
            answers: [.ok(thing.complete)], find: { path, _ in try find(path["thing"]) }
        ) { name, call in .ok(["thing": .string(name), "change": call.body]) },
        Operation(
            .post, "/api/things/{thing}/start", id: "startThing", summary: "Start a thing", permission: .changeJobs,
            body: .optional(.object([Field("reason", .string())])), answers: [.accepted(.anything)]
        ) { call in .accepted(call.body) },
        Operation(
            .delete, "/api/things/{thing}", id: "deleteThing", summary: "Delete a thing", permission: .manageKeys, body: .none,
            answers: [.noContent]
        ) { _ in .noContent },
        Operation(
            .get, "/api/surprise", id: "surprise", summary: "Fails", permission: .seeJobs, body: .none, answers: [.ok(.anything)]
        ) { _ in throw Surprise() },
    ])

    private static func find(_ name: String) throws -> String {
        guard ["1", "key:a/b"].contains(name) else { throw Problem.notFound }
        return name
    }
}
