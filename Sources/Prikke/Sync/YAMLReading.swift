import Foundation
import JSON
import Synchronization
import Yams

/// One YAML document as JSON, strictly, with the place of every value.
///
/// By the core schema of YAML 1.2. Anchors, aliases and merge keys (`<<`) are read, within bounds; tags other than `!!str` are
/// refused, and so are names that come twice, NUL, numbers that JSON does not have, and nesting over 64.
struct YAMLReading: Sendable {
    let json: JSON
    let place: Place

    /// What is wrong, and where.
    struct Mistake: Error, Equatable {
        let line: Int
        let column: Int
        /// A JSON pointer; empty where no value is meant.
        var pointer = ""
        let sentence: String
    }

    /// Reads it on a thread of its own, which has the stack for Yams to go down a thousand levels. Aliases can make a text that takes
    /// ever so long to read: nobody waits longer than `patience`.
    static func read(_ bytes: [UInt8], patience: Duration = .seconds(20)) async throws(Mistake) -> YAMLReading {
        let result: Result<YAMLReading, Mistake> = await withCheckedContinuation { continuation in
            let box = Once(continuation)
            let thread = Thread { box.tell(Result { () throws(Mistake) in try YAMLReading(bytes) }) }
            thread.stackSize = 64 << 20
            thread.start()
            Task {
                try? await Task.sleep(for: patience)
                box.tell(
                    .failure(
                        Mistake(line: 1, column: 1, sentence: "The file takes too long to read: it has too many aliases within aliases.")))
            }
        }
        return try result.get()
    }

    private init(_ bytes: [UInt8]) throws(Mistake) {
        var text: String
        do throws(UTF8.ValidationError) { text = String(copying: try UTF8Span(validating: bytes.span)) } catch {
            let before = bytes[..<error.byteOffsets.lowerBound]
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            throw Mistake(line: line, column: 1, sentence: "The file is not UTF-8; save it as that.")
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let root: Node?
        do { root = try Yams.compose(yaml: text, .basic, .default, .utf8) } catch {
            throw Mistake(error)
        }
        guard let root else { throw Mistake(line: 1, column: 1, sentence: "The file is empty; write jobs: and a list of jobs.") }
        var walk = YAMLWalk()
        (json, place) = try walk.value(root, at: root.mark)
    }
}

/// Tells one answer, whoever has it first.
private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<Result<YAMLReading, YAMLReading.Mistake>, Never>?>

    init(_ continuation: CheckedContinuation<Result<YAMLReading, YAMLReading.Mistake>, Never>) { self.continuation = Mutex(continuation) }

    func tell(_ result: Result<YAMLReading, YAMLReading.Mistake>) {
        continuation.withLock { continuation in
            continuation?.resume(returning: result)
            continuation = nil
        }
    }
}

/// Goes once over the nodes of a document.
private struct YAMLWalk {
    private static let deepest = 64
    private static let mostValues = 1_000_000

    private var pointer: [String] = []
    private var values = 0

