/// What a person is in an organization, from most to least.
public enum Role: String, Sendable, CaseIterable {
    case owner, admin, member, viewer

    private var rank: Int { Self.allCases.count - (Self.allCases.firstIndex(of: self) ?? 0) }

    /// Whether this one may do all that the other may.
    public func isAtLeast(_ other: Role) -> Bool { rank >= other.rank }
}

/// What a key may do. A key carries a set of them; none implies another.
public enum Scope: String, Sendable, CaseIterable {
    /// Look at everything but secrets.
    case read
    /// Create, change, run and delete jobs.
    case write
    /// Members, keys, channels, settings.
    case manage
}

/// Something that may be done in an organization. Every route, page and API alike, names the one that it needs; who has it is said
/// here and nowhere else.
public enum Permission: Sendable, CaseIterable {
    case seeJobs
    case changeJobs
    case seeAlerts
    case muteIncidents
    case changeChannels
    case seeOrganization
    case seeMembers
    case manageMembers
    case manageKeys
    case changeSettings
    case seeAuditLog
    case manageBilling
    case transferOwnership
    case deleteOrganization

    /// The least role that has it, and the scope that a key needs for it; nil: no key, for what takes a person who has just signed in.
    private var rule: (least: Role, scope: Scope?) {
        switch self {
        case .seeJobs: (.viewer, .read)
        case .changeJobs: (.member, .write)
        case .seeAlerts: (.viewer, .read)
        case .muteIncidents: (.member, .write)
        case .changeChannels: (.admin, .manage)
        case .seeOrganization: (.viewer, .read)
        case .seeMembers: (.viewer, .read)
        case .manageMembers: (.admin, .manage)
        case .manageKeys: (.admin, .manage)
        case .changeSettings: (.admin, .manage)
        case .seeAuditLog: (.admin, .manage)
        case .manageBilling: (.owner, nil)
        case .transferOwnership: (.owner, nil)
        case .deleteOrganization: (.owner, nil)
        }
    }

    /// What a key needs for it; nil: no key has it.
    public var scope: Scope? { rule.scope }

    /// Whether a person of this role has it.
    public func belongs(to role: Role) -> Bool { role.isAtLeast(rule.least) }
}
