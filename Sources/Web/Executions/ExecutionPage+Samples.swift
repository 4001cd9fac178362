import JSON
import Scheduling
import Time

extension ExecutionPage {
    static let samples: [ExecutionPage] = {
        var frame = Frame(
            viewer: Viewer(formToken: "t", place: "/acme/executions/exe_1"), organization: "Acme", slug: "acme", mayChange: true,
            now: PageSamples.now)
        let job = Jobs.Title(name: "Nightly export", isDeleted: false)
        func subject(_ status: ExecutionStatus, _ attempts: [Attempt] = [], _ around: Executions.Around = .init()) -> Subject {
            Subject(execution: PageSamples.execution(status), attempts: attempts, around: around, job: job)
        }
        let failed = PageSamples.attempt(1, .timeout, .deadline, [1_200, 800, 12_000, 40_000, 0, 30_000_000], answer: nil)
        let succeeded = PageSamples.attempt(2, .success, nil, [3_000, 400, 9_000, 31_000, 180_000, 242_000], answer: PageSamples.answer)
        let neighbours = Executions.Around(
            earlier: Execution.Identifier(at: PageSamples.now), later: Execution.Identifier(at: PageSamples.now),
            override: ["reason": "Test"])
        let all = [
            ExecutionPage(subject(.pending), frame), ExecutionPage(subject(.running, [failed]), frame),
            ExecutionPage(subject(.timeout, [failed]), frame),
            ExecutionPage(subject(.success, [failed, succeeded], neighbours), frame),
            ExecutionPage(
                Subject(
                    execution: PageSamples.execution(.skipped, reason: .paused, count: 238), attempts: [], around: .init(), job: nil), frame
            ),
        ]
        let put = Subject(
            execution: PageSamples.execution(.pending, attempt: 2), attempts: [failed], around: neighbours, job: job, askedBy: "ada")
        frame.moving = Acts.movingForm(put, frame)
        return all + [ExecutionPage(put, frame)]
    }()
}

extension PageSamples {
    static let answer = Execution.Response(
        body: Array(#"{"exported":1204,"ok":true,"files":["a.csv","b.csv"]}"#.utf8), size: 53, contentType: "application/json")

    static func attempt(
        _ number: Int, _ status: ExecutionStatus, _ reason: Reason?, _ microseconds: [Int64], answer: Execution.Response?
    ) -> Attempt {
        let request: JSON = [
            "method": "POST", "url": "https://api.example.com/export",
            "headers": [["Authorization", "***"], ["Content-Type", "application/json"]], "body": #"{"month":"2026-11"}"#,
            "encoding": "text",
        ]
        return Attempt(
            number: number, status: status, reason: reason, startedAt: now.adding(.seconds(-8)), finishedAt: now,
            statusCode: answer == nil ? nil : 200, remoteAddress: "203.0.113.7", nodeID: .init(at: now),
            timings: Array(zip(["queue", "dns", "connect", "tls", "first_byte", "total"], microseconds.map { $0 })), request: request,
            responseHeaders: answer == nil ? nil : [["Content-Type", "application/json"]], response: answer)
    }
}
