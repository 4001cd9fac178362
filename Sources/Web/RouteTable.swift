import HTTPTypes
import Hummingbird

/// Which methods each path answers. The router itself says only "not found", for an unknown path and for a wrong method.
struct RouteTable: Sendable {
    let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    init(_ routes: [Router<VisitorContext>.RouteDescription]) {
        self.routes = routes.map { ($0.path, $0.method) }
    }

    /// The methods that would be answered at this path, GET together with HEAD, in alphabetical order; empty for a path
    /// that nothing answers.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        let matching = routes.filter { $0.path.count == parts.count && zip($0.path, parts).allSatisfy { $0 ~= $1 } }
        let methods = Set(matching.map(\.method.rawValue))
        return methods.union(methods.contains("GET") ? ["HEAD"] : []).sorted()
    }
}
