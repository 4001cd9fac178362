import Foundation
import JSON
import Mail
import Postgres
import Tenancy

/// Reading what people say about a channel.
extension Channels {
    /// The word of the one kind that is called by no URL.
    public static let email = "email"
    /// What people call it.
    public static let emailLabel = "E-mail"

    /// What was said, checked and complete.
    struct Reading {
        var kind: String
        var name: String
        var settings: JSON
        var shown: String
        var isEnabled: Bool
        /// The address of nobody here, who is to be asked first; nil: mail goes to members, or it is no mail.
        var outsider: EmailAddress?
        /// The hash of the token that an outside address confirms and leaves with.
        var confirmation: [UInt8]?

        /// For the audit log: no secrets.
        var audited: JSON { Channel.audited(kind: kind, name: name, shown: shown, isEnabled: isEnabled) }
    }

    /// Reads a draft, or what is to be changed of `old`. Throws `InvalidInput`, where something cannot be as well.
    func read(_ draft: JSON, changing old: Opened?, for access: Access, in transaction: Transaction) async throws -> Reading {
        let settings = try Self.unmasked(draft["settings"], with: old?.settings)
        let kind = try kind(saidIn: draft, settings, changing: old)
        var reading = Reading(
            kind: kind, name: "", settings: settings, shown: "",
            isEnabled: draft["enabled"]?.bool ?? old.map { $0.channel.isEnabled || $0.channel.switchedOffAt != nil } ?? true)
        do {
            if kind == Self.email {
                try await readMail(settings, into: &reading, for: access, in: transaction)
            } else {
                try readURL(settings, into: &reading)
            }
        } catch let invalid as InvalidInput {
            throw invalid.within("/settings")
        }
        let label = kinds.label(of: kind) ?? Self.emailLabel
        let said = draft["name"]?.string ?? old?.channel.name ?? "\(label): \(reading.shown)"
        reading.name = String(String.UnicodeScalarView(said.unicodeScalars.prefix(100))).trimmingCharacters(in: .whitespaces)
        if reading.name.isEmpty {
            throw InvalidInput(pointer: "/name", code: "too_short", detail: "Give the channel a name, or leave it out.")
        }
        return reading
    }

    /// With what *** stands for in its place.
    private static func unmasked(_ said: JSON?, with kept: JSON?) throws(InvalidInput) -> JSON {
        guard let said else {
            if let kept { return kept }
            throw InvalidInput(pointer: "/settings", code: "required", detail: "Add settings: where the alerts are to go.")
        }
        var members = said.object ?? [:]
        for name in Channel.secretSettings where members[name] == .string(Channel.mask) {
            guard let value = kept?[name] else {
                let detail = "*** stands for a value that is kept, and none is. Write the value."
                throw InvalidInput(pointer: "/settings/\(name)", code: "required", detail: detail)
            }
            members[name] = value
        }
        return .object(members)
    }

    private func kind(saidIn draft: JSON, _ settings: JSON, changing old: Opened?) throws(InvalidInput) -> String {
        if let kind = draft["kind"]?.string {
            guard kind == Self.email || kinds[kind] != nil else {
                throw InvalidInput(pointer: "/kind", code: "not_allowed", detail: "Use one of: \(words.joined(separator: ", ")).")
            }
            return kind
        }
        if let old, settings["url"] == old.settings["url"], settings["to"] == old.settings["to"] { return old.channel.kind }
        if settings["to"] != nil || settings["address"] != nil { return Self.email }
        guard let url = settings["url"]?.string else {
            throw InvalidInput(
                pointer: "/settings/url", code: "required", detail: "Give a URL, or whom to mail: owners, members or an address.")
        }
        let recognition = kinds.recognise(url)
        if let kind = recognition.kind { return kind }
        let detail = recognition.hint ?? "This is a URL of \(recognition.label), where Prikke cannot write. Use another."
        throw InvalidInput(pointer: "/settings/url", code: "not_allowed", detail: detail)
    }

    /// What may stand in `kind`.
    public var words: [String] { [Self.email] + kinds.words }

    /// What people call a kind.
    public func label(of kind: String) -> String { kinds.label(of: kind) ?? (kind == Self.email ? Self.emailLabel : kind) }

