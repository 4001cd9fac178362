import Mail
import Time

/// What the mails about people and organizations say. Throw `NotALink` for a `url` that is no address.
extension Message {
    static func signIn(url: String) throws(NotALink) -> Message {
        Message(
            .signIn, subject: "Sign in to Prikke",
            paragraphs: ["Here is your link. It works once, for ten minutes, in the browser in which you asked for it."],
            button: try Button(label: "Sign in", url: url),
            closing: [
                "In another browser it shows six digits, which you type into the first one. Give them to nobody.",
                "If you did not ask for this, leave it alone: nothing happens.",
            ])
    }

    static func newSignIn(browser: String, address: String?, at now: Timestamp, url: String) throws(NotALink) -> Message {
        Message(
            .newSignIn, subject: "New sign-in to Prikke",
            paragraphs: ["Somebody has signed in as you from a browser that we had not seen before."],
            facts: [
                Fact(label: "Browser", value: browser), Fact(label: "Address", value: address ?? "unknown"),
                Fact(label: "When", value: now.words),
            ],
            button: try Button(label: "See your sessions", url: url),
            closing: ["If it was not you, end that session there, and look after your mailbox: whoever reads it can sign in."])
    }

    static func confirmAddress(from old: EmailAddress, url: String) throws(NotALink) -> Message {
        Message(
            .confirmAddress, subject: "Confirm your new address",
            paragraphs: [
                "\(old) wants to sign in to Prikke with this address from now on. Confirm it within an hour, in the browser in which you are signed in."
            ],
            button: try Button(label: "Confirm this address", url: url),
            closing: ["If this was not you, leave it alone: nothing changes."])
    }

    static func addressChanged(now email: EmailAddress, url: String) throws(NotALink) -> Message {
        Message(
            .addressChanged, subject: "Your address was changed",
            paragraphs: ["You sign in to Prikke with another address from now on."],
            facts: [Fact(label: "New address", value: email.text)],
            button: try Button(label: "Take it back", url: url),
            closing: ["If it was you, there is nothing to do. If not, take it back within 72 hours: that also ends all sessions."])
    }

    static func invite(to organization: String, as role: Role, from inviter: String?, until end: Timestamp, url: String) throws(NotALink)
        -> Message
    {
        let name = name(organization)
        return Message(
            .invite, subject: "You are invited to \(name) on Prikke",
            paragraphs: ["You are invited to join \(name) on Prikke, which runs scheduled jobs on time."],
            facts: [
                Fact(label: "Organization", value: name), Fact(label: "Role", value: role.rawValue),
                Fact(label: "Invited by", value: inviter ?? "a program of theirs"), Fact(label: "Good until", value: end.words),
            ],
            button: try Button(label: "See the invite", url: url),
            closing: ["If you do not know them, leave it alone, or decline it there."])
    }

    static func newAPIKey(named key: String, in organization: String, at now: Timestamp, url: String) throws(NotALink) -> Message {
        Message(
            .newAPIKey, subject: "New API key in \(name(organization))",
            paragraphs: ["An API key was made in your organization."],
            facts: [
                Fact(label: "Organization", value: name(organization)), Fact(label: "Key", value: name(key)),
                Fact(label: "When", value: now.words),
            ],
            button: try Button(label: "See the keys", url: url),
            closing: ["If nobody of you made it, revoke it there."])
    }

    static func deletionScheduled(of organization: String, erasedAt: Timestamp, url: String) throws(NotALink) -> Message {
        Message(
            .deletionScheduled, subject: "\(name(organization)) is deleted",
            paragraphs: [
                "Its jobs have stopped and nobody gets in any more. In seven days everything is erased; until then an owner can undo it."
            ],
            facts: [Fact(label: "Organization", value: name(organization)), Fact(label: "Erased at", value: erasedAt.words)],
            button: try Button(label: "Undo it", url: url))
    }
}

extension Message {
    /// Each of these mails with invented content, to look at. Throws `NotALink` never, as its links are fixed.
    public static func samplesOfPeople() throws -> [Message] {
        guard let (alice, bob) = EmailAddress("alice@example.com").flatMap({ a in EmailAddress("bob@example.com").map { (a, $0) } }) else {
            return []
        }
        let (now, site) = (Timestamp(seconds: 1_795_500_000), "https://prikke.example")
        return [
            try signIn(url: "\(site)/users/log-in/sample"),
            try newSignIn(browser: "Firefox on Linux", address: "192.0.2.7", at: now, url: "\(site)/account"),
            try confirmAddress(from: alice, url: "\(site)/account/address/sample"),
            try addressChanged(now: bob, url: "\(site)/account/address-back/sample"),
            try invite(to: "Acme & Søn", as: .admin, from: alice.text, until: now, url: "\(site)/invites/sample"),
            try newAPIKey(named: "Deploys", in: "Acme & Søn", at: now, url: "\(site)/acme/keys"),
            try deletionScheduled(of: "Acme & Søn", erasedAt: now, url: "\(site)/account"),
        ]
    }
}
