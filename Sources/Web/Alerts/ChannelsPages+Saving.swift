import HTTPTypes
import Hummingbird
import JSON
import Scheduling
import Tenancy

/// Making a channel and changing it.
extension ChannelsPages {
    private static let query = [Field("to", .choice(["owners", "members"]))]

    @Sendable func showNew(_ request: Request, _ context: MemberContext) async throws -> Response {
        let to = try request.query(Self.query)["to"]?.string
        let form = try await to == nil ? targetForm(context) : membersForm(to: to ?? "", context)
        return pages.answer(NewChannelPage(form, guess: nil, frame(context)), to: context.viewer)
    }

    private func targetForm(_ context: MemberContext, fields more: [FormField] = []) -> Form {
        Form(
            to: Paths.filled(Paths.newChannel, context.slug), token: context.viewer.formToken,
            fields: [FormField(ChannelForm.target)] + more, button: "Add channel")
    }

    private func membersForm(to: String, _ context: MemberContext) async throws -> Form {
        let members = try await people.memberships.all(for: context.access)
        return Form(
            to: Paths.filled(Paths.newChannel, context.slug), token: context.viewer.formToken,
            fields: ChannelForm.ofMembers(members, to: to) + [FormField(ChannelForm.name)], button: "Add channel")
    }

    /// A target alone is answered with what it is; with a kind, the channel is made.
    @Sendable func make(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let isOfMembers = !form.texts(of: "to").isEmpty
        let target = form.texts(of: "target").first ?? ""
        let isSaid = isOfMembers || !form.texts(of: "kind").isEmpty
        let guess = isOfMembers || target.isEmpty ? nil : guess(target, form)
        let blank = try await isOfMembers ? membersForm(to: "owners", context) : targetForm(context, fields: guess?.guessFields ?? [])
        do {
            let values = try form.values()
            guard isSaid else { return ask(blank, guess, form, context) }
            let made = try await channels.create(ChannelForm.draft(values), for: context.access)
            let words =
                made.state == .unconfirmed
                ? "\(made.name) is added. A mail asks the address to confirm."
                : "\(made.name) is added. Send a test to see that it arrives."
            return .seeOther(Paths.filled(Paths.channel, context.slug, made.id.text)).flashing(words)
        } catch let invalid as InvalidInput {
            return redraw(blank, guess, form, ChannelForm.control(invalid), context)
        } catch Refusal.conflict(_, let sentence) {
            return redraw(blank, guess, form, InvalidInput(pointer: "", code: "too_many", detail: sentence), context)
        } catch Denial.tryLater(let seconds) {
            let words = Denial.tryLater(seconds: seconds).sentence
            return redraw(blank, guess, form, InvalidInput(pointer: "", code: "limit_reached", detail: words), context)
        }
    }

    private func ask(_ blank: Form, _ guess: NewChannelPage.Guess?, _ form: SubmittedForm, _ context: MemberContext) -> Response {
        guard let guess else {
            let missing = InvalidInput(pointer: "/target", code: "required", detail: "Paste a URL, or write an address.")
            return redraw(blank, nil, form, missing, context)
        }
        return pages.answer(NewChannelPage(blank.filled(from: form), guess: guess, frame(context)), to: context.viewer)
    }

    private func redraw(
        _ blank: Form, _ guess: NewChannelPage.Guess?, _ form: SubmittedForm, _ invalid: InvalidInput, _ context: MemberContext
    ) -> Response {
        let shown = blank.showing(form, invalid)
        let ofGuess = guess.map { guess in
            NewChannelPage.Guess(
                guessWords: guess.guessWords, guessHint: guess.guessHint, isPossible: guess.isPossible,
                guessFields: shown.formFields.filter { field in guess.guessFields.contains { $0.fieldName == field.fieldName } })
        }
        return pages.answer(NewChannelPage(shown, guess: ofGuess, frame(context)), to: context.viewer, .unprocessableContent)
    }

    /// What was typed, in words, and the controls that go with it.
    private func guess(_ target: String, _ form: SubmittedForm) -> NewChannelPage.Guess {
        let isAddress = ChannelForm.isAddress(target)
        let recognition = isAddress ? nil : channels.kinds.recognise(target)
        let kind = isAddress ? Channels.email : recognition?.kind
        let label = recognition?.label ?? Channels.emailLabel
        let isCertain = recognition?.isCertain ?? true
        let words =
            isAddress
            ? "This is an e-mail address. If it is of nobody here, it gets a link first, and nothing before that is followed."
            : isCertain ? "This is \(label)." : "This may be any program: it gets signed webhooks, unless you choose another kind."
        guard let kind else {
            return .init(guessWords: words, guessHint: recognition?.hint ?? "", isPossible: false, guessFields: [])
        }
        let options = ChannelForm.kinds(channels).filter { isAddress == ($0.optionValue == Channels.email) }
        let chosen = form.texts(of: "kind").first ?? kind
        return .init(
            guessWords: words, guessHint: recognition?.hint ?? "", isPossible: true,
            guessFields: [
                FormField(name: "kind", kind: .select, label: "Kind", value: chosen, options: options),
                FormField(ChannelForm.name, value: form.texts(of: "name").first ?? ""),
            ])
    }

    // MARK: - Changing

    func settingsForm(_ channel: Channel, _ context: MemberContext) async throws -> Form {
        guard context.access.may(.changeChannels) else { return Form(to: "", token: "", button: "") }
        let isMail = channel.kind == Channels.email
        var fields = [FormField(ChannelForm.name, value: channel.name)]
        if isMail, channel.settings["to"] != "address" {
            let chosen = (channel.settings["members"]?.array ?? []).compactMap(\.string)
            fields += ChannelForm.ofMembers(
                try await people.memberships.all(for: context.access), to: channel.settings["to"]?.string ?? "owners", chosen: chosen)
        } else {
            let kept = isMail ? "Now \(channel.shown). Left blank it stays." : "A secret: now \(channel.shown). Left blank it stays."
            fields.append(FormField(name: "target", label: isMail ? "Address" : "URL", help: kept))
            let options = ChannelForm.kinds(channels).filter { ($0.optionValue == Channels.email) == isMail }
            if !isMail { fields.append(FormField(name: "kind", kind: .select, label: "Kind", value: channel.kind, options: options)) }
        }
        return Form(
            to: Paths.filled(Paths.channel, context.slug, channel.id.text), token: context.viewer.formToken, fields: fields, button: "Save")
    }

    @Sendable func change(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        let blank = try await settingsForm(channel, context)
        return try await form.answer(redrawing: blank, with: { try await show(channel, form: $0, context) }) { values in
            var values = values
            if values["target"] == nil { values["kind"] = values["kind"] ?? .string(channel.kind) }
            do {
                let changed = try await channels.change(channel.id, ChannelForm.draft(values, changing: channel), for: context.access)
                let words = changed.state == .unconfirmed ? "Saved. A mail asks the address to confirm." : "Saved."
                return .seeOther(Paths.filled(Paths.channel, context.slug, channel.id.text)).flashing(words)
            } catch let invalid as InvalidInput {
                throw ChannelForm.control(invalid)
            }
        }
    }
}

extension Form {
    /// The same form with what was sent in it.
    fileprivate func filled(from form: SubmittedForm) -> Form {
        var filled = self
        filled.fill { form.texts(of: $0) }
        return filled
    }
}
