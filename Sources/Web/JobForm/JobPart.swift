import JSON

/// One member of a job's JSON and the controls of the form in which it is written: how it becomes texts, and they it.
struct JobPart: Sendable {
    /// Where the member is in the draft.
    let path: [String]
    /// The controls' names. Of one that is not sent, what it held stays, unless it is a box, which is sent only when it is checked.
    let names: [String]
    var boxes: Set<String> = []
    let write: @Sendable (JSON?) -> JobTexts
    /// Nil: the member is left out. Throws by the draft's pointers.
    let read: @Sendable (JobTexts) throws(InvalidInput) -> JSON?

    /// As `draft` has it.
    func texts(in draft: JSON) -> JobTexts { write(draft.value(at: path)) }

    /// Puts what the texts say into a draft that starts as `base`. Where no text differs from what `base` would be shown as, it stays as
    /// it is to the last byte, also where no text could say it.
    func put(_ texts: JobTexts, into draft: JSON, base: JSON?) throws(InvalidInput) -> JSON {
        let before = self.texts(in: base ?? draft)
        var own: JobTexts = [:]
        for name in names { own[name] = texts[name] ?? (boxes.contains(name) ? [] : before[name] ?? []) }
        let isSame = names.allSatisfy { name in
            let shown = (before[name] ?? []).map(\.withFormLines)
            return own[name]?.count == shown.count && zip(own[name] ?? [], shown).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
        }
        if base != nil, isSame { return draft }
        return draft.setting(try read(own), at: path[...])
    }
}

extension JobPart {
    /// A member that one control holds.
    init(
        _ path: String..., name: String? = nil, isBox: Bool = false, write: @escaping @Sendable (JSON?) -> [String],
        read: @escaping @Sendable ([String]) throws(InvalidInput) -> JSON?
    ) {
        let name = name ?? path.joined(separator: "_")
        self.init(
            path: path, names: [name], boxes: isBox ? [name] : [], write: { [name: write($0)] },
            read: { texts throws(InvalidInput) in try read(texts[name] ?? []) })
    }

    /// A text of one line; blank: left out.
    static func line(_ path: String...) -> JobPart {
        JobPart(path: path, shape: .string())
    }

    /// A text as it was typed.
    static func text(_ path: String...) -> JobPart {
        JobPart(path: path, shape: .string(multiline: true))
    }

    static func number(_ path: String...) -> JobPart { JobPart(path: path, shape: .integer()) }

    /// Milliseconds, written in seconds.
    static func seconds(_ path: String...) -> JobPart {
        let name = path.joined(separator: "_")
        return JobPart(
            path: path, names: [name], write: { [name: [$0?.int.map(Milliseconds.text) ?? ""]] },
            read: { texts throws(InvalidInput) in
                let text = (texts[name]?.first ?? "").trimmingSpaces
                guard !text.isEmpty else { return nil }
                guard let value = Milliseconds.value(of: text) else {
                    let pointer = "/" + path.joined(separator: "/")
                    throw InvalidInput(pointer: pointer, code: "wrong_type", detail: "Write seconds, such as 30 or 2.5.")
                }
                return .integer(value)
            })
    }

    /// Several short texts with commas between them; `element` makes a value of each.
    static func items(_ path: String..., element: @escaping @Sendable (String) -> JSON = JSON.string) -> JobPart {
        let name = path.joined(separator: "_")
        return JobPart(
            path: path, names: [name], write: { [name: [ItemText.joined(($0?.array ?? []).map(\.asText), by: ",")]] },
            read: { texts throws(InvalidInput) in
                let items = ItemText.items(of: (texts[name]?.first ?? "").replacing("\n", with: ","), by: ",")
                return .unless(items.isEmpty, .array(items.map(element)))
            })
    }

    /// A member of a plugin's config, or another whose shape says all there is to it.
    init(path: [String], shape: Shape, defaultValue: JSON? = nil) {
        let name = path.joined(separator: "_")
        let pointer = "/" + path.joined(separator: "/")
        let control = shape.control
        self.init(
            path: path, names: [name], boxes: control == .flag ? [name] : [],
            write: { [name: Self.texts(of: $0 ?? defaultValue, in: control)] },
            read: { texts throws(InvalidInput) in
                do throws(InvalidInput) {
                    return try Self.value(of: texts[name] ?? [], as: shape, control, defaultValue)
                } catch {
                    throw error.within(pointer)
                }
            })
    }