    // MARK: - By kind

    private func readURL(_ settings: JSON, into reading: inout Reading) throws {
        guard let kind = kinds[reading.kind] else { return }
        let checked = try Shape.object(kinds.fields(of: reading.kind) ?? []).validate(settings)
        let errors = kind.check(checked)
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
        (reading.settings, reading.shown) = (checked, ChannelKinds.masked(checked["url"]?.string ?? ""))
    }

    private func readMail(
        _ settings: JSON, into reading: inout Reading, for access: Access, in transaction: Transaction
    ) async throws {
        let to = settings["to"]?.string ?? (settings["address"] == nil ? nil : "address")
        let members: [String: String] = ["members": "members", "address": "address"]
        for name in ["url", "members", "address"] where settings[name] != nil && members[to ?? ""] != name {
            throw InvalidInput(
                pointer: "/\(name)", code: "not_allowed", detail: "This does not go with to = \(to ?? "owners"). Leave it out.")
        }
        switch to {
        case "members":
            let ids = settings["members"]?.array.map { $0.compactMap(\.string) } ?? []
            guard !ids.isEmpty else { throw InvalidInput(pointer: "/members", code: "required", detail: "Choose one member at least.") }
            let addresses = try await addresses(of: ids, for: access, in: transaction)
            reading.settings = ["to": "members", "members": .array(ids.map(JSON.string))]
            reading.shown = addresses.count <= 2 ? addresses.joined(separator: ", ") : "\(addresses.count) members"
        case "address":
            let text = settings["address"]?.string ?? ""
            guard let address = EmailAddress(text) else {
                let detail = text.isEmpty ? "Write the address." : "Write one plain address, such as on-call@example.com."
                throw InvalidInput(pointer: "/address", code: text.isEmpty ? "required" : "invalid_format", detail: detail)
            }
            reading.settings = ["to": "address", "address": .string(address.text)]
            reading.shown = address.text
            reading.outsider = try await isMember(address, of: access, in: transaction) ? nil : address
            if reading.outsider != nil, let token = settings["token"] {
                reading.settings = ["to": "address", "address": .string(address.text), "token": token]
            }
        default: (reading.settings, reading.shown) = (["to": "owners"], "The owners")
        }
    }

    /// Of members of this organization. Throws `InvalidInput` for whoever is none, in whatever way.
    private func addresses(of ids: [String], for access: Access, in transaction: Transaction) async throws -> [String] {
        let users = ids.map { ID<User>($0) }
        let rows = try await transaction.query(
            """
            SELECT m.user_id, u.email FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(access.organization.id) AND m.user_id = ANY (\(users.compactMap(\.self)))
            """)
        let found: [ID<User>: String] = try Dictionary(rows.map { (try $0("user_id"), try $0("email")) }) { first, _ in first }
        let errors = users.enumerated().filter { user in user.element.flatMap { found[$0] } == nil }.map { user in
            FieldError(
                pointer: "/members/\(user.offset)", code: "not_found", detail: "There is no such member here. Use a member’s id, usr_….")
        }
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
        return users.compactMap { $0.flatMap { found[$0] } }
    }

    private func isMember(_ address: EmailAddress, of access: Access, in transaction: Transaction) async throws -> Bool {
        try await !transaction.query(
            """
            SELECT FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(access.organization.id) AND u.email = \(address.text)
            """
        ).isEmpty
    }
}

extension Channel {
    static let mask = "***"
    static let secretSettings = ["url", "address"]

    /// Settings as they are shown.
    static func masked(_ settings: JSON) -> JSON {
        var members = settings.object ?? [:]
        for name in secretSettings where members[name] != nil { members[name] = .string(mask) }
        members["token"] = Optional<JSON>.none
        return .object(members)
    }

    var audited: JSON { Self.audited(kind: kind, name: name, shown: shown, isEnabled: isEnabled) }

    static func audited(kind: String, name: String, shown: String, isEnabled: Bool) -> JSON {
        ["kind": .string(kind), "name": .string(name), "shown": .string(shown), "enabled": .bool(isEnabled)]
    }
}
