import CLibPQ

extension Connection {
    /// Takes in what the server has sent.
    func receive() {
        guard let handle else { return }
        // When the server has hung up, what it said last is still to be read.
        let isAlive = PQconsumeInput(handle) == 1
        takeAnswers(handle)
        guard isOpen else { return }
        takeNotifications(handle)
        if !isAlive || PQstatus(handle) == CONNECTION_BAD { lose() }
        onAnswers()
    }

    private func takeAnswers(_ handle: OpaquePointer) {
        var pauses = 0
        // Between two statements libpq returns nil; where it does so three times running it has nothing more to tell.
        while !exchanges.isEmpty, pauses < 3, self.handle != nil, PQisBusy(handle) == 0 {
            if let result = PQgetResult(handle) {
                pauses = 0
                take(result)
            } else {
                pauses += 1
            }
        }
    }

    private func take(_ result: OpaquePointer) {
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY {
            let answer = Answer(owning: result)
            if !settlePreparing(succeeded: true), !exchanges[0].isAnswered {
                exchanges[0].rows.append(Rows(answer: answer))
                exchanges[0].answered += 1
            }
            return
        }
        defer { PQclear(result) }
        switch status {
        case PGRES_PIPELINE_SYNC: finishExchange()
        case PGRES_FATAL_ERROR, PGRES_PIPELINE_ABORTED: takeFailure(result, isAborted: status == PGRES_PIPELINE_ABORTED)
        default: close(PostgresError(.connectionLost, "COPY is not possible through this client"))
        }
    }

    private func takeFailure(_ result: OpaquePointer, isAborted: Bool) {
        // An error that comes when all statements have been answered is one of the commit, such as a deferred constraint's.
        let isAtCommit = exchanges[0].isAnswered
        if !isAborted, exchanges[0].failure == nil {
            let sql = isAtCommit ? exchanges[0].request.queries.last?.sql ?? "" : exchanges[0].current.sql
            let error = PostgresError(result, sql: sql)
            if error.kind == .connectionLost { return close(error) }
            exchanges[0].failure = error.concerning(sql: sql, outcomeUnknown: false)
        }
        if !isAtCommit, !settlePreparing(succeeded: false) { exchanges[0].answered += 1 }
    }

    private func settlePreparing(succeeded: Bool) -> Bool {
        guard let name = exchanges[0].preparingCurrent else { return false }
        statements.prepared(exchanges[0].current, as: name, succeeded: succeeded)
        exchanges[0].preparing.removeFirst()
        return true
    }

    /// Only the sync settles a request: outside a transaction the server commits after it has answered the statement.
    private func finishExchange() {
        let exchange = exchanges.removeFirst()
        guard let failure = exchange.failure, failure.isOfStalePreparing else { return exchange.request.reply(exchange.outcome) }
        for query in exchange.request.queries { statements.forget(query) }
        guard exchange.request.scope == .autocommit, !exchange.request.bypassesCache else {
            return exchange.request.reply(exchange.outcome)
        }
        var request = exchange.request
        request.bypassesCache = true
        send(request)
    }

    private func takeNotifications(_ handle: OpaquePointer) {
        while let notification = PQnotifies(handle) {
            onNotification(String(cString: notification.pointee.relname), String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
    }
}
