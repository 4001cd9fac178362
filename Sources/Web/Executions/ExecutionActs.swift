import JSON
import Scheduling

extension ExecutionPage {
    /// What may be done to an execution, by how it stands and by who looks.
    struct Acts: Sendable {
        let token: String
        let mayRunAgain: Bool
        let againPath: String
        let isCancellable: Bool
        let cancelPath: String
        /// One form each, or none.
        let changing: [Form]
        let isChangingOpen: Bool
        let moving: [Form]
        let isMovingOpen: Bool
    }
}

extension ExecutionPage.Acts {
    init(_ subject: ExecutionPage.Subject, _ frame: ExecutionPage.Frame) {
        let execution = subject.execution
        token = frame.viewer.formToken
        mayRunAgain = frame.mayChange && execution.status.isFinal && execution.count == 1 && subject.job?.isDeleted == false
        againPath = frame.path(Paths.executionRetry, execution.id)
        isCancellable = frame.mayChange && !execution.status.isFinal
        cancelPath = frame.path(Paths.executionCancel, execution.id)
        changing = mayRunAgain ? [frame.changing ?? Self.changingForm(subject, frame)] : []
        isChangingOpen = frame.changing != nil
        // What belongs to a schedule keeps its time, but for its retries.
        let isOfSchedule = [.schedule, .backfill].contains(execution.trigger) && execution.attempt == 1
        let mayMove = frame.mayChange && execution.status == .pending && !isOfSchedule
        moving = mayMove ? [frame.moving ?? Self.movingForm(subject, frame)] : []
        isMovingOpen = frame.moving != nil
    }

    /// The same execution with another body.
    static func changingForm(_ subject: ExecutionPage.Subject, _ frame: ExecutionPage.Frame) -> Form {
        let body = subject.around.override?["body"].map { $0.string ?? $0.pretty } ?? ""
        return Form(
            to: frame.path(Paths.executionRetry, subject.execution.id), token: frame.viewer.formToken,
            fields: [
                FormField(
                    name: "body", kind: .textarea, label: "Body",
                    help: "What is sent in place of the job's own body. Left empty, it is the same as before.",
                    value: body.utf8.count <= 1_000 ? body : ""),
                FormField(name: "reason", label: "Reason", help: "Stands on its page and in the audit log.", placeholder: "Wrong month…"),
            ], button: "Run again with these", id: "changes")
    }

    /// Another time for one that waits.
    static func movingForm(_ subject: ExecutionPage.Subject, _ frame: ExecutionPage.Frame) -> Form {
        Form(
            to: frame.path(Paths.executionReschedule, subject.execution.id), token: frame.viewer.formToken,
            fields: [
                FormField(
                    name: "at", kind: .datetime, label: "Due at (UTC)", help: "A time to come. It is now \(frame.now.words).",
                    value: (subject.execution.dueAt ?? frame.now).inputText)
            ], button: "Reschedule", id: "move")
    }
}
