import ServiceLifecycle

/// A service under the name of its type. A service group calls each by its description, and that of a struct is all that it holds, read
/// out by reflection: it took half of the time in which a server starts, and what is read out might be logged.
public struct NamedService: Service, CustomStringConvertible {
    private let service: any Service
    /// The name of its type.
    public let description: String

    /// Does what `service` does.
    public init(_ service: any Service) {
        self.service = service
        description = "\(type(of: service))"
    }

    /// Ends when the service does.
    public func run() async throws { try await service.run() }
}
