import ArgumentParser
import Foundation

/// Where the server is and who calls, for the commands that are clients of the API. They need no other setting.
struct ClientSettings: ParsableArguments {
    @Option(help: "The server. Default: PRIKKE_URL, else http://127.0.0.1:4000.") var url: String?

    /// The client. The key is never an argument: everybody on the machine can read those.
    /// Throws `ValidationError` with everything that is missing.
    func client(_ values: [String: String] = ProcessInfo.processInfo.environment) throws -> APIClient {
        var environment = Environment(values)
        let base = url ?? environment.text("PRIKKE_URL") ?? "http://127.0.0.1:4000"
        let key = environment.secret("PRIKKE_API_KEY")
        let scheme = base.lowercased()
        if !(scheme.hasPrefix("http://") || scheme.hasPrefix("https://")) || base.contains(where: { $0.isWhitespace || "?#@".contains($0) })
        {
            environment.refuse("\(url == nil ? "PRIKKE_URL" : "--url"): use an address such as https://prikke.example.")
        }
        if key == nil, environment.mistakes.isEmpty {
            environment.refuse(
                "PRIKKE_API_KEY: set it to an API key, or PRIKKE_API_KEY_FILE to a file that holds one (page Settings, API keys).")
        }
        if let key, key.contains(where: { !$0.isASCII || $0.isWhitespace }) {
            environment.refuse("PRIKKE_API_KEY: this is no API key; one is letters, digits and _ alone.")
        }
        guard environment.mistakes.isEmpty, let key else { throw ValidationError(environment.mistakes.joined(separator: "\n")) }
        return APIClient(base: base.hasSuffix("/") ? String(base.dropLast()) : base, key: key)
    }
}
