import Hummingbird
import NIOCore
import Scheduling

/// What happens in an organization, for the pages of it that are open: names only, each page fetches its own parts anew.
struct LivePages: Sendable {
    let events: Events

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.stream, needs: .seeJobs, use: stream)
    }

    /// After this a browser asks again, and is looked at again: whoever is signed out or removed hears nothing from then on.
    private static let longest: Duration = .seconds(50)
    /// So long what happens is gathered: two a second are enough for eyes.
    private static let pause: Duration = .milliseconds(500)

    @Sendable private func stream(_ request: Request, _ context: MemberContext) throws -> Response {
        // A browser sends cookies with what pages of others ask for, too.
        let site = request.headers[values: .secFetchSite]
        guard site.isEmpty || site == ["same-origin"] else { throw Problem.crossSite }
        let stream = try events.open(.names, for: context.access)
        let body = ResponseBody { writer in
            let end = Task {
                try? await Task.sleep(for: Self.longest)
                stream.end()
            }
            defer { end.cancel() }
            // Behind the head, so that the page knows that it is heard.
            try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
            while let first = await stream.next() {
                try await writer.write(ByteBuffer(string: ([first] + stream.rest()).map(\.text).joined()))
                try? await Task.sleep(for: Self.pause)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream", .accelBuffering: "no"], body: body)
    }
}
