import JSON

/// What a mail says, in one shape for all of them: a heading, paragraphs, facts, lines of output, at most one button, closing paragraphs and a link
/// to settings. All of it is plain text, none of it becomes HTML, and no value in it becomes a link. No text holds a line break or
/// another control character, whatever it was made of, so that none can add a header, a line or a button.
public struct Message: Sendable, Equatable {
    /// A value with a name.
    public struct Fact: Sendable, Equatable {
        public let label: String
        public let value: String

        /// Made one line each, of at most 200 and 1,000 Unicode scalars.
        public init(label: String, value: String) {
            (self.label, self.value) = (PlainText.line(label, longest: 200), PlainText.line(value, longest: 1_000))
        }
    }

    /// The one link.
    public struct Button: Sendable, Equatable {
        public let label: String
        public let url: String

        /// Throws `NotALink` unless `url` begins with https:// or http:// and is of the characters of RFC 3986 alone.
        public init(label: String, url: String) throws(NotALink) {
            guard ["https://", "http://"].contains(where: url.hasPrefix), url.utf8.allSatisfy(Self.isOfURL) else { throw NotALink() }
            (self.label, self.url) = (PlainText.line(label, longest: 200), url)
        }

        private static func isOfURL(_ byte: UInt8) -> Bool {
            (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
        }
    }

    /// A button leads to no address. Does not say which: it may hold a secret.
    public struct NotALink: Error {
        init() {}
    }

    public let kind: Kind
    public let subject: String
    /// Empty: the subject says it all.
    public let heading: String
    public let paragraphs: [String]
    public let facts: [Fact]
    /// The end of an answer or a log, line by line, as it was spaced.
    public let output: [String]
    public let button: Button?
    public let closing: [String]
    /// Where one says which of these mails one wants; shown last and small.
    public let settings: Button?

    /// `subject` and `heading` are made one line of at most 255 Unicode scalars, each paragraph one of at most 2,000; of `output` the last 40 lines
    /// stay, of 500 each. What people have named goes in by `Message.name(_:)`.
    public init(
        _ kind: Kind, subject: String, heading: String = "", paragraphs: [String], facts: [Fact] = [], output: String? = nil,
        button: Button? = nil,
        closing: [String] = [], settings: Button? = nil
    ) {
        self.kind = kind
        self.subject = PlainText.line(subject, longest: 255)
        self.heading = PlainText.line(heading, longest: 255)
        self.paragraphs = paragraphs.map { PlainText.line($0, longest: 2_000) }
        self.facts = facts
        self.output = output.map { PlainText.lines($0, most: 40, longest: 500) } ?? []
        self.button = button
        self.closing = closing.map { PlainText.line($0, longest: 2_000) }
        self.settings = settings
    }

    /// A name that somebody has chosen, a user's or an organization's, fit for a subject or a paragraph: one line without control
    /// characters or marks that turn the direction of writing, at most 60 Unicode scalars, and written so that no mail program
    /// makes a link of it.
    public static func name(_ text: String) -> String { PlainText.unlinked(PlainText.line(text, longest: 60)) }
}

// MARK: As it is kept

extension Message {
    var json: JSON {
        var members: JSONObject = [
            "kind": .string(kind.rawValue), "subject": .string(subject), "paragraphs": .array(paragraphs.map(JSON.string)),
            "facts": .array(facts.map { ["label": .string($0.label), "value": .string($0.value)] }),
            "closing": .array(closing.map(JSON.string)),
        ]
        if let button { members["button"] = button.json }
        if !heading.isEmpty { members["heading"] = .string(heading) }
        if !output.isEmpty { members["output"] = .string(output.joined(separator: "\n")) }
        if let settings { members["settings"] = settings.json }
        return .object(members)
    }

    /// Nil for what `json` did not write.
    init?(_ json: JSON) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)), let subject = json["subject"]?.string,
            let button = Button.optional(json["button"]), let settings = Button.optional(json["settings"])
        else { return nil }
        self.init(
            kind, subject: subject, heading: json["heading"]?.string ?? "", paragraphs: json["paragraphs"]?.texts ?? [],
            facts: (json["facts"]?.array ?? []).map { Fact(label: $0["label"]?.string ?? "", value: $0["value"]?.string ?? "") },
            output: json["output"]?.string, button: button, closing: json["closing"]?.texts ?? [], settings: settings)
    }
}

extension Message.Button {
    fileprivate var json: JSON { ["label": .string(label), "url": .string(url)] }

    /// A button, or none where there is nothing; nil for what is no button.
    fileprivate static func optional(_ json: JSON?) -> Message.Button?? {
        guard let json else { return .some(nil) }
        guard let button = try? Message.Button(label: json["label"]?.string ?? "", url: json["url"]?.string ?? "") else { return nil }
        return .some(button)
    }
}

extension JSON {
    fileprivate var texts: [String] { (array ?? []).compactMap(\.string) }
}
