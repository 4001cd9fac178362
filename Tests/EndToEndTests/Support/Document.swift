import Foundation
import JSON

/// A page of ours in Markdown, and the examples in it.
struct Document: Sendable, CustomStringConvertible {
    /// A fenced block with its place.
    struct Block: Sendable {
        let line: Int
        /// The word behind the fence: sh, console, json, yaml.
        let language: String
        let text: String
        /// What stands in the comment before it: `not run: …`, `file: …`.
        let remark: String?
        /// Whether only blank lines part it from the block before.
        let followsBlock: Bool
    }

    let name: String
    let blocks: [Block]

    var description: String { name }

    /// README.md and the pages in docs.
    static let all: [Document] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let pages = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)) ?? []
        let names = ["README.md"] + pages.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
        return names.compactMap { name in
            (try? String(contentsOf: root.appending(path: name), encoding: .utf8)).map { Document(name, $0) }
        }
    }()

    init(_ name: String, _ text: String) {
        self.name = name
        var (blocks, remark, open, followsBlock) = ([Block](), String?.none, (line: Int, language: String, lines: [String])?.none, false)
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if let block = open {
                guard line == "```" else {
                    open?.lines.append(line)
                    continue
                }
                let text = block.lines.joined(separator: "\n")
                blocks.append(
                    Block(line: block.line, language: block.language, text: text, remark: remark, followsBlock: followsBlock))
                (open, remark, followsBlock) = (nil, nil, true)
            } else if line.hasPrefix("```") {
                open = (index + 1, String(line.dropFirst(3)), [])
            } else if line.hasPrefix("<!--"), line.hasSuffix("-->") {
                remark = line.dropFirst(4).dropLast(3).trimmingCharacters(in: .whitespaces)
            } else if !line.allSatisfy(\.isWhitespace) {
                (remark, followsBlock) = (nil, false)
            }
        }
        self.blocks = blocks
    }
}

/// Where an answer is not of the shape that a page shows: other members, or values of other types. Null, and an empty object or
/// list on the page, say nothing of what may stand there.
func differences(_ actual: JSON, fromShown shown: JSON, at pointer: String = "") -> [String] {
    switch (shown, actual) {
    case (.null, _), (_, .null): return []
    case (.object(let shown), .object(let actual)):
        guard !shown.isEmpty, !actual.isEmpty else { return [] }
        let missing = shown.keys.filter { actual[$0] == nil }.map { "\(pointer)/\($0) is not answered" }
        let unknown = actual.keys.filter { shown[$0] == nil }.map { "\(pointer)/\($0) is not shown" }
        return missing + unknown
            + shown.flatMap { name, value in
                actual[name].map { differences($0, fromShown: value, at: "\(pointer)/\(name)") } ?? []
            }
    case (.array(let shown), .array(let actual)):
        guard let first = shown.first else { return [] }
        guard let other = actual.first else { return ["\(pointer) is empty"] }
        return differences(other, fromShown: first, at: pointer + "/0")
    case (.string, .string), (.bool, .bool), (.integer, .integer), (.number, .number), (.integer, .number), (.number, .integer): return []
    default: return ["\(pointer) is of another type"]
    }
}
