import JSON
import Postgres
import Time

extension Execution {
    init(_ row: Row, response: Response?) throws(PostgresError) {
        id = try row("id")
        jobID = try row("job_id")
        jobKey = try row("job_key")
        status = ExecutionStatus(rawValue: try row("status")) ?? .pending
        reason = try row("reason", as: String?.self).flatMap(Reason.init(rawValue:))
        trigger = ExecutionTrigger(rawValue: try row("trigger")) ?? .schedule
        scheduledFor = try row("scheduled_for")
        dueAt = try row("due_at")
        startedAt = try row("started_at")
        finishedAt = try row("finished_at")
        attempt = Int(try row("attempt", as: Int16.self))
        statusCode = try row("status_code", as: Int16?.self).map(Int.init)
        durationMs = try row("duration_ms", as: Int32?.self).map(Int.init)
        latenessMs = try row("lateness_ms", as: Int32?.self).map(Int.init)
        errorMessage = try row("error_message")
        count = Int(try row("count", as: Int32.self))
        lastScheduledFor = try row("last_scheduled_for")
        repeatOf = try row("repeat_of")
        self.response = response
    }
}

extension Execution.Response {
    /// Nil where there was no answer.
    init?(_ row: Row) throws(PostgresError) {
        guard let body = try row("response_body", as: [UInt8]?.self) else { return nil }
        self.body = body
        size = Int(try row("response_size", as: Int64?.self) ?? Int64(body.count))
        isTruncated = try row("response_truncated", as: Bool?.self) ?? false
        let headers = try row("response_headers", as: JSON?.self)?.array ?? []
        contentType = headers.lazy.compactMap(\.array).first { $0.first?.string?.lowercased() == "content-type" }?.last?.string
    }
}

extension Attempt {
    static let columns: Query = """
        number, status, reason, error_message, started_at, finished_at, status_code, remote_address, node_id, queue_us, dns_us, connect_us, \
        tls_us, first_byte_us, total_us, request, response_headers, response_body, response_size, response_truncated
        """

    init(_ row: Row) throws(PostgresError) {
        number = Int(try row("number", as: Int16.self))
        status = ExecutionStatus(rawValue: try row("status")) ?? .failed
        reason = try row("reason", as: String?.self).flatMap(Reason.init(rawValue:))
        errorMessage = try row("error_message")
        startedAt = try row("started_at")
        finishedAt = try row("finished_at")
        statusCode = try row("status_code", as: Int16?.self).map(Int.init)
        remoteAddress = try row("remote_address")
        nodeID = try row("node_id")
        var timings: [(phase: String, microseconds: Int64?)] = []
        for phase in ["queue", "dns", "connect", "tls", "first_byte", "total"] {
            timings.append((phase, try row("\(phase)_us", as: Int64?.self)))
        }
        self.timings = timings
        request = try row("request")
        responseHeaders = try row("response_headers")
        response = try Execution.Response(row)
    }
}
