import JSON
import Postgres
import Tenancy
import Time

/// Making the organization's jobs equal to a document (product.md §12).
extension Jobs {
    /// Holds `document` (let through by `SyncShape.document`) against the jobs there are, and makes them equal, all or nothing; `isPlan`:
    /// only says what it would do. Throws `InvalidInput` with pointers into the document, `Refusal`.
    public func sync(_ document: JSON, isPlan: Bool, for access: Access) async throws -> SyncReport {
        let isPlan = isPlan || document["dry_run"]?.bool ?? false
        let drafts = document["jobs"]?.array ?? []
        try Self.checkKeys(of: drafts)
        return try await unlessKeyIsTaken {
            try await database.transaction { transaction in
                let now = engine.clock.now()
                var sync = try await Sync(drafts, document, of: self, for: access, now: now, isPlan: isPlan, in: transaction)
                if isPlan { return sync.report }
                try sync.checkDeletions(confirmed: document["confirm_delete"]?.int)
                try await sync.write(by: self, in: transaction)
                sync.report.isApplied = true
                return sync.report
            }
        }
    }

    private static func checkKeys(of drafts: [JSON]) throws(InvalidInput) {
        var (seen, errors): ([String: Int], [FieldError]) = ([:], [])
        for (index, draft) in drafts.enumerated() {
            guard let key = draft["key"]?.string else { continue }
            if let first = seen[key] {
                let detail = "The job at /jobs/\(first) has this key already. Choose another, or leave one of them out."
                errors.append(FieldError(pointer: "/jobs/\(index)/key", code: "taken", detail: detail))
            }
            if draft["schedule"]?["delay"] != nil {
                let detail = "A delay counts from each time that the document is synced. Write the instant, as `at`."
                errors.append(FieldError(pointer: "/jobs/\(index)/schedule/delay", code: "not_allowed", detail: detail))
            }
            seen[key] = seen[key] ?? index
        }
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
    }
}
