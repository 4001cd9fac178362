import HTTPTypes
import JSON
import Scheduling

/// All that a test call came to, by the partial `testresult`.
struct TestResultView: Sendable {
    struct Phase: Sendable { let phaseName, phaseTime: String }

    let markSVG: String
    let resultWords: String
    let resultNote: String
    let hasResultNote: Bool
    let phases: [Phase]
    let sentMessages: [ExecutionPage.Message]
    let answeredMessages: [ExecutionPage.Message]
}

extension TestResultView {
    init(_ attempt: Attempt) {
        // What the page has beside the form, for what others have written.
        var room = Room(5_500)
        let total = attempt.timings.first { $0.phase == "total" }?.microseconds ?? 0
        let took = Words.duration(milliseconds: Int(total / 1_000))
        let status = attempt.statusCode.map { ", HTTP \($0)" } ?? ""
        markSVG = (attempt.status == .success ? Mark.good : .bad).svg
        let words = ["success": "Success", "timeout": "Timed out"][attempt.status.rawValue] ?? "Failed"
        resultWords = "\(words) after \(took)\(status)"
        resultNote = attempt.status == .success ? "" : room.take(attempt.errorMessage ?? attempt.reason?.sentence ?? "", atMost: 500).text
        hasResultNote = !resultNote.isEmpty
        phases = attempt.timings.compactMap { phase, time in
            // What there was none of, TLS for one, took no time.
            guard let name = Self.names[phase], let time, time > 0 else { return nil }
            return Phase(phaseName: name, phaseTime: "\(time / 1_000).\(time % 1_000 / 100)\u{A0}ms")
        }
        sentMessages = ExecutionPage.Message(requestOf: attempt, &room, atMost: 700).map { [$0] } ?? []
        answeredMessages = ExecutionPage.Message(responseTo: attempt, file: "", &room, atMost: 1_500).map { [$0] } ?? []
    }

    /// When each was over, from the beginning.
    private static let names = [
        "dns": "Name resolved", "connect": "Connected", "tls": "TLS agreed", "first_byte": "First byte", "total": "Over",
    ]

    static let samples = [
        TestResultView(
            markSVG: Mark.bad.svg, resultWords: "Failed after 242 ms, HTTP 500", resultNote: "The target answered <b>500</b>.",
            hasResultNote: true, phases: [.init(phaseName: "Over", phaseTime: "242.0 ms")],
            sentMessages: [
                .init(
                    messageLine: "POST https://example.com/", headCount: "1 header", head: "Authorization: ***", hasHead: true,
                    messageBody: "{}", hasBody: true, bodyNote: "JSON, 2 B", files: [])
            ],
            answeredMessages: [
                .init(
                    messageLine: "HTTP 500", headCount: "0 headers", head: "", hasHead: false, messageBody: "no <b>", hasBody: true,
                    bodyNote: "Text, 6 B", files: [])
            ])
    ]
}
