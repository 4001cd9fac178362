import JSON
import Postgres
import Scheduling
import TestSupport

@testable import Prikke
@testable import Tenancy

extension Cast {
    /// A route's path for a caller, with fresh rows in the place of its braces: such as are there to be found by whoever may.
    func path(_ route: String, for caller: Caller) async throws -> String {
        var path = route
        for match in route.matches(of: /\{([a-z]+)\}/) {
            path = path.replacing("{\(match.1)}", with: try await value(String(match.1), in: route, for: caller))
        }
        return path
    }

    private func value(_ parameter: String, in route: String, for caller: Caller) async throws -> String {
        let isPerson = ["Charlie", "removed", "Victor", "Bob", "Adam", "Alice"].contains(caller.name)
        let person = isPerson ? caller.name : "Victor"
        switch parameter {
        case "slug": return acme.organization.slug
        case "member": return try await member(of: acme.organization)
        case "key": return try await key().id.text
        case "session": return try await session(of: person)
        case "job" where route.hasSuffix("/test"): return try await jobThatCallsNobody().id.text
        case "job" where route.hasSuffix("/{job}/restore"):
            let job = try await job()
            try await house.services.jobs.delete(.id(job.id), for: access)
            return job.id.text
        case "job": return try await job().id.text
        case "execution" where route.contains("{attempt}"): return try await answeredExecution()
        case "execution": return try await execution()
        case "attempt": return "1"
        case "channel": return try await channel().id.text
        case "incident": return try await incident()
        case "delivery": return try await delivery()
        case "organization": return try await deletedOrganization(ownedBy: "Alice")
        case "invite" where route.hasPrefix("/invites/"):
            return try await invite(to: email(of: person), by: "Charlie", of: globex.organization).token
        case "invite": return try await invite(of: acme.organization).id
        case "token" where route.contains("/confirm/"): return try await channelToken(isConfirmed: false)
        case "token" where route.contains("/leave/"): return try await channelToken(isConfirmed: true)
        case "token" where route.hasPrefix("/users/"): return try await link("sign_in", of: caller)
        case "token":
            let purpose = route.contains("address-back") ? "old_address" : "new_address"
            return try await link(purpose, of: self[person])
        case "mail": return try await house.mails().last?.mail.id.text ?? ""
        case "sample": return "alert"
        case "name": return "prikke.css"
        case "behaviour": return "ok"
        case "document": return "cron"
        case "resource": return "jobs"
        case "code": return "not_found"
        default: throw NeverHappened("no test knows what {\(parameter)} stands for")
        }
    }
}