    mutating func value(_ node: Node, at mark: Mark?) throws(YAMLReading.Mistake) -> (JSON, Place) {
        let place = Place(line: mark?.line ?? 1, column: mark?.column ?? 1)
        values += 1
        guard values <= Self.mostValues else {
            throw mistake(place, "With its aliases written out the file has over \(Self.mostValues) values.")
        }
        guard pointer.count <= Self.deepest else { throw mistake(place, "This is nested deeper than \(Self.deepest) levels; flatten it.") }
        switch node {
        case .scalar(let scalar): return (try self.scalar(scalar, place), place)
        case .sequence(let sequence): return try list(sequence, place)
        case .mapping(let mapping): return try object(mapping, place)
        case .alias: throw mistake(place, "This alias stands for nothing.")
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ place: Place) throws(YAMLReading.Mistake) -> JSON {
        guard !scalar.string.utf8.contains(0) else { throw mistake(place, "A NUL cannot be kept in a text; remove it.") }
        let tag = scalar.tag.rawValue
        if tag.isEmpty, scalar.style == .plain {
            do throws(YAMLScalar.NoNumber) { return try YAMLScalar.json(scalar.string) } catch { throw mistake(place, error.sentence) }
        }
        guard ["", "!", "tag:yaml.org,2002:str"].contains(tag) else { throw unknownTag(tag, place) }
        return .string(scalar.string)
    }

    private mutating func list(_ sequence: Node.Sequence, _ place: Place) throws(YAMLReading.Mistake) -> (JSON, Place) {
        let tag = sequence.tag.rawValue
        guard ["", "!", "tag:yaml.org,2002:seq"].contains(tag) else { throw unknownTag(tag, place) }
        var place = place
        var elements: [JSON] = []
        for (index, node) in sequence.enumerated() {
            pointer.append(String(index))
            let (json, at) = try value(node, at: node.mark)
            pointer.removeLast()
            elements.append(json)
            place.elements.append(at)
        }
        return (.array(elements), place)
    }

    /// A member stands where its name does.
    private mutating func object(_ mapping: Node.Mapping, _ place: Place) throws(YAMLReading.Mistake) -> (JSON, Place) {
        let tag = mapping.tag.rawValue
        guard ["", "!", "tag:yaml.org,2002:map"].contains(tag) else { throw unknownTag(tag, place) }
        var place = place
        var members = JSONObject()
        var merged: [Node] = []
        for (key, node) in mapping {
            let at = Place(line: key.mark?.line ?? place.line, column: key.mark?.column ?? place.column)
            guard case .scalar(let name) = key else { throw mistake(at, "A name must be a text here.") }
            guard !name.string.utf8.contains(0) else { throw mistake(at, "A NUL cannot be kept in a name; remove it.") }
            if name.string == "<<", name.style == .plain {
                merged += node.sequence.map { Array($0) } ?? [node]
                continue
            }
            guard members[name.string] == nil else { throw mistake(at, "The name \(name.string) comes twice; keep one.") }
            pointer.append(name.string)
            (members[name.string], place.members[name.string]) = try value(node, at: key.mark)
            pointer.removeLast()
        }
        // What is said here comes before what is merged in, and of that the first (YAML 1.1's merge key).
        for node in merged {
            guard case .mapping = node else { throw mistake(place, "<< takes an object, or a list of objects.") }
            let (json, at) = try value(node, at: node.mark)
            for (name, value) in json.object ?? [:] where members[name] == nil {
                (members[name], place.members[name]) = (value, at.members[name])
            }
        }
        return (.object(members), place)
    }

    private func unknownTag(_ tag: String, _ place: Place) -> YAMLReading.Mistake {
        mistake(place, "The tag \(tag) is not known here; remove it, or write the value in quotes.")
    }

    private func mistake(_ place: Place, _ sentence: String) -> YAMLReading.Mistake {
        let text = pointer.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        return YAMLReading.Mistake(line: place.line, column: place.column, pointer: text, sentence: sentence)
    }
}

extension YAMLReading.Mistake {
    /// What libyaml says, in its words.
    fileprivate init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let words = context.map { "\($0.text), " } ?? ""
            self.init(line: mark.line, column: mark.column, sentence: "This is not YAML: \(words)\(problem).")
        case .duplicatedKeysInMapping(let names, let context):
            let sentence = "The name \(names.first ?? "") comes twice in one object; keep one."
            self.init(line: context.mark.line, column: context.mark.column, sentence: sentence)
        case .reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = (before.lastIndex { $0.isNewline }.map { before.distance(from: $0, to: before.endIndex) } ?? before.count + 1)
            self.init(line: line, column: column, sentence: "This is not YAML: \(problem).")
        default: self.init(line: 1, column: 1, sentence: "The file cannot be read as YAML.")
        }
    }
}
