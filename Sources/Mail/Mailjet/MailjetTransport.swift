import JSON
import Logging
import Postgres

/// Sends by Mailjet's Send API v3.1. What is to be known of it, and where that is from, stands in docs/decisions.
public struct MailjetTransport: MailTransport {
    private let api: MailjetAPI
    private let standing: TransportStanding
    private let logger: Logger

    public var keepsContents: Bool { false }

    /// `userAgent` names us. Calls begin when somebody sends.
    public init(_ account: MailjetAccount, userAgent: String, logger: Logger) {
        // Under a minute, which is as long as a courier waits.
        self.init(account, userAgent: userAgent, timeout: .seconds(30), logger: logger)
    }

    init(_ account: MailjetAccount, userAgent: String, timeout: Duration, logger: Logger) {
        (api, self.logger) = (MailjetAPI(account, userAgent: userAgent, timeout: timeout, logger: logger), logger)
        standing = TransportStanding(logger: logger)
    }

    /// Why nothing is sent at the moment, in words for everybody; nil: nothing is known against it.
    public var trouble: String? { standing.trouble?.words }

    public func send(_ mail: RenderedMail) async -> SendOutcome {
        let round = standing.round
        do throws(MailjetAPI.Failure) {
            let answer = try await api.post("/v3.1/send", mail.mailjetPayload)
            return outcome(MailjetAnswer(answer, customID: mail.id.text), of: mail, round)
        } catch {
            switch error {
            case .unreachable(let reason):
                return .unavailable(reason: "Mailjet was not reached: \(reason)", after: standing.pause(for: .outage, round))
            case .lost(let reason):
                return .unknown(reason: "Mailjet's answer was lost: \(reason)", pause: standing.pause(for: .outage, round))
            }
        }
    }

    private func outcome(_ answer: MailjetAnswer, of mail: RenderedMail, _ round: Int) -> SendOutcome {
        switch answer {
        case .taken(let id):
            standing.isWell()
            logger.debug("Mailjet took a mail", metadata: ["mail": "\(mail.id)", "message": "\(id ?? "")"])
            return .sent(providerID: id)
        case .refused(let complaint):
            standing.isWell()
            logger.error(
                "Mailjet refused a mail",
                metadata: [
                    "mail": "\(mail.id)", "kind": "\(mail.kind.rawValue)", "code": "\(complaint.code)",
                    "property": "\(complaint.property ?? "")", "error_identifier": "\(complaint.identifier ?? "")",
                ])
            return .refused(reason: complaint.reason)
        case .keyRefused:
            return .unavailable(reason: "Mailjet refuses the key", after: standing.pause(for: .key, round))
        case .misdirected(let status):
            return .unavailable(
                reason: "what answers is not Mailjet's Send API: \(status)", after: standing.pause(for: .address, round))
        case .tooFast: return .unavailable(reason: "Mailjet takes no more for now: 429", after: standing.pause(for: .limit, round))
        case .unclear(let reason): return .unknown(reason: reason, pause: standing.pause(for: .outage, round))
        }
    }

    public func find(_ id: ID<RenderedMail>) async -> Finding {
        do throws(MailjetAPI.Failure) {
            return Self.finding(id, in: try await api.get("/v3/REST/message", ("CustomID", id.text)))
        } catch {
            switch error {
            case .unreachable(let reason), .lost(let reason): return .cannotTell(reason: "Mailjet could not be asked: \(reason)")
            }
        }
    }

    /// So many messages a page holds at Mailjet.
    private static let page = 10

    /// That they have it says that it was taken, whatever became of it. A filter that is not understood is passed over there, and the
    /// newest messages of all come back: rows that name another id are not ours, and a whole page that names none proves nothing.
    static func finding(_ id: ID<RenderedMail>, in answer: MailjetAPI.Answer) -> Finding {
        let json = answer.json
        // A resource that finds nothing may say so by its status.
        if answer.status == 404, json?["StatusCode"]?.int == 404 { return .notFound }
        guard answer.status == 200, let rows = json?["Data"]?.array else {
            return .cannotTell(reason: "Mailjet could not say whether it has it: \(answer.status)")
        }
        let named = rows.filter { $0["CustomID"]?.string == id.text }
        let unnamed = rows.filter { ($0["CustomID"]?.string ?? "").isEmpty }
        if named.isEmpty, unnamed.count >= page { return .cannotTell(reason: "Mailjet did not look for it") }
        guard let row = named.first ?? unnamed.first else { return .notFound }
        return .sent(providerID: row["ID"]?.int.map { "\($0)" } ?? row["UUID"]?.string.flatMap(MailjetAnswer.word))
    }

    // MARK: The sender

    /// Whether mail may come from an address, by the transport.
    public enum SenderFinding: Sendable, Equatable {
        case active
        /// What comes from it is taken all the same, and thrown away.
        case inactive
        case cannotTell
    }

    /// Looks for the address itself, then for its domain.
    public func find(_ sender: Sender) async -> SenderFinding {
        let domain = sender.address.split(separator: "@").last.map(String.init) ?? ""
        let known = [sender.address, "*@\(domain)"]
        let byAddress = await senders(("Email", sender.address))
        if Self.isActive(known, in: byAddress) { return .active }
        let byDomain = await senders(("Domain", domain))
        if Self.isActive(known, in: byDomain) { return .active }
        let isListed = (byAddress ?? []).contains { $0["Email"]?.string?.lowercased() == sender.address }
        return isListed || (byAddress != nil && byDomain != nil) ? .inactive : .cannotTell
    }

    private func senders(_ query: (name: String, value: String)) async -> [JSON]? {
        guard let answer = try? await api.get("/v3/REST/sender", query) else { return nil }
        let json = answer.json
        if answer.status == 404, json?["StatusCode"]?.int == 404 { return [] }
        return answer.status == 200 ? json?["Data"]?.array : nil
    }

    private static func isActive(_ addresses: [String], in senders: [JSON]?) -> Bool {
        (senders ?? []).contains { sender in
            sender["Status"]?.string == "Active" && addresses.contains(sender["Email"]?.string?.lowercased() ?? "")
        }
    }
}
