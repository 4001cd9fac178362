/// Whom mail comes from.
public struct Sender: Sendable, Equatable {
    public let name: String
    public let address: String

    /// Where nobody is named: nothing that really sends takes it.
    public static let development = Sender(checkedName: "Prikke", address: "prikke@localhost")

    /// The name is made one line of at most 60 Unicode scalars. Nil unless there is one, and `address` is an `EmailAddress` or one
    /// at `localhost`, which no mail leaves from.
    public init?(name: String, address: String) {
        let local = address.hasSuffix("@localhost") ? EmailAddress(address + ".localdomain") : nil
        guard let text = EmailAddress(address)?.text ?? local?.text.dropLast(".localdomain".count).description else { return nil }
        let name = PlainText.line(name, longest: 60)
        guard !name.isEmpty else { return nil }
        (self.name, self.address) = (name, text)
    }

    private init(checkedName: String, address: String) { (name, self.address) = (checkedName, address) }
}
