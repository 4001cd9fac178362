import Foundation
import Testing

@testable import Prikke

/// `.env.example` is the list of settings that operators read: it must be the one the program reads.
@Suite struct EnvironmentFileTests {
    /// Its lines `NAME=default`, also those that are commented out.
    private static func settings() throws -> [(name: String, value: String)] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.env.example").standardized
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let setting = try /#?([A-Z][A-Z0-9_]*)=(.*)/.wholeMatch(in: line) else { return nil }
            return (String(setting.1), String(setting.2))
        }
    }

    @Test func theFileNamesEverySettingOnce() throws {
        var environment = Environment([:])
        _ = Configuration(reading: &environment)
        #expect(try Self.settings().map(\.name).sorted() == environment.names.sorted())
    }

    @Test func theFileAsItStandsChangesNothing() throws {
        let values = Dictionary(try Self.settings().map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        // The one default that a text cannot say: that nobody named a folder is itself a fact.
        #expect(values["PRIKKE_DATA_DIR"] == (try Configuration([:]).dataFolder))
        #expect(String(describing: try Configuration(values)) == String(describing: try Configuration([:])))
    }
}
