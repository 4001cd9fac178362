/// What each route answers whom. A route that is not here, and a line without a route, fail `EveryRouteTests`.
///
/// `in` is 303 to the page to sign in on; 303 leads elsewhere. Forms are sent empty but for their token, bodies of the API as `{}`: who
/// may do a thing is told what is missing (422), or does it to a row made for the purpose.
enum RouteTable {
    /// Whose answers have no end.
    static let endless: Set = ["/api/events", "/{slug}/stream"]

    /// Who asks for pages, in the table's order. Whoever comes with a key is nobody there.
    static let visitors = ["nobody", "Charlie", "removed", "Victor", "Bob", "Adam", "Alice", "expired"]

    static let pages = """
        # method and path                                 nobody Charlie removed Victor Bob Adam Alice expired
        GET  /                                            200    200     200     200    200 200  200   200
        GET  /status                                      200    200     200     200    200 200  200   200
        GET  /demo                                        200    200     200     200    200 200  200   200
        POST /demo                                        303    303     303     303    303 303  303   303
        GET  /demo/{behaviour}                            200    200     200     200    200 200  200   200
        POST /demo/{behaviour}                            200    200     200     200    200 200  200   200
        GET  /dev/mailbox                                 200    200     200     200    200 200  200   200
        GET  /dev/mailbox/{mail}                          200    200     200     200    200 200  200   200
        GET  /dev/mailbox/{mail}/html                     200    200     200     200    200 200  200   200
        GET  /dev/mails                                   200    200     200     200    200 200  200   200
        GET  /dev/mails/{sample}                          200    200     200     200    200 200  200   200
        GET  /dev/mails/{sample}/html                     200    200     200     200    200 200  200   200
        POST /webhooks/mailjet                            401    401     401     401    401 401  401   401
        GET  /assets/{name}                               200    200     200     200    200 200  200   200
        POST /theme                                       422    422     422     422    422 422  422   422
        GET  /health                                      200    200     200     200    200 200  200   200
        GET  /schemas/prikke.json                         200    200     200     200    200 200  200   200
        GET  /robots.txt                                  200    200     200     200    200 200  200   200
        GET  /sitemap.xml                                 200    200     200     200    200 200  200   200
        GET  /llms.txt                                    200    200     200     200    200 200  200   200
        GET  /favicon.ico                                 200    200     200     200    200 200  200   200
        GET  /docs                                        200    200     200     200    200 200  200   200
        GET  /docs/{document}                             200    200     200     200    200 200  200   200
        GET  /docs/api                                    200    200     200     200    200 200  200   200
        GET  /docs/api/{resource}                         200    200     200     200    200 200  200   200
        GET  /docs/errors                                 200    200     200     200    200 200  200   200
        GET  /docs/errors/{code}                          200    200     200     200    200 200  200   200
        GET  /livez                                       200    200     200     200    200 200  200   200
        GET  /metrics                                     200    200     200     200    200 200  200   200

        GET  /users/register                              200    200     200     200    200 200  200   200
        POST /users/register                              422    422     422     422    422 422  422   422
        GET  /users/log-in                                200    200     200     200    200 200  200   200
        POST /users/log-in                                422    422     422     422    422 422  422   422
        GET  /users/log-in/sent                           200    200     200     200    200 200  200   200
        POST /users/log-in/code                           422    422     422     422    422 422  422   422
        GET  /users/log-in/{token}                        200    200     200     200    200 200  200   200
        POST /users/log-in/{token}                        303    303     303     303    303 303  303   303
        POST /users/log-out                               303    303     303     303    303 303  303   303

        GET  /dashboard                                   in     303     303     303    303 303  303   in
        GET  /jobs                                        in     303     303     303    303 303  303   in
        GET  /account                                     in     200     200     200    200 200  200   in
        POST /account/address                             in     422     422     422    422 422  422   in
        GET  /account/address/{token}                     200    200     200     200    200 200  200   200
        POST /account/address/{token}                     in     303     303     303    303 303  303   in
        POST /account/sessions/{session}/end              in     303     303     303    303 303  303   in
        POST /account/sessions/end-others                 in     303     303     303    303 303  303   in
        POST /account/sessions/end-all                    in     in      in      in     in  in   in    in
        GET  /account/export                              in     200     200     200    200 200  200   in
        GET  /account/delete                              in     200     200     200    200 200  200   in
        POST /account/delete                              in     422     422     422    422 422  422   in
        GET  /account/address-back/{token}                200    200     200     200    200 200  200   200
        POST /account/address-back/{token}                422    422     422     422    422 422  422   422
        GET  /organizations/new                           in     200     200     200    200 200  200   in
        POST /organizations                               in     422     422     422    422 422  422   in
        POST /organizations/{organization}/restore        in     404     404     404    404 404  303   in
        GET  /invites                                     in     200     200     200    200 200  200   in
        GET  /invites/{invite}                            200    200     200     200    200 200  200   200
        POST /invites/{invite}/accept                     in     303     303     303    303 303  303   in
        POST /invites/{invite}/decline                    in     303     303     303    303 303  303   in

        GET  /channels/confirm/{token}                    200    200     200     200    200 200  200   200
        POST /channels/confirm/{token}                    303    303     303     303    303 303  303   303
        GET  /channels/leave/{token}                      200    200     200     200    200 200  200   200
        POST /channels/leave/{token}                      303    303     303     303    303 303  303   303
        POST /webhooks/leave/{token}                      204    204     204     204    204 204  204   204

        GET  /{slug}                                      in     404     404     200    200 200  200   in
        GET  /{slug}/stream                               in     404     404     200    200 200  200   in
        GET  /{slug}/jobs                                 in     404     404     200    200 200  200   in
        POST /{slug}/jobs/bulk                            in     404     404     403    422 422  422   in
        GET  /{slug}/jobs/{job}                           in     404     404     200    200 200  200   in
        POST /{slug}/jobs/{job}/run                       in     404     404     403    303 303  303   in
        POST /{slug}/jobs/{job}/pause                     in     404     404     403    303 303  303   in
        POST /{slug}/jobs/{job}/resume                    in     404     404     403    303 303  303   in
        POST /{slug}/jobs/{job}/clone                     in     404     404     403    303 303  303   in
        POST /{slug}/jobs/{job}/restore                   in     404     404     403    303 303  303   in
        GET  /{slug}/jobs/{job}/delete                    in     404     404     403    200 200  200   in
        POST /{slug}/jobs/{job}/delete                    in     404     404     403    303 303  303   in
        GET  /{slug}/jobs/new                             in     404     404     403    200 200  200   in
        POST /{slug}/jobs/new                             in     404     404     403    422 422  422   in
        POST /{slug}/jobs/preview                         in     404     404     403    200 200  200   in
        POST /{slug}/jobs/test                            in     404     404     403    422 422  422   in
        GET  /{slug}/jobs/{job}/edit                      in     404     404     403    200 200  200   in
        POST /{slug}/jobs/{job}/edit                      in     404     404     403    303 303  303   in
        GET  /{slug}/executions                           in     404     404     200    200 200  200   in
        GET  /{slug}/executions/replay                    in     404     404     403    200 200  200   in
        POST /{slug}/executions/replay                    in     404     404     403    303 303  303   in
        GET  /{slug}/executions/{execution}               in     404     404     200    200 200  200   in
        GET  /{slug}/executions/{execution}/attempts/{attempt}/response in 404 404 200 200 200 200 in
        POST /{slug}/executions/{execution}/retry         in     404     404     403    303 303  303   in
        POST /{slug}/executions/{execution}/cancel        in     404     404     403    303 303  303   in
        POST /{slug}/executions/{execution}/reschedule    in     404     404     403    422 422  422   in
        GET  /{slug}/alerts                               in     404     404     200    200 200  200   in
        GET  /{slug}/alerts/incidents/{incident}          in     404     404     200    200 200  200   in
        POST /{slug}/alerts/incidents/{incident}/mute     in     404     404     403    303 303  303   in
        POST /{slug}/alerts/incidents/{incident}/unmute   in     404     404     403    303 303  303   in
        GET  /{slug}/alerts/channels                      in     404     404     200    200 200  200   in
        GET  /{slug}/alerts/channels/new                  in     404     404     403    403 200  200   in
        POST /{slug}/alerts/channels/new                  in     404     404     403    403 422  422   in
        GET  /{slug}/alerts/channels/{channel}            in     404     404     200    200 200  200   in
        POST /{slug}/alerts/channels/{channel}            in     404     404     403    403 303  303   in
        POST /{slug}/alerts/channels/{channel}/test       in     404     404     403    403 303  303   in
        POST /{slug}/alerts/channels/{channel}/switch     in     404     404     403    403 303  303   in
        POST /{slug}/alerts/channels/{channel}/ask        in     404     404     403    403 303  303   in
        POST /{slug}/alerts/channels/{channel}/release    in     404     404     403    403 422  422   in
        GET  /{slug}/alerts/channels/{channel}/delete     in     404     404     403    403 200  200   in
        POST /{slug}/alerts/channels/{channel}/delete     in     404     404     403    403 303  303   in
        POST /{slug}/alerts/deliveries/{delivery}/resend  in     404     404     403    403 303  303   in
        GET  /{slug}/members                              in     404     404     200    200 200  200   in
        GET  /{slug}/members/{member}                     in     404     404     403    403 200  200   in
        POST /{slug}/members/{member}/role                in     404     404     403    403 422  422   in
        GET  /{slug}/members/{member}/remove              in     404     404     403    403 200  200   in
        POST /{slug}/members/{member}/remove              in     404     404     403    403 303  303   in
        GET  /{slug}/members/{member}/transfer            in     404     404     403    403 403  200   in
        POST /{slug}/members/{member}/transfer            in     404     404     403    403 403  303   in
        GET  /{slug}/leave                                in     404     404     200    200 200  200   in
        POST /{slug}/leave                                in     404     404     303    303 303  303   in
        POST /{slug}/invites                              in     404     404     403    403 422  422   in
        POST /{slug}/invites/{invite}/resend              in     404     404     403    403 303  303   in
        POST /{slug}/invites/{invite}/revoke              in     404     404     403    403 303  303   in
        GET  /{slug}/keys                                 in     404     404     403    403 200  200   in
        POST /{slug}/keys                                 in     404     404     403    403 422  422   in
        GET  /{slug}/keys/{key}                           in     404     404     403    403 200  200   in
        POST /{slug}/keys/{key}/rotate                    in     404     404     403    403 200  200   in
        GET  /{slug}/keys/{key}/revoke                    in     404     404     403    403 200  200   in
        POST /{slug}/keys/{key}/revoke                    in     404     404     403    403 303  303   in
        GET  /{slug}/audit-log                            in     404     404     403    403 200  200   in
        GET  /{slug}/audit-log/export                     in     404     404     403    403 200  200   in
        GET  /{slug}/settings                             in     404     404     403    403 200  200   in
        POST /{slug}/settings                             in     404     404     403    403 303  303   in
        POST /{slug}/settings/slug                        in     404     404     403    403 303  303   in
        POST /{slug}/settings/signing-secret              in     404     404     403    403 200  200   in
        GET  /{slug}/settings/export                      in     404     404     403    403 200  200   in
        GET  /{slug}/settings/delete                      in     404     404     403    403 403  200   in
        POST /{slug}/settings/delete                      in     404     404     403    403 403  422   in
        """

