import JSON
import Scheduling
import Tenancy
import Time

/// The small forms on a job's page.
struct JobForms: Sendable {
    static let running = [
        Field(
            "body", Executions.overridingBody, label: "Body", help: "Of this run alone, instead of the job’s own. Leave it blank for that."),
        Field("reason", .string(1...500), label: "Reason", help: "For the record.", example: "Asked for by the customer"),
    ]
    static let pausing = [
        Field(
            "until", .string(1...40), label: "Until",
            help: "By the clock of the organization, or with an offset. Leave it blank to pause until somebody resumes.",
            example: "2026-12-24 18:00")
    ]
    static let resuming = [Field("missed", .choice(Jobs.Answer.allCases.map(\.rawValue)), label: "Runs that the pause has passed over")]

    var run: Form
    var pause: Form
    var resume: Form
    /// Which one is folded open.
    var isRunOpen = false
    var isPauseOpen = false

    /// For a job; `missed` is its policy, `passedOver` how many runs a pause has passed over.
    init(of job: Job, passedOver: Int, _ context: MemberContext) {
        let (slug, token, id) = (context.slug, context.viewer.formToken, job.id.text)
        run = Form(
            to: Paths.filled(Paths.jobRun, slug, id), token: token,
            fields: [FormField(Self.running[0], kind: .textarea), FormField(Self.running[1])], button: "Run now", id: "run")
        pause = Form(
            to: Paths.filled(Paths.jobPause, slug, id), token: token, fields: [FormField(Self.pausing[0])], button: "Pause", id: "pause")
        let choices: [FormField.Option] = [
            .init(value: "skip", label: "Skip \(passedOver == 1 ? "it" : "them")"), .init(value: "last", label: "Make up the last one"),
            .init(value: "all", label: "Make up all, at most \(job.definition.missedLimit)"),
        ]
        let asking = FormField(Self.resuming[0], kind: .select, value: job.definition.missed, options: choices)
        resume = Form(
            to: Paths.filled(Paths.jobResume, slug, id), token: token, fields: passedOver > 0 ? [asking] : [], button: "Resume",
            id: "resume")
    }

    /// An instant with its offset, or what the clocks of a zone show. Throws `InvalidInput`.
    static func instant(_ text: String, zone: String) throws -> Timestamp {
        if let instant = Timestamp(rfc3339: text) { return instant }
        let plain = text.replacing(" ", with: "T")
        guard let local = LocalTime(plain) ?? LocalTime(plain + ":00") ?? LocalTime(plain + "T00:00:00"),
            let rules = ZoneRules.named(zone), let instant = try? rules.instant(of: local, choosing: .later)
        else {
            let hint = "Write a date and a time, such as 2026-12-24 18:00."
            throw InvalidInput(pointer: "/until", code: "invalid_format", detail: hint)
        }
        return instant
    }
}
