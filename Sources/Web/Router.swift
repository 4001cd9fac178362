import Hummingbird
import Logging

extension WebServer {
    /// Every route, top to bottom: the table of contents.
    func addRoutes(to router: Router<VisitorContext>) {
        // Pages
        router.get(RouterPath(Paths.landing), use: pages.landing)
        router.get(RouterPath(Paths.status), use: pages.status)
        if site.demo != nil {
            router.get(RouterPath(Paths.demo), use: pages.demo)
            router.get(RouterPath(Paths.demoReceiver), use: DemoReceiver.answer)
            router.post(RouterPath(Paths.demoReceiver), use: DemoReceiver.answer)
        }
        router.get(RouterPath(Paths.asset), use: pages.asset)
        router.post(Paths.theme, form: ThemeSwitch.fields, use: ThemeSwitch.change)

        // For whoever watches over this process
        router.get(RouterPath(Paths.health), use: vitals.health)
        router.get(RouterPath(Paths.liveness), use: vitals.liveness)
        router.get(RouterPath(Paths.metrics), use: vitals.metrics)

        // The API: each operation is one line of its resource's file
        let api = router.group().add(middleware: KeyAuthentication(authenticate: site.authenticate)).group(context: KeyContext.self)
        for operation in site.api.operations { operation.addRoute(to: api) }
    }

    /// The routes behind what every answer needs: outermost first.
    func makeResponder() -> RouterResponder<VisitorContext> {
        let draft = Router(context: VisitorContext.self)
        addRoutes(to: draft)

        let router = Router(context: VisitorContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestLog(logger: logger))
        router.add(middleware: ClientFinder(proxies: configuration.trustedProxies, siteURL: site.url))
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ViewerFinder(tokens: site.formTokens, newBrowserID: site.newBrowserID))
        router.add(middleware: ErrorAnswers(routes: RouteTable(draft.routes), pages: pages, site: site))
        router.add(middleware: OwnCalls())
        router.add(middleware: FormGuard(siteURL: site.url, tokens: site.formTokens))
        addRoutes(to: router)
        return router.buildResponder()
    }
}
