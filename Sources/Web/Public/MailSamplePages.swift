import HTTPTypes
import Hummingbird
import Mail

/// Each mail that Prikke sends, with invented content: for whoever changes one. In development only.
struct MailSamplePages: Sendable {
    let samples: [MailSample]
    let views: Views
    let assets: Assets

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.mailSamples), use: list)
        router.get(RouterPath(Paths.mailSample), use: sample)
        router.get(RouterPath(Paths.mailSampleHTML), use: part)
    }

    @Sendable func list(_ request: Request, _ context: VisitorContext) async throws -> Response {
        let page = MailboxPage(samples)
        return MailboxPages.answer(views.html(page, assets: assets, viewer: context.viewer), MailboxPages.listPolicy)
    }

    @Sendable func sample(_ request: Request, _ context: VisitorContext) async throws -> Response {
        let page = MailPage(try find(context))
        return MailboxPages.answer(views.html(page, assets: assets, viewer: context.viewer), MailboxPages.listPolicy)
    }

    @Sendable func part(_ request: Request, _ context: VisitorContext) async throws -> Response {
        MailboxPages.answer(try find(context).mail.html, MailboxPages.partPolicy)
    }

    private func find(_ context: VisitorContext) throws -> MailSample {
        guard let sample = samples.first(where: { $0.name == context.parameters.get("sample") }) else { throw Problem.notFound }
        return sample
    }
}
