import JSON
import TestSupport
import Testing
import Time
import Web

@testable import Prikke

/// The API's description is true: of the routes, of what they take, and of what they answer.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct OpenAPITests {
    @Test func everyRouteIsInTheDocumentAndTheOtherWayRound() async throws {
        try await House.open { house in
            let document = await house.send(Call(path: "/api/openapi.json"))
            #expect(document.status == 200 && document["content-type"] == "application/json")
            #expect(document.json["openapi"] == "3.1.1")
            let routes = Set(house.routes.filter { $0.path.hasPrefix("/api/") }.map { "\($0.method) \($0.path)" })
            let described = (document.json["paths"]?.object ?? [:]).flatMap { path, item in
                (item.object ?? [:]).keys.map { "\($0.uppercased()) \(path)" }
            }
            #expect(Set(described) == routes && routes.count > 25)
            let again = await house.send(Call(path: "/api/openapi.json", headers: ["If-None-Match: \(document["etag"] ?? "")"]))
            #expect(again.status == 304 && again.text.isEmpty)
        }
    }

    @Test func everyReferenceLeadsSomewhere() async throws {
        try await House.open { house in
            let document = await house.send(Call(path: "/api/openapi.json")).json
            let references = Set(Self.references(in: document))
            #expect(references.count > 20)
            for reference in references {
                let target = reference.split(separator: "/").dropFirst().reduce(Optional(document)) { $0?[String($1)] }
                #expect(target?.object?.isEmpty == false, "\(reference)")
            }
        }
    }

    /// What the documentation shows to be sent does what it is to do, and is answered as declared.
    @Test func everyExampleIsAnsweredAsDeclared() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            // A stream has no end, and a test of its own.
            for operation in Site.make(house.services).api.operations where operation.id != "streamEvents" {
                try await cast.restore()
                let caller = cast["whole key"]
                let path = try await cast.path(operation.path, for: caller)
                if operation.id == "retryExecution" {
                    let cancelled = await house.send(caller.call("POST", path.replacing("/retry", with: "/cancel")))
                    #expect(cancelled.status == 200)
                }
                let query = operation.query.compactMap { field in field.example?.string.map { "\(field.name)=\($0)" } }
                let body = operation.body.shape == nil ? nil : cast.readied(operation).text
                let target = query.isEmpty ? path : path + "?" + query.joined(separator: "&")
                let answer = await house.send(caller.call(operation.method.rawValue, target, json: body))
                guard let declared = operation.answers.first(where: { $0.status.code == answer.status }) else {
                    Issue.record("\(operation.id) with its example is answered \(answer.status): \(answer.text)")
                    continue
                }
                #expect(declared.shape?.faults(inAnswer: answer.json) ?? [] == [], "\(operation.id): \(answer.text)")
                #expect(declared.isTagged == (answer["etag"] != nil), "\(operation.id)")
                #expect((answer.status == 201) == (answer["location"] != nil), "\(operation.id)")
            }
        }
    }

    @Test func everyExampleOfAnAnswerIsOne() async throws {
        try await House.open { house in
            for operation in Site.make(house.services).api.operations {
                for answer in operation.answers {
                    #expect(answer.shape?.faults(inAnswer: answer.example) ?? [] == [], "\(operation.id): \(answer.example.text)")
                }
            }
        }
    }

    /// No parameter without its rule: what the operation's path names, `PathFields` describes.
    @Test func everyParameterOfAPathIsDescribed() async throws {
        try await House.open { house in
            let document = await house.send(Call(path: "/api/openapi.json")).json
            for (path, item) in document["paths"]?.object ?? [:] {
                for (_, operation) in item.object ?? [:] {
                    for parameter in operation["parameters"]?.array ?? [] where parameter["in"] == "path" {
                        #expect(parameter["schema"]?["pattern"] != nil || parameter["schema"]?["type"] == "integer", "\(path)")
                    }
                }
            }
        }
    }

    @Test func everyOperationHasItsPlaceOnAPage() async throws {
        try await House.open { house in
            let contents = await house.send(Call(path: "/docs/api")).text
            for operation in Site.make(house.services).api.operations {
                let links = contents.matches(of: /"(\/docs\/api\/[a-z-]+)#([A-Za-z]+)"/)
                let link = try #require(links.first { $0.output.2 == operation.id }, "\(operation.id)")
                let page = await house.send(Call(path: String(link.output.1))).text
                #expect(page.contains("id=\"\(operation.id)\""), "\(operation.id)")
                #expect(page.utf8.count < 30_000, "\(link.output.1)")
            }
            for path in ["/docs/nothing", "/api", "/docs/api/nothing", "/docs/errors/nothing"] {
                #expect(await house.send(Call(path: path)).status == 404)
            }
        }
    }

    private static func references(in json: JSON) -> [String] {
        if let elements = json.array { return elements.flatMap { references(in: $0) } }
        return (json.object ?? [:]).flatMap { name, value in
            name == "$ref" ? [value.string ?? ""] : references(in: value)
        }
    }
}

extension Cast {
    /// The example of an operation's body, as it can be carried out today: a time of the documentation is over some day.
    fileprivate func readied(_ operation: Web.Operation) -> JSON {
        operation.id == "rescheduleExecution" ? ["at": .string(Timestamp.now().adding(.seconds(3_600)).rfc3339)] : operation.body.example
    }
}
