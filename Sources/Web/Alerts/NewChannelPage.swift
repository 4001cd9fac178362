import JSON
import Scheduling

/// A new channel: paste where it leads, see what that is, add it. (The stored names are long because a template knows no name at two
/// depths.)
struct NewChannelPage: Page {
    static let template = "newchannel"
    static let fragments: Set = ["channelguess"]

    struct Link: Sendable { let linkText, linkPath: String }
    /// What was recognised, with the controls to change it.
    struct Guess: Sendable {
        let guessWords: String
        let guessHint: String
        let isPossible: Bool
        let guessFields: [FormField]
    }

    let title: String
    let formPath: String
    let formToken: String
    let livePath: String
    let cancelPath: String
    let buttonLabel: String
    let hasComplaints: Bool
    let isComplaintFirst: Bool
    let complaints: [Form.Complaint]
    let targetFields: [FormField]
    /// One, or none as yet.
    let guesses: [Guess]
    let others: [Link]
}

extension NewChannelPage {
    /// `form` holds the controls, with what was typed and what is wrong; `guess`: what was recognised, nil: nothing was asked yet.
    init(_ form: Form, guess: Guess?, _ frame: AlertFrame) {
        title = "New channel · \(frame.organization)"
        formPath = Paths.filled(Paths.newChannel, frame.slug)
        formToken = frame.viewer.formToken
        livePath = Fragments.path("channelguess", of: formPath)
        cancelPath = Paths.filled(Paths.channels, frame.slug)
        buttonLabel = guess == nil && form.formFields.contains { $0.fieldName == "target" } ? "Go on" : "Add channel"
        (hasComplaints, isComplaintFirst, complaints) = (form.hasComplaints, form.isComplaintFirst, form.complaints)
        let ofGuess = Set(["kind", "name"])
        targetFields = form.formFields.filter { guess == nil || !ofGuess.contains($0.fieldName) }
        guesses = guess.map { [$0] } ?? []
        others =
            form.formFields.contains { $0.fieldName == "to" }
            ? [Link(linkText: "A URL or another address", linkPath: formPath)]
            : [Link(linkText: "Mail to owners or members", linkPath: Paths.query(formPath, [("to", "owners")]))]
    }

    static let samples: [NewChannelPage] = {
        let frame = AlertFrame(Viewer(), slug: "acme", now: PageSamples.now)
        let field = FormField(ChannelForm.target, value: "https://x.example/<b>")
        let guess = Guess(
            guessWords: "This is Slack.", guessHint: "It takes <b>.", isPossible: true,
            guessFields: [
                FormField(
                    name: "kind", kind: .select, label: "Kind", value: "slack", options: [.init(value: "slack", label: "Slack")]),
                FormField(ChannelForm.name),
            ])
        let none = Guess(guessWords: "This is Teams.", guessHint: "", isPossible: false, guessFields: [])
        var wrong = Form(to: "/a", token: "t", fields: [field], button: "Add")
        wrong = wrong.showing(
            SubmittedForm(parameters: [], fields: []), InvalidInput(pointer: "", code: "not_allowed", detail: "Too many <b>."))
        return [
            NewChannelPage(Form(to: "/a", token: "t", fields: [field], button: "Go on"), guess: nil, frame),
            NewChannelPage(Form(to: "/a", token: "t", fields: [field], button: "Add"), guess: guess, frame),
            NewChannelPage(wrong, guess: none, frame),
        ]
    }()
}
