/// What stands around every page.
struct Chrome: Sendable {
    /// One position of the theme switch.
    struct ThemeButton: Sendable { let themeValue, themeLabel, isPressed: String }
    /// Links that belong together, at the foot of pages for everybody.
    struct MapPart: Sendable {
        let mapLabel: String
        let mapLinks: [Navigation.Link]
    }

    let title: String
    let stylesheet: String
    let icon: String
    let script: String
    /// Where the page hears of what happens; empty: nothing happens to what it shows.
    let streamPath: String
    let hasStream: Bool
    let body: String

    let isSystemTheme: Bool
    let isLightTheme: Bool
    let isDarkTheme: Bool
    let themeButtons: [ThemeButton]

    let hasFlash: Bool
    let flash: String

    /// For the forms of the layout.
    let viewerToken: String
    let viewerPlace: String

    let isVisitor: Bool
    /// One, or none.
    let navigation: [Navigation]

    /// For pages that are for everybody: what the page is about, its one address, and the picture that stands for it elsewhere.
    let isPublic: Bool
    let pageDescription: String
    let canonicalURL: String
    let cardURL: String
    let siteMap: [MapPart]
    /// Of the documentation, on its pages.
    let hasDocsLinks: Bool
    let docsLinks: [Navigation.Link]

    let landingPath = Paths.landing
    let statusPath = Paths.status
    let docsPath = Paths.docs
    let themePath = Paths.theme
    let signInPath = Paths.signIn
    let signUpPath = Paths.signUp

    /// `hasAlarm`: something that the page shows is failing. `description`: what the page is about, where it is for everybody.
    init(
        title: String, body: String, assets: Assets, viewer: Viewer, hasAlarm: Bool = false, description: String = "", siteURL: String = ""
    ) {
        (self.title, self.body, stylesheet, script) = (title, body, assets.stylesheet.url, assets.script.url)
        icon = assets.icon(hasAlarm: hasAlarm || viewer.hasAlarm)
        streamPath = viewer.streamPath
        hasStream = !streamPath.isEmpty
        isSystemTheme = viewer.theme == .system
        isLightTheme = viewer.theme == .light
        isDarkTheme = viewer.theme == .dark
        themeButtons = Theme.allCases.map { theme in
            let label = theme.rawValue.capitalizedFirst
            return ThemeButton(themeValue: theme.rawValue, themeLabel: label, isPressed: theme == viewer.theme ? "true" : "false")
        }
        (flash, hasFlash) = (viewer.flash, !viewer.flash.isEmpty)
        (viewerToken, viewerPlace) = (viewer.formToken, viewer.place)
        navigation = viewer.navigation.map { [$0] } ?? []
        isVisitor = navigation.isEmpty
        let path = String(viewer.place.prefix { $0 != "?" })
        (pageDescription, isPublic) = (description, !description.isEmpty)
        (canonicalURL, cardURL) = (siteURL + path, siteURL + assets.socialCard.url)
        siteMap = isPublic ? SiteMap.parts(at: path, isVisitor: isVisitor) : []
        docsLinks = path == Paths.docs || path.hasPrefix(Paths.docs + "/") ? SiteMap.docs(at: path) : []
        hasDocsLinks = !docsLinks.isEmpty
    }
}
