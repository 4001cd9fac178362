import Hummingbird

/// What the API is, for programs and for people: all of it made of the operations themselves. Anybody may see it.
struct DocsPages: Sendable {
    private let api: API
    private let pages: Pages
    private let openAPI: FixedAnswer
    private let editorSchema: FixedAnswer

    init(_ site: Site, pages: Pages) {
        (api, self.pages) = (site.api, pages)
        openAPI = FixedAnswer(OpenAPI(site.api, url: site.url, version: site.about().version).json.bytes(), type: "application/json")
        editorSchema = FixedAnswer(site.editorSchema.bytes(), type: "application/json")
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
