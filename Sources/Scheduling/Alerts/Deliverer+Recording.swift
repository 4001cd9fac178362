import JSON
import Mail
import Postgres
import Tenancy
import Time

/// What became of a try.
extension Deliverer {
    /// Unless its lease was lost meanwhile: then it changes nothing.
    func record(
        _ result: Result<DeliveryAnswer, DeliveryFailure>, of leased: LeasedDelivery, from begin: Timestamp, at now: Timestamp
    ) async throws {
        var (failure, answer): (DeliveryFailure?, DeliveryAnswer?) = (nil, nil)
        switch result {
        case .success(let value): answer = value
        case .failure(let error): (failure, answer) = (error, error.answer)
        }
        let verdict = DeliveryVerdict.after(failure, leased.before, now: now)
        let error = failure.map { $0.kind == .unknown ? "Nobody knows whether it arrived: \($0.reason)" : $0.reason }
        let results = try await database.batch([
            """
            INSERT INTO delivery_attempts (organization_id, delivery_id, number, started_at, finished_at, status_code, answer, error)
            VALUES (\(leased.organization), \(leased.id), \(Int32(leased.before.tries)), \(begin), \(now),
                \(answer?.statusCode.map { Int16(clamping: $0) }), \(answer.map { String($0.text.prefix(500)) }), \(error))
            ON CONFLICT DO NOTHING
            """,
            """
            UPDATE deliveries SET status = \(verdict.status.rawValue), next_try_at = \(verdict.nextTryAt), leased_until = NULL,
                finished_at = \(verdict.nextTryAt == nil ? now : nil), error = \(verdict.error)
            WHERE organization_id = \(leased.organization) AND id = \(leased.id) AND leased_until = \(leased.leasedUntil)
            """,
            """
            UPDATE channels SET leased_until = NULL, refused_at = \(verdict.refusedAt), failing_since = \(verdict.failingSince),
                resting_until = \(verdict.restingUntil)
            WHERE organization_id = \(leased.organization) AND id = \(leased.channel) AND leased_until = \(leased.leasedUntil)
            """,
            Happening.notice([.alerts(of: leased.organization)], database),
        ])
        guard results[1].affected > 0 else { return }
        Meters.deliveries(verdict.nextTryAt == nil ? verdict.status.rawValue : "again", 1)
        if let reason = verdict.switchOff { try await switchOff(leased, reason, at: now) }
    }

    /// The channel gets nothing more, what waits for it ends, and the owners hear of it.
    private func switchOff(_ leased: LeasedDelivery, _ reason: String, at now: Timestamp) async throws {
        let organization = leased.organization
        try await database.transaction { transaction in
            let row = try await transaction.query(
                """
                UPDATE channels c SET switched_off_at = \(now), switched_off_reason = \(reason), leased_until = NULL, updated_at = \(now)
                FROM organizations o
                WHERE c.organization_id = \(organization) AND c.id = \(leased.channel) AND o.id = c.organization_id AND c.switched_off_at IS NULL AND c.deleted_at IS NULL
                RETURNING c.name, c.shown, o.name AS organization, o.slug
                """
            ).first
            guard let row else { return }
            let channel = SwitchedOff(id: leased.channel, name: try row("name"), shown: try row("shown"), reason: reason)
            let mails = try await mail.switchedOff(
                channel, of: (organization, try row("organization"), try row("slug")), at: now, in: transaction)
            let entry = AuditEntry(
                at: now, of: organization, by: .system, "channel.switched_off", on: leased.channel.text,
                after: ["reason": .string(reason), "shown": .string(channel.shown)], way: .engine)
            try await transaction.batch(
                [
                    """
                    UPDATE deliveries SET status = 'failed', next_try_at = NULL, leased_until = NULL, finished_at = \(now),
                        error = 'The channel was switched off.'
                    WHERE organization_id = \(organization) AND channel_id = \(leased.channel) AND next_try_at IS NOT NULL
                        AND outbox_ids = '{}'
                    """, entry.insertion,
                ] + mails)
        }
        logger.notice("a channel was switched off", metadata: ["channel": "\(leased.channel)", "organization": "\(organization)"])
    }

    // MARK: - Mail

    /// Puts a delivery into the outbox, a row for each recipient; `tidy` sees what becomes of them.
    func post(_ leased: LeasedDelivery, at now: Timestamp) async throws {
        let organization = leased.organization
        try await database.transaction { transaction in
            let row = try await transaction.query("SELECT name, slug FROM organizations WHERE id = \(organization)").first
            guard let row, let message = leased.message, let settings = mail.secrets.open(leased.sealed, of: leased.channel, organization)
            else {
                return try await transaction.batch([
                    over(leased, "The channel’s settings cannot be opened: save it again.", at: now), free(leased),
                ])
            }
            let recipients = try await mail.recipients(settings, of: organization, over: transaction)
            guard !recipients.addresses.isEmpty else {
                let reason = recipients.omission ?? "There is nobody to mail: whom the channel names is no member any more."
                return try await transaction.batch([over(leased, reason, at: now), free(leased)])
            }
            let slug: String = try row("slug")
            let place = settings["token"]?.string.map(mail.links.leaving) ?? mail.links.channel(slug, leased.channel)
            let (statements, ids) = try mail.rows(
                message, to: recipients.addresses, of: (organization, try row("name")), settings: place, at: now)
            let sending: Query = """
                UPDATE deliveries SET outbox_ids = \(ids), status = 'sending', leased_until = NULL, error = \(recipients.omission),
                    next_try_at = \(now.adding(.seconds(1)))
                WHERE organization_id = \(organization) AND id = \(leased.id) AND leased_until = \(leased.leasedUntil)
                """
            // Whose lease was lost puts nothing into the outbox: another does.
            guard try await transaction.query(sending).affected == 1 else { return [] }
            return try await transaction.batch(statements + [free(leased)])
        }
        Failpoint.mailQueued.reached()
    }

    private func over(_ leased: LeasedDelivery, _ reason: String, at now: Timestamp) -> Query {
        """
        UPDATE deliveries SET status = 'failed', next_try_at = NULL, leased_until = NULL, finished_at = \(now), error = \(reason)
        WHERE organization_id = \(leased.organization) AND id = \(leased.id) AND leased_until = \(leased.leasedUntil)
        """
    }

    private func free(_ leased: LeasedDelivery) -> Query {
        """
        UPDATE channels SET leased_until = NULL
        WHERE organization_id = \(leased.organization) AND id = \(leased.channel) AND leased_until = \(leased.leasedUntil)
        """
    }
}
