import Foundation
import JSON
import Postgres
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// How what was answered is read.
extension StoredScriptTests {
    static func answers(_ calls: [Call], _ house: House) async -> [(Call, Answer)] {
        var answers: [(Call, Answer)] = []
        for call in calls { answers.append((call, await house.send(call))) }
        return answers
    }

    static func skeletons(_ calls: [Call], _ house: House) async -> [[String]] {
        await answers(calls, house).map { skeleton($0.1.text) }
    }

    /// The tags in order, each with the names of its attributes, and what a browser runs or styles by: nothing that stands in text.
    static func skeleton(_ html: String) -> [String] {
        html.matches(of: /<(\/?[a-zA-Z!][^\s>"'\/]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/.matchingSemantics(.unicodeScalar)).map { tag in
            let attributes = tag.2.matches(of: /([^\s=\/"']+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']+))?/.matchingSemantics(.unicodeScalar))
                .map { String($0.1).lowercased() }
            return ([String(tag.1).lowercased()] + attributes).joined(separator: " ")
        }
    }

    static func targets(_ html: String) -> [String] {
        html.matches(of: /\s(?:href|src|action|formaction)\s*=\s*"([^"]*)"/.matchingSemantics(.unicodeScalar)).map { String($0.1) }
    }

    static func isHarmless(_ target: String) -> Bool {
        (target.hasPrefix("/") && !target.hasPrefix("//")) || target.hasPrefix("#") || target.hasPrefix(House.siteURL + "/")
    }

    /// Of lines of comma-separated values (RFC 4180).
    static func cells(_ csv: String) -> [String] {
        var (cells, cell, isQuoted, last) = ([String](), "", false, Unicode.Scalar(" "))
        for character in csv.unicodeScalars {
            defer { last = character }
            switch character {
            case "\"":
                // Two of them within quotes are one.
                if !isQuoted, last == "\"" { cell.unicodeScalars.append(character) }
                isQuoted.toggle()
            case "," where !isQuoted, "\r" where !isQuoted, "\n" where !isQuoted:
                cells.append(cell)
                cell = ""
            default: cell.unicodeScalars.append(character)
            }
        }
        return cells
    }
}
