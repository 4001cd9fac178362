import Postgres

/// What carries mail away. Each call ends within a minute, whatever happens: a mail that takes longer is taken for lost.
public protocol MailTransport: Sendable {
    /// Whether the content of what it has sent stays in the outbox, to be read. False for one that really sends: a link that
    /// somebody signs in with is not kept once it has gone out.
    var keepsContents: Bool { get }

    /// Hands a mail over. `mail.id` goes with it, to find it by later.
    func send(_ mail: RenderedMail) async -> SendOutcome

    /// What became of a mail that was handed over at least some minutes ago.
    func find(_ id: ID<RenderedMail>) async -> Finding
}

/// How handing a mail over went. Reasons hold neither addresses nor content: they are kept, and shown to operators.
public enum SendOutcome: Sendable, Equatable {
    /// Taken, and known to whoever takes it by this name.
    case sent(providerID: String?)
    /// This mail will never be taken.
    case refused(reason: String)
    /// This mail was certainly not taken, and may be in time; not before `after` where that is given.
    case tryLater(reason: String, after: Duration?)
    /// No mail is taken for so long: a wrong key, a limit for all. It was certainly not taken, and counts as no try.
    case unavailable(reason: String, after: Duration)
    /// It may have been taken: the answer was lost. Where others had better wait, so long.
    case unknown(reason: String, pause: Duration? = nil)
}

/// What a transport knows of a mail that it was handed once.
public enum Finding: Sendable, Equatable {
    /// It was taken.
    case sent(providerID: String?)
    /// It is not known there. No proof that it never will be: such knowledge comes late.
    case notFound
    /// It could not be found out now.
    case cannotTell(reason: String)
}
