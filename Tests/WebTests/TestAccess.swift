@testable import Tenancy

/// Somebody who may do this, in Acme.
func access(_ scopes: Set<Scope>) -> Access {
    let entitlements = Entitlements(
        plan: "business", jobs: nil, executionsPerMonth: nil, shortestIntervalSeconds: 1, keepDays: 90, members: nil, concurrency: 50,
        timeoutSeconds: 900, plugins: nil
    )
    let acme = Organization(
        id: .init(), name: "Acme", slug: "acme", timezone: "UTC", createdAt: .init(microseconds: 0), entitlements: entitlements)
    return Access(organization: acme, actor: .system, scopes: scopes, origin: Origin(.api))
}
