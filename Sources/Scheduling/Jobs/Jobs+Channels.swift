import JSON
import Postgres
import Tenancy

/// The channels that jobs name are the organization's own: an id of somebody else's is as good as none.
extension Jobs {
    /// Those of these definitions that name a channel which is not there, with what is wrong. What `old` named already is let be: it may
    /// have been deleted since.
    func faults(
        inChannelsOf definitions: [(new: JobDefinition, old: JobDefinition?)], for access: Access, over runner: (any QueryRunner)? = nil
    ) async throws -> [Int: InvalidInput] {
        let named = definitions.map { pair in
            let before = Set(pair.old?.alertChannels ?? [])
            return pair.new.alertChannels.map { before.contains($0) ? nil : $0 }
        }
        let ids = Set(named.joined().compactMap(\.self)).compactMap { ID<Channel>($0) }
        var known: Set<String> = []
        if !ids.isEmpty {
            let rows = try await (runner ?? database).query(
                """
                SELECT id FROM channels
                WHERE organization_id = \(access.organization.id) AND id = ANY (\(ids)) AND deleted_at IS NULL
                """)
            known = Set(try rows.map { try $0("id", as: ID<Channel>.self).text })
        }
        var faults: [Int: InvalidInput] = [:]
        for (index, channels) in named.enumerated() {
            let errors = channels.enumerated().compactMap { place, id -> FieldError? in
                guard let id, !known.contains(id) else { return nil }
                let detail = "There is no such channel. Use the id of one of yours, chn_…, or leave channels out for all of them."
                return FieldError(pointer: "/alerts/channels/\(place)", code: "unknown_channel", detail: detail)
            }
            if !errors.isEmpty { faults[index] = InvalidInput(errors: errors) }
        }
        return faults
    }

    /// Throws what is wrong with one.
    func checkChannels(
        of new: JobDefinition, changing old: JobDefinition? = nil, for access: Access, over runner: (any QueryRunner)? = nil
    ) async throws {
        if let fault = try await faults(inChannelsOf: [(new, old)], for: access, over: runner)[0] { throw fault }
    }
}

extension JobDefinition {
    /// The channels that it names itself.
    var alertChannels: [String] { (alerts["channels"]?.array ?? []).compactMap(\.string) }
}
