import HTTPTypes
import Hummingbird
import JSON

/// What the API is, for programs and for people: all of it made of the operations themselves. Anybody may see it.
struct DocsPages: Sendable {
    private let api: API
    private let pages: Pages
    private let document: [UInt8]
    private let tag: String

    /// `url` is where people reach the API.
    init(api: API, url: String, version: String, pages: Pages) {
        (self.api, self.pages) = (api, pages)
        document = OpenAPI(api, url: url, version: version).json.bytes()
        tag = "\"\(Assets.fingerprint(document))\""
    }

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(OpenAPI.path), use: openAPI)
        router.get(RouterPath(Paths.apiDocs), use: contents)
        router.get(RouterPath(Paths.apiDocsOfResource), use: resource)
        router.get(RouterPath(Paths.errorPages), use: codes)
        router.get(RouterPath(Paths.errorPage), use: code)
    }

    @Sendable private func openAPI(_ request: Request, _ context: VisitorContext) -> Response {
        let headers: HTTPFields = [.contentType: "application/json", .eTag: tag, .cacheControl: "public, no-cache"]
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        if known.contains(where: { [tag, "*"].contains($0.trimmingSpaces) }) { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
    }

    @Sendable private func contents(_ request: Request, _ context: VisitorContext) -> Response {
        pages.answer(APIContentsPage(api), to: context.viewer)
    }

    @Sendable private func resource(_ request: Request, _ context: VisitorContext) throws -> Response {
        let word = context.parameters.get("resource")
        guard let resource = API.resources(of: api.operations).first(where: { $0.word == word }) else { throw Problem.notFound }
        return pages.answer(APIResourcePage(resource), to: context.viewer)
    }

    @Sendable private func codes(_ request: Request, _ context: VisitorContext) -> Response {
        pages.answer(ErrorCodesPage(), to: context.viewer)
    }

    @Sendable private func code(_ request: Request, _ context: VisitorContext) throws -> Response {
        guard let page = ErrorCodesPage.page(of: context.parameters.get("code") ?? "") else { throw Problem.notFound }
        return pages.answer(page, to: context.viewer)
    }
}
