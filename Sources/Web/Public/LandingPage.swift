/// What Prikke is, for a stranger.
struct LandingPage: Page {
    static let template = "landing"
    static let samples = [LandingPage(hasDemo: true), LandingPage(hasDemo: false)]

    let title = "Prikke: your URL, called on time"
    let hasDemo: Bool
    let demoPath = Paths.demo
}