    private static func texts(of value: JSON?, in control: Shape.Control) -> [String] {
        switch control {
        case .flag: value == true ? ["true"] : []
        case .list: [ItemText.joined((value?.array ?? []).map(\.asText), by: "\n")]
        case .pairs: [ItemText.lines((value?.object ?? [:]).map { ($0.key, $0.value.asText) }, by: ":")]
        case .document: [value.map { $0.isNull ? "" : $0.pretty } ?? ""]
        case .line, .text, .number, .choice: [value.map { $0.isNull ? "" : $0.asText } ?? ""]
        }
    }

    private static func value(
        of texts: [String], as shape: Shape, _ control: Shape.Control, _ defaultValue: JSON?
    ) throws(InvalidInput) -> JSON? {
        let text = texts.first ?? ""
        let isBlank = text.allSatisfy(\.isWhitespace)
        switch control {
        case .flag: return .unless(texts.isEmpty && defaultValue != true, texts.isEmpty ? .bool(false) : shape.value(fromText: text))
        case .list:
            let element = shape.element ?? .string()
            let items = ItemText.items(of: text, by: "\n")
            return .unless(items.isEmpty, .array(items.map { element.value(fromText: $0) }))
        case .pairs:
            let members = try members(of: text, by: ":") { _, value in .string(value) }
            return .unless(members.isEmpty, .object(members))
        case .document:
            guard !isBlank else { return nil }
            guard let value = try? JSON(parsing: Array(text.utf8)) else {
                throw InvalidInput(pointer: "", code: "wrong_type", detail: "This is not JSON. Write a value such as {\"a\": 1}.")
            }
            return value
        case .text: return .unless(text.isEmpty, .string(text))
        case .line, .number, .choice: return .unless(isBlank, shape.value(fromText: text.trimmingSpaces))
        }
    }

    /// Lines of a name, a sign and a value.
    static func members(of text: String, by sign: Character, value: (String, String) -> JSON) throws(InvalidInput) -> JSONObject {
        var members = JSONObject()
        for (name, text) in ItemText.pairs(of: text, by: sign) {
            guard let text else {
                throw InvalidInput(
                    pointer: "", code: "invalid_format", detail: "“\(name.prefix(60))”: write a name, then “\(sign)”, then the value.")
            }
            guard members[name] == nil else {
                throw InvalidInput(pointer: "", code: "not_allowed", detail: "“\(name.prefix(60))” is there twice; keep one.")
            }
            members[name] = value(name, text)
        }
        return members
    }
}

/// Thousandths of a second as seconds, exactly.
enum Milliseconds {
    static func text(_ value: Int64) -> String {
        let (seconds, rest) = (value / 1_000, value % 1_000)
        guard rest != 0 else { return "\(seconds)" }
        var digits = String(rest + 1_000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(seconds).\(digits)"
    }

    static func value(of text: String) -> Int64? {
        let parts = text.replacing(",", with: ".").split(separator: ".", omittingEmptySubsequences: false)
        let areDigits = parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard (1...2).contains(parts.count), areDigits, (1...9).contains(parts[0].count), parts.last?.count ?? 0 > 0 else { return nil }
        let thousandths = parts.count == 2 ? (parts[1] + "00").prefix(3) : "000"
        guard parts.count == 1 || parts[1].count <= 3, let seconds = Int64(parts[0]), let rest = Int64(thousandths) else { return nil }
        return seconds * 1_000 + rest
    }
}

extension JSON {
    /// Nothing at all, or a value. (In an expression that may be either, `nil` would be a null.)
    static func unless(_ isAbsent: Bool, _ value: JSON) -> JSON? { isAbsent ? Optional<JSON>.none : Optional<JSON>.some(value) }

    /// A text as it is, anything else as JSON writes it.
    var asText: String { string ?? String(decoding: bytes(), as: UTF8.self) }

    /// The value behind these members, one within the other.
    func value(at path: [String]) -> JSON? { path.reduce(Optional(self)) { value, name in value.flatMap { $0[name] } } }

    /// The same with another value there, or without one.
    fileprivate func setting(_ value: JSON?, at path: ArraySlice<String>) -> JSON {
        guard let name = path.first else { return value ?? self }
        var members = object ?? [:]
        if path.count == 1 {
            members[name] = value
        } else {
            members[name] = (members[name] ?? [:]).setting(value, at: path.dropFirst())
        }
        return .object(members)
    }
}
