import Foundation
import JSON
import Tenancy
import Testing

@testable import Web

@Suite("Codes of problems")
struct ProblemCodeTests {
    @Test("Every code that the sources name is in the list, with what it means")
    func everyCodeIsListed() throws {
        let problems = try #/(?:Problem\(\s*\.\w+,|\.conflict\()\s*"([a-z0-9_]+)"/#.codes(in: sources())
        let fields = try #/code: "([a-z0-9_]+)"|refusal\("([a-z0-9_]+)"|fail\("([a-z0-9_]+)"|return \("([a-z0-9_]+)", "[A-Z]/#.codes(
            in: sources())
        #expect(problems.count > 20 && fields.count > 10, "the sources were not read")
        #expect(problems.filter { ProblemCode.named($0) == nil } == [])
        #expect(fields.filter { FieldCode.named($0) == nil && Int($0) == nil } == [])
    }

    @Test("No code stands in the list twice")
    func noneTwice() {
        #expect(Set(ProblemCode.all.map(\.code)).count == ProblemCode.all.count)
        #expect(Set(FieldCode.all.map(\.code)).count == FieldCode.all.count)
    }

    private func sources() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folders = ["Web", "Scheduling", "JSON", "Tenancy", "Billing"].map { root.appending(path: "Sources/\($0)") }
        let files = folders.flatMap { folder in
            (FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []).compactMap { $0 as? URL }
        }
        return try files.filter { $0.pathExtension == "swift" }.map { try String(contentsOf: $0, encoding: .utf8) }
    }
}

extension Regex where Output == (Substring, Substring) {
    fileprivate func codes(in texts: [String]) -> Set<String> {
        Set(texts.flatMap { text in text.matches(of: self).map { String($0.output.1) } })
    }
}

extension Regex where Output == (Substring, Substring?, Substring?, Substring?, Substring?) {
    fileprivate func codes(in texts: [String]) -> Set<String> {
        Set(
            texts.flatMap { text in
                text.matches(of: self).compactMap { $0.output.1 ?? $0.output.2 ?? $0.output.3 ?? $0.output.4 }.map(String.init)
            })
    }
}