    /// Who asks the API: each of Acme's keys has one scope, Charlie's has all of them, elsewhere. Whoever comes with a session alone is
    /// nobody there.
    static let programs = ["nobody", "Charlie’s key", "revoked key", "key to read", "key to write", "key to manage"]

    static let api = """
        # method and path                                 nobody Charlie revoked read write manage
        GET    /api/openapi.json                          200    200     200     200  200   200
        GET    /api/jobs                                  401    200     401     200  403   403
        POST   /api/jobs                                  401    422     401     403  422   403
        POST   /api/jobs/batch                            401    422     401     403  422   403
        PUT    /api/sync                                  401    422     401     403  422   403
        POST   /api/sync/plan                             401    422     401     403  422   403
        GET    /api/jobs/{job}                            401    404     401     200  403   403
        PATCH  /api/jobs/{job}                            401    404     401     403  200   403
        DELETE /api/jobs/{job}                            401    404     401     403  204   403
        POST   /api/jobs/{job}/pause                      401    404     401     403  200   403
        POST   /api/jobs/{job}/resume                     401    404     401     403  200   403
        POST   /api/jobs/{job}/trigger                    401    404     401     403  202   403
        POST   /api/jobs/{job}/clone                      401    404     401     403  201   403
        POST   /api/jobs/{job}/restore                    401    404     401     403  200   403
        POST   /api/jobs/{job}/test                       401    404     401     403  200   403
        POST   /api/test                                  401    422     401     403  422   403
        GET    /api/events                                401    200     401     200  403   403
        GET    /api/jobs/{job}/executions                 401    404     401     200  403   403
        GET    /api/jobs/{job}/preview                    401    404     401     200  403   403
        POST   /api/preview                               401    422     401     422  403   403
        GET    /api/executions                            401    200     401     200  403   403
        GET    /api/executions/{execution}                401    404     401     200  403   403
        GET    /api/executions/{execution}/attempts/{attempt}/response 401 404 401  200  403   403
        POST   /api/executions/{execution}/cancel         401    404     401     403  200   403
        POST   /api/executions/{execution}/reschedule     401    404     401     403  422   403
        POST   /api/executions/{execution}/retry          401    404     401     403  409   403
        POST   /api/executions/replay                     401    202     401     403  202   403
        GET    /api/incidents                             401    200     401     200  403   403
        GET    /api/incidents/{incident}                  401    404     401     200  403   403
        POST   /api/incidents/{incident}/mute             401    404     401     403  200   403
        POST   /api/incidents/{incident}/unmute           401    404     401     403  200   403
        GET    /api/channels                              401    200     401     200  403   403
        POST   /api/channels                              401    422     401     403  403   422
        GET    /api/channels/{channel}                    401    404     401     200  403   403
        PATCH  /api/channels/{channel}                    401    404     401     403  403   200
        DELETE /api/channels/{channel}                    401    404     401     403  403   204
        POST   /api/channels/{channel}/test               401    404     401     403  403   202
        GET    /api/channels/{channel}/deliveries         401    404     401     200  403   403
        GET    /api/deliveries/{delivery}                 401    404     401     200  403   403
        POST   /api/deliveries/{delivery}/resend          401    404     401     403  403   202
        GET    /api/usage                                 401    200     401     200  403   403
        GET    /api/organization                          401    200     401     200  403   403
        PATCH  /api/organization                          401    200     401     403  403   200
        GET    /api/signing-secrets                       401    200     401     403  403   200
        POST   /api/signing-secrets                       401    201     401     403  403   201
        GET    /api/members                               401    200     401     200  403   403
        GET    /api/members/{member}                      401    404     401     200  403   403
        PATCH  /api/members/{member}                      401    404     401     403  403   422
        DELETE /api/members/{member}                      401    404     401     403  403   204
        GET    /api/invites                               401    200     401     403  403   200
        POST   /api/invites                               401    422     401     403  403   422
        GET    /api/invites/{invite}                      401    404     401     403  403   200
        POST   /api/invites/{invite}/resend               401    404     401     403  403   202
        DELETE /api/invites/{invite}                      401    404     401     403  403   204
        GET    /api/api-keys                              401    200     401     403  403   200
        POST   /api/api-keys                              401    422     401     403  403   422
        GET    /api/api-keys/{key}                        401    404     401     403  403   200
        POST   /api/api-keys/{key}/rotate                 401    404     401     403  403   200
        DELETE /api/api-keys/{key}                        401    404     401     403  403   204
        GET    /api/audit-log                             401    200     401     403  403   200
        """

    struct Line: Sendable {
        let method: String
        let path: String
        /// What is answered, in the order of the callers.
        let expected: [String]

        var name: String { "\(method) \(path)" }
        var isAPI: Bool { path.hasPrefix("/api/") }
    }

    static let lines = (pages + "\n" + api).split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
        .map { line in
            let words = line.split(separator: " ").map(String.init)
            return Line(method: words[0], path: words[1], expected: Array(words.dropFirst(2)))
        }
}
