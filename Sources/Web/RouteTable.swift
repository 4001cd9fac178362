import HTTPTypes
import Hummingbird

/// Which methods each path answers. The router itself says only "not found", for an unknown path and for a wrong method.
struct RouteTable: Sendable {
    let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    init(_ routes: [Router<VisitorContext>.RouteDescription]) {
        self.routes = routes.map { ($0.path, $0.method) }
    }

    /// The methods that would be answered at this path, GET together with HEAD, and OPTIONS, in alphabetical order; empty for a path
    /// that nothing answers. As in the router, a word that is declared goes before a parameter: who has `/organizations` does not
    /// have what `/{slug}` answers, nor has who has `/dev/mailbox` for `/dev`. A mailed link is not to be looked at by HEAD.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        var left = routes
        for (place, part) in parts.enumerated() {
            let longer = left.filter { $0.path.count > place }
            let named = longer.filter { Array($0.path)[place].description == part }
            left = named.isEmpty ? longer.filter { Array($0.path)[place] ~= part } : named
        }
        let there = left.filter { $0.path.count == parts.count }
        let methods = Set(there.map(\.method.rawValue))
        let isLink = there.contains { Paths.mailedLinks.contains($0.path.description) }
        guard !methods.isEmpty else { return [] }
        return methods.union(methods.contains("GET") && !isLink ? ["HEAD", "OPTIONS"] : ["OPTIONS"]).sorted()
    }
}
