import Hummingbird
import Logging

extension WebServer {
    /// Every route, top to bottom: the table of contents.
    func addRoutes(to router: Router<VisitorContext>) {
        // Pages
        router.get(RouterPath(Paths.landing), use: pages.landing)
        router.get(RouterPath(Paths.status), use: pages.status)
        if let demo = site.demo { DemoPages(demo: demo, people: site.people, pages: pages).addRoutes(to: router) }
        if let mailbox = site.mailbox { MailboxPages(mailbox: mailbox, views: pages.views, assets: pages.assets).addRoutes(to: router) }
        if let samples = site.mailSamples {
            MailSamplePages(samples: samples, views: pages.views, assets: pages.assets).addRoutes(to: router)
        }
        router.get(RouterPath(Paths.asset), use: pages.asset)
        RobotsFiles(siteURL: site.url, api: site.api, assets: pages.assets).addRoutes(to: router)
        documents.addRoutes(to: router)
        docs.addRoutes(to: router)
        router.post(Paths.theme, form: ThemeSwitch.fields, use: ThemeSwitch.change)

        if let people = site.people { addRoutes(of: people, to: router) }

        // For whoever watches over this process
        router.get(RouterPath(Paths.health), use: vitals.health)
        router.get(RouterPath(Paths.liveness), use: vitals.liveness)
        router.get(RouterPath(Paths.metrics), use: vitals.metrics)

        // What others tell us
        if let events = site.mailEvents { MailjetWebhook(events: events.door, budget: events.budget).addRoutes(to: router) }

        // The API: each operation is one line of its resource's file
        let api = router.group().add(middleware: authentication).group(context: KeyContext.self)
        for operation in site.api.operations { operation.addRoute(to: api, keeping: site.idempotencyKeys) }
    }

    private var authentication: KeyAuthentication { KeyAuthentication(authenticate: site.authenticate, budget: site.budget) }

    /// What one signs in to: a person's own pages, then those of an organization. An organization's address may be any word, so these
    /// come last, and no other page may begin with one that is not reserved (`Organization.reserved`).
    private func addRoutes(of people: People, to router: Router<VisitorContext>) {
        let mailbox = site.mailbox == nil ? nil : Paths.mailbox
        SignInPages(people: people, pages: pages, mailbox: mailbox).addRoutes(to: router)
        if let work = site.work { ChannelConsent(channels: work.alerts.channels, pages: pages).addRoutes(to: router) }
        let person = router.group(context: PersonContext.self)
        AccountPages(people: people, pages: pages).addRoutes(to: person, visitors: router)
        OrganizationPages(people: people, pages: pages).addRoutes(to: person, visitors: router)

        let member = router.group(context: MemberContext.self)
        if let work = site.work {
            member.add(middleware: AlarmFinder(jobs: work.jobs))
            OverviewPages(work: work, pages: pages, siteURL: site.url).addRoutes(to: member)
            LivePages(events: work.events).addRoutes(to: member)
            JobsPages(work: work, people: people, pages: pages, siteURL: site.url).addRoutes(to: member)
            JobFormPages(work: work, pages: pages).addRoutes(to: member)
            AlertsPages(work: work, pages: pages).addRoutes(to: member)
            ChannelsPages(work: work, people: people, pages: pages).addRoutes(to: member)
            ExecutionsPages(work: work, auditLog: people.auditLog, siteURL: site.url, pages: pages).addRoutes(to: member)
        }
        MembersPages(people: people, pages: pages).addRoutes(to: member)
        KeysPages(people: people, pages: pages).addRoutes(to: member)
        AuditPages(people: people, pages: pages).addRoutes(to: member)
        SettingsPages(people: people, pages: pages, exportJobs: site.exportJobs).addRoutes(to: member)
    }

    /// Every route that is answered: its method, and its path with the parameters in braces. `HEAD`, which each `GET` answers too, is
    /// not named apart.
    public var routes: [(method: String, path: String)] { table.routes.map { ($0.method.rawValue, $0.path.description) } }

    private var table: RouteTable {
        let draft = Router(context: VisitorContext.self)
        addRoutes(to: draft)
        return RouteTable(draft.routes)
    }

    /// The routes behind what every answer needs: outermost first.
    func makeResponder() -> RouterResponder<VisitorContext> {
        let router = Router(context: VisitorContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestLog(logger: logger))
        router.add(middleware: Compression())
        router.add(middleware: ClientFinder(proxies: configuration.trustedProxies, siteURL: site.url))
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ViewerFinder(tokens: site.formTokens, newBrowserID: site.newBrowserID))
        let answers = ErrorAnswers(routes: table, pages: pages, site: site)
        router.add(middleware: answers)
        router.add(middleware: OwnCalls())
        router.add(middleware: UnknownPaths(authentication: authentication))
        // A body may take its time to come in: who is signed in is asked for when it is there.
        router.add(middleware: FormGuard(siteURL: site.url, tokens: site.formTokens))
        if let people = site.people {
            let incidents = site.work?.alerts.incidents
            router.add(
                middleware: SessionFinder(people: people) { access in
                    try await incidents?.openCount(of: access.organization.id) ?? 0
                })
            // Once more, so that a page that says what went wrong still knows who is signed in.
            router.add(middleware: answers)
        }
        addRoutes(to: router)
        return router.buildResponder()
    }
}
