import HTTPTypes
import Hummingbird
import JSON

/// What the API is, for programs and for people: all of it made of the operations themselves. Anybody may see it.
struct DocsPages: Sendable {
    private let api: API
    private let pages: Pages
    private let openAPI: Document
    private let editorSchema: Document

    /// JSON that is the same until the next release.
    private struct Document: Sendable {
        let bytes: [UInt8]
        let tag: String

        init(_ json: JSON) {
            bytes = json.bytes()
            tag = "\"\(Assets.fingerprint(bytes))\""
        }

        @Sendable func answer(_ request: Request, _ context: VisitorContext) throws -> Response {
            let headers: HTTPFields = [.contentType: "application/json", .eTag: tag, .cacheControl: "public, no-cache"]
            if try EntityTags(.ifNoneMatch, in: request.headers)?.contain(tag, weakly: true) ?? false {
                return Response(status: .notModified, headers: headers)
            }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }

    init(_ site: Site, pages: Pages) {
        (api, self.pages) = (site.api, pages)
        openAPI = Document(OpenAPI(site.api, url: site.url, version: site.about().version).json)
        editorSchema = Document(site.editorSchema)
    }

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(OpenAPI.path), use: openAPI.answer)
        router.get(RouterPath(Paths.editorSchema), use: editorSchema.answer)
        router.get(RouterPath(Paths.apiDocs), use: contents)
        router.get(RouterPath(Paths.apiDocsOfResource), use: resource)
        router.get(RouterPath(Paths.errorPages), use: codes)
        router.get(RouterPath(Paths.errorPage), use: code)
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
