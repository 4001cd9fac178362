import HTTPTypes
import Hummingbird
import Tenancy

/// Finds out who is signed in, what is his, and, on an organization's page, what he may do there. Asked at each request: a session that
/// was ended, a role that was lowered and a member who was removed are so from the next request on.
struct SessionFinder: RouterMiddleware {
    let people: People
    /// So many incidents are open in an organization, for its pages' navigation.
    var openIncidents: @Sendable (Access) async throws -> Int = { _ in 0 }

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        let isPage = !Paths.isForPrograms(request.uri.path) && ![Paths.asset, Paths.theme].contains(context.endpointPath)
        guard isPage, let cookie = Cookies(request, for: context.client)[.session] else { return try await next(request, context) }
        var context = context
        do {
            try await find(cookie, request, &context)
        } catch {
            // Whoever cannot be asked for is not let in.
            context.personIsUnknown = true
            context.logger.error("a session could not be looked up", metadata: ["error": "\(error)"])
        }
        var response = try await next(request, context)
        if let slug = context.access?.organization.slug, Cookies(request, for: context.client)[.organization] != slug {
            response.set(SetCookie(.organization, slug, maxAge: .seconds(90 * 86_400)), for: context.client)
        }
        return response
    }

    private func find(_ cookie: String, _ request: Request, _ context: inout VisitorContext) async throws {
        guard let session = try await people.sessions.find(cookie) else { return }
        async let invites = people.invites.all(for: session.user)
        let memberships = try await people.memberships.all(of: session.user.id)
        let person = Person(session: session, memberships: memberships, invites: try await invites)
        context.person = person
        if let slug = context.parameters.get("slug") {
            let own = memberships.first { $0.organization.slug == slug }
            context.access = own?.access(of: session.user, from: Origin(.page, from: context.client.address))
            if own != nil { context.viewer.streamPath = Paths.filled(Paths.stream, slug) }
            if own == nil, let now = try await people.organizations.slug(after: slug, for: session.user) {
                context.movedTo = "/" + ([now] + request.uri.path.split(separator: "/").dropFirst().map(String.init)).joined(separator: "/")
            }
        }
        var incidents = 0
        if let access = context.access, request.method == .get, context.viewer.fragment.isEmpty {
            incidents = try await openIncidents(access)
        }
        context.viewer.navigation = Navigation(
            email: session.user.email.text,
            organizations: memberships.filter { $0.erasedAt == nil }.map { ($0.organization.name, $0.organization.slug) },
            access: context.access, invites: person.invites.count, incidents: incidents, path: request.uri.path)
    }
}
