/// What stands around every page.
struct Chrome: Sendable {
    /// One position of the theme switch.
    struct ThemeButton: Sendable { let themeValue, themeLabel, isPressed: String }

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

    let landingPath = Paths.landing
    let statusPath = Paths.status
    let apiDocsPath = Paths.apiDocs
    let themePath = Paths.theme
    let signInPath = Paths.signIn
    let signUpPath = Paths.signUp

    /// `hasAlarm`: something that the page shows is failing.
    init(title: String, body: String, assets: Assets, viewer: Viewer, hasAlarm: Bool = false) {
        (self.title, self.body, stylesheet, script) = (title, body, assets.stylesheet.url, assets.script.url)
        icon = assets.icon(hasAlarm: hasAlarm)
        streamPath = viewer.streamPath
        hasStream = !streamPath.isEmpty
        isSystemTheme = viewer.theme == .system
        isLightTheme = viewer.theme == .light
        isDarkTheme = viewer.theme == .dark
        themeButtons = Theme.allCases.map { theme in
            let label = theme.rawValue.prefix(1).uppercased() + theme.rawValue.dropFirst()
            return ThemeButton(themeValue: theme.rawValue, themeLabel: label, isPressed: theme == viewer.theme ? "true" : "false")
        }
        (flash, hasFlash) = (viewer.flash, !viewer.flash.isEmpty)
        (viewerToken, viewerPlace) = (viewer.formToken, viewer.place)
        navigation = viewer.navigation.map { [$0] } ?? []
        isVisitor = navigation.isEmpty
    }
}
