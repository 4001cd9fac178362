import Mail

extension Configuration {
    /// Whom mail comes from, what carries it away, and who may tell what became of it.
    struct Mail: Sendable {
        let sender: Sender
        /// Nil: nothing leaves the machine.
        let mailjet: MailjetAccount?
        /// Nil: nobody may, and there is no such address.
        let webhook: MailEvents.Credentials?

        /// What is refused counts as not given.
        init(reading e: inout Environment, isProduction: Bool) {
            let (sender, hasAddress) = Self.sender(&e)
            self.sender = sender
            mailjet = Self.mailjet(&e, hasAddress: hasAddress, isProduction: isProduction)
            webhook = Self.webhook(&e)
        }

        private static func sender(_ e: inout Environment) -> (Sender, hasAddress: Bool) {
            let (standard, address, name) = (Sender.development, e.text("MAIL_FROM_ADDRESS"), e.text("MAIL_FROM_NAME"))
            if let address, Sender(name: standard.name, address: address) == nil {
                e.refuse("MAIL_FROM_ADDRESS: use a plain e-mail address, such as prikke@example.com.")
            }
            if let name, Sender(name: name, address: standard.address)?.name != name {
                e.refuse("MAIL_FROM_NAME: use one line of at most 60 characters.")
            }
            let sender = Sender(name: name ?? standard.name, address: address ?? standard.address) ?? standard
            // One that was refused is not said to be missing too.
            return (sender, address.map { !$0.lowercased().hasSuffix("@localhost") } ?? false)
        }

        private static func mailjet(_ e: inout Environment, hasAddress: Bool, isProduction: Bool) -> MailjetAccount? {
            let (key, secret) = (e.secret("MAILJET_API_KEY"), e.secret("MAILJET_SECRET_KEY"))
            let url = e.text("MAILJET_API_URL") ?? MailjetAccount.standardURL
            do throws(MailjetAccount.Mistake) {
                try MailjetAccount.check(url, allowsHTTP: !isProduction)
            } catch {
                e.refuse("\(error.setting): \(error.sentence)")
            }
            guard let key, let secret else {
                if key != nil { e.refuse("MAILJET_SECRET_KEY is needed with MAILJET_API_KEY.") }
                if secret != nil { e.refuse("MAILJET_API_KEY is needed with MAILJET_SECRET_KEY.") }
                return nil
            }
            if !hasAddress {
                e.refuse("MAIL_FROM_ADDRESS is needed with MAILJET_API_KEY: an address that Mailjet knows as an active sender.")
            }
            do throws(MailjetAccount.Mistake) {
                return try MailjetAccount(key: key, secret: secret, url: url, allowsHTTP: !isProduction)
            } catch {
                if error.setting != "MAILJET_API_URL" { e.refuse("\(error.setting): \(error.sentence)") }
                return nil
            }
        }

        private static func webhook(_ e: inout Environment) -> MailEvents.Credentials? {
            let (user, password) = (e.secret("MAILJET_WEBHOOK_USER"), e.secret("MAILJET_WEBHOOK_PASSWORD"))
            guard let user, let password else {
                if user != nil { e.refuse("MAILJET_WEBHOOK_PASSWORD is needed with MAILJET_WEBHOOK_USER.") }
                if password != nil { e.refuse("MAILJET_WEBHOOK_USER is needed with MAILJET_WEBHOOK_PASSWORD.") }
                return nil
            }
            guard let credentials = MailEvents.Credentials(user: user, password: password) else {
                e.refuse("MAILJET_WEBHOOK_USER: use one without a colon, where HTTP Basic authentication parts user and password.")
                return nil
            }
            return credentials
        }
    }
}
