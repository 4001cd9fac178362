import HTTPTypes
import JSON
import Scheduling
import Tenancy
import Time

extension API {
    /// `/api/executions`
    public static func executions(_ executions: Executions) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Execution = { path, access in
            try await executions.find(path["execution"], for: access).execution
        }
        return [
            Operation(
                .get, "/api/executions", id: "listExecutions", summary: "The organization's executions, newest first", permission: .seeJobs,
                query: Paging.fields + Executions.Filter.fields, body: .none, answers: [.ok(.page(of: Execution.shape))]
            ) { call in
                let paging = Paging(call.query)
                let position = try paging.position(Executions.Position.init)
                let page = try await executions.page(
                    Executions.Filter(call.query), after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(page, at: "/api/executions", json: \.json, cursor: { Executions.Position($0).cursor })
            },
            Operation(
                .get, "/api/executions/{execution}", id: "getExecution", summary: "One execution with its attempts", permission: .seeJobs,
                body: .none, answers: [.ok(Execution.shapeWithAttempts)],
                find: { path, access in
                    try await executions.find(path["execution"], for: access)
                }
            ) { found, _ in .ok(found.execution.json(with: found.attempts)) },
            Operation(
                .get, "/api/executions/{execution}/attempts/{attempt}/response", id: "getResponse",
                summary: "What an attempt was answered, byte for byte, as far as it was kept (256 KiB)", permission: .seeJobs,
                body: .none, answers: [.bytes("application/octet-stream")],
                find: { path, access in
                    try await executions.response(of: path["execution"], attempt: path["attempt"], for: access)
                }
            ) { response, _ in response.download },
            Operation(
                .post, "/api/executions/{execution}/cancel", id: "cancelExecution",
                summary: "End one that waits (200), or have one that runs cut off (202)", permission: .changeJobs, body: .nothing,
                answers: [.ok(Execution.shape), .accepted(Execution.shape)], refusals: [.conflict], find: find
            ) { execution, call in
                let cancelled = try await executions.cancel(execution, for: call.access)
                return cancelled.status.isFinal ? .ok(cancelled.json) : .accepted(cancelled.json)
            },
            Operation(
                .post, "/api/executions/{execution}/reschedule", id: "rescheduleExecution",
                summary: "Put off, or bring forward, a retry or a run by hand that has not begun", permission: .changeJobs,
                body: .required(
                    .object([
                        Field(
                            "at", .string(20...40, format: .instant), required: true,
                            help: "A time to come, before its record would leave history.", example: "2026-11-30T02:00:00Z")
                    ]).named("Reschedule")),
                answers: [.ok(Execution.shape)], refusals: [.conflict], find: find
            ) { execution, call in
                let time = call.body["at"]?.string.flatMap { Timestamp(rfc3339: $0) } ?? Timestamp(seconds: 0)
                return .ok(try await executions.reschedule(execution, to: time, for: call.access).json)
            },
            Operation(
                .post, "/api/executions/{execution}/retry", id: "retryExecution",
                summary: "Run one that has ended again: its job as it is now, with the body that it came with", permission: .changeJobs,
                body: .nothing, answers: [.accepted(Execution.shape)], refusals: [.paymentRequired, .conflict], find: find
            ) { execution, call in .accepted(try await executions.retry(execution, for: call.access).json) },
            Operation(
                .post, "/api/executions/replay", id: "replayExecutions",
                summary: "Run those that match again, so many a minute; with dry_run only count them (200)", permission: .changeJobs,
                body: .optional(Executions.replayBody), answers: [.ok(Executions.Replay.shape), .accepted(Executions.Replay.shape)],
                refusals: [.paymentRequired]
            ) { call in
                let replay = try await executions.replay(call.body, for: call.access)
                return replay.isDryRun ? .ok(replay.json) : .accepted(replay.json)
            },
        ]
    }
}

extension Execution.Response {
    /// It is somebody else's document: no browser is to render it, whatever it is.
    fileprivate var download: Answer {
        Answer.bytes(body, "application/octet-stream").with(.contentDisposition, "attachment; filename=\"response.bin\"")
            .with(.named("Prikke-Response-Type"), contentType ?? "")
            .with(.named("Prikke-Response-Size"), "\(size)").with(.named("Prikke-Response-Truncated"), "\(isTruncated)")
    }
}
