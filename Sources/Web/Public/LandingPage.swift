/// What Prikke is, for a stranger.
struct LandingPage: Page {
    static let template = "landing"
    static let samples = [LandingPage(hasDemo: true, isVisitor: true), LandingPage(hasDemo: false, isVisitor: false)]

    let title = "Prikke: your URL, called on time"
    let hasDemo: Bool
    /// Who looks on is not signed in.
    let isVisitor: Bool
    let demoPath = Paths.demo
    let signUpPath = Paths.signUp
    let signInPath = Paths.signIn
    let dashboardPath = Paths.dashboard
}
