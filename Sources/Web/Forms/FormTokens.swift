/// How a form shows that it is a page of ours that sends it: it carries a token made of a secret that the browser keeps in a
/// cookie, which pages of others cannot read.
public struct FormTokens: Sendable {
    /// The token for a browser that keeps `secret`: the value of its session cookie, or of its browser cookie.
    public var make: @Sendable (_ secret: String) -> String

    /// Whether the token was made for that secret; takes as long for every wrong one.
    public var isGood: @Sendable (_ token: String, _ secret: String) -> Bool

    public init(
        make: @escaping @Sendable (_ secret: String) -> String, isGood: @escaping @Sendable (_ token: String, _ secret: String) -> Bool
    ) {
        self.make = make
        self.isGood = isGood
    }

    /// The form's field that carries it.
    static let field = "_token"
}
