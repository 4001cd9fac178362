import Foundation
import JSON
import Postgres
import Secrets

extension IdempotencyKeys {
    /// How long whoever comes second waits for the first one's answer, before he is told to come again.
    private static let patience: Duration = .seconds(2)

    /// Carries a request out, or answers what it was answered before. `carryOut` gets the access to act with: what it writes into the
    /// audit log says by which request it was done. Without a key there is nobody to remember anything for.
    ///
    /// Throws `Refusal`, and what `carryOut` throws: then nothing was changed, and the name is free again.
    public func once(
        _ request: Request, for access: Access, _ carryOut: (Access) async throws -> Answer
    ) async throws -> (answer: Answer, isReplayed: Bool) {
        guard case .key(let key) = access.actor else { return (try await carryOut(access), false) }
        let reservation = Reservation(key: key, name: request.name.hash, request: UUID())
        switch try await reserve(reservation, request, for: access) {
        case .kept(let answer): return (answer, true)
        case .mine: break
        }
        var access = access
        access.origin.reservation = reservation
        do {
            let answer = try await carryOut(access)
            await keep(answer, under: reservation, for: access)
            return (answer, false)
        } catch {
            await release(reservation, after: error, for: access)
            if let error = error as? PostgresError, error.isOfLostReservation { throw Refusal.inProgress }
            throw error
        }
    }

    // MARK: Before

    private enum Place { case mine, kept(Answer) }

    private func reserve(_ reservation: Reservation, _ request: Request, for access: Access) async throws -> Place {
        let end = ContinuousClock.now + Self.patience
        var (row, pause) = (try await insertAndRead(reservation, request, for: access), Duration.milliseconds(10))
        while true {
            guard try row("request", as: [UInt8].self) == request.content else { throw Refusal.reused }
            let holder: UUID = try row("request_id")
            if holder == reservation.request { return .mine }
            if let answer = try answer(row, reservation, for: access) { return .kept(answer) }
            if try !row("is_held") {
                guard try await takeOver(from: holder, reservation, request, for: access) else { continue }
                return .mine
            }
            guard ContinuousClock.now < end else { throw Refusal.inProgress }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(160))
            let rows = try await database.query(reading(reservation, for: access))
            // Released meanwhile, it is anybody's.
            if let read = rows.first { row = read } else { row = try await insertAndRead(reservation, request, for: access) }
        }
    }

    /// Each statement sees what others have committed before it: of two at once, one inserts and the other one reads that.
    private func insertAndRead(_ reservation: Reservation, _ request: Request, for access: Access) async throws -> Row {
        while true {
            let answers = try await database.batch([
                "DELETE FROM idempotency_keys WHERE \(named(reservation, for: access)) AND created_at < now() - \(Self.life)",
                """
                INSERT INTO idempotency_keys (organization_id, api_key_id, name, request, request_id, created_at, held_until)
                VALUES (\(access.organization.id), \(reservation.key), \(reservation.name), \(request.content), \(reservation.request),
                    now(), now() + \(request.seconds) * interval '1 second')
                ON CONFLICT DO NOTHING
                """,
                reading(reservation, for: access),
            ])
            if let row = answers[2].first { return row }
        }
    }

    private func reading(_ reservation: Reservation, for access: Access) -> Query {
        """
        SELECT request, request_id, held_until > now() AS is_held, status, headers, sealed FROM idempotency_keys
        WHERE \(named(reservation, for: access))
        """
    }

    private func named(_ reservation: Reservation, for access: Access) -> Query {
        "organization_id = \(access.organization.id) AND api_key_id = \(reservation.key) AND name = \(reservation.name)"
    }

    private func answer(_ row: Row, _ reservation: Reservation, for access: Access) throws -> Answer? {
        guard let status = try row("status", as: Int16?.self) else { return nil }
        let sealed: [UInt8] = try row("sealed")
        guard let body = open(sealed, under: reservation, of: access.organization.id) else { throw Refusal.answerLost(subjects: []) }
        let headers = try row("headers", as: JSON?.self)?.object ?? [:]
        let pairs = headers.map { ($0.key, $0.value.string ?? "") }
        return Answer(status: Int(status), headers: Dictionary(pairs, uniquingKeysWith: { first, _ in first }), body: body)
    }

    /// Its process has died, or sleeps. Whether it has changed something stands in the audit log; if it is about to, it holds its row
    /// until it has, and after this it cannot any more. False: it is to be looked at again.
    private func takeOver(from holder: UUID, _ reservation: Reservation, _ request: Request, for access: Access) async throws -> Bool {
        try await database.transaction { transaction in
            let locked = try await transaction.query(
                """
                SELECT FROM idempotency_keys WHERE \(named(reservation, for: access)) AND request_id = \(holder) AND status IS NULL
                    AND held_until <= now() FOR UPDATE
                """)
            guard locked.first != nil else { return false }
            let subjects = try await transaction.query(
                """
                SELECT DISTINCT subject FROM audit_log
                WHERE organization_id = \(access.organization.id) AND request_id = \(holder) ORDER BY subject LIMIT 100
                """
            ).map { try $0("subject") as String }
            guard subjects.isEmpty else { throw Refusal.answerLost(subjects: subjects) }
            try await transaction.query(
                """
                UPDATE idempotency_keys SET request_id = \(reservation.request), held_until = now() + \(request.seconds) * interval '1 second'
                WHERE \(named(reservation, for: access))
                """)
            return true
        }
    }

    // MARK: After

    /// Where it cannot be kept, the effect is there all the same, and so is the answer: whoever asks again is told of the effect.
    private func keep(_ answer: Answer, under reservation: Reservation, for access: Access) async {
        let organization = access.organization.id
        guard let sealed = try? seal(answer, under: reservation, of: organization) else { return }
        let headers = JSON.object(JSONObject(answer.headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        await uncancelled(
            """
            UPDATE idempotency_keys SET status = \(Int16(clamping: answer.status)), headers = \(headers), sealed = \(sealed)
            WHERE \(named(reservation, for: access)) AND request_id = \(reservation.request)
            """)
    }

    /// The name is free again, unless something may have been changed: then the next one looks.
    private func release(_ reservation: Reservation, after error: any Error, for access: Access) async {
        let mine: Query = "\(named(reservation, for: access)) AND request_id = \(reservation.request)"
        let mayHaveEffect = (error as? PostgresError)?.outcomeUnknown ?? false
        await uncancelled(
            mayHaveEffect
                ? "UPDATE idempotency_keys SET held_until = now() WHERE \(mine)"
                : """
                DELETE FROM idempotency_keys WHERE \(mine) AND NOT EXISTS (
                    SELECT FROM audit_log WHERE organization_id = \(access.organization.id) AND request_id = \(reservation.request))
                """)
    }

    /// Also for a request whose client is gone.
    private func uncancelled(_ statement: Query) async {
        _ = await Task { [database] in try? await database.query(statement) }.value
    }
}

extension IdempotencyKeys.Request {
    fileprivate var seconds: Int64 { time.components.seconds }
}

extension PostgresError {
    /// `AuditEntry.insertion` found that somebody else carries the request out by now.
    fileprivate var isOfLostReservation: Bool { sqlState == "23502" && table == "audit_log" && column == "organization_id" }
}
