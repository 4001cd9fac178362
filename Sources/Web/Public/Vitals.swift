import HTTPTypes
import Hummingbird
import JSON

/// How well everything is, as `/health` tells it.
public struct HealthReport: Sendable {
    /// Whether requests can be answered and jobs run.
    public var isHealthy: Bool

    /// One line per part: `database`, `scheduler`, … and how it is, for a person. Seen by everybody: no addresses, no
    /// versions, no error texts.
    public var parts: [(name: String, state: String)]

    /// The release of the time-zone data that next runs were last computed by; nil: not known. For the status page.
    public var zoneData: String?

    public init(isHealthy: Bool, parts: [(name: String, state: String)] = [], zoneData: String? = nil) {
        self.isHealthy = isHealthy
        self.parts = parts
        self.zoneData = zoneData
    }
}

/// The last report, asked for anew when it is a second old: `/health` needs no key, and whoever asks it a thousand times must
/// not have the database asked as often.
actor RecentHealth {
    private let ask: @Sendable () async -> HealthReport
    private var last: (report: HealthReport, time: ContinuousClock.Instant)?
    private var isAsking = false

    init(_ ask: @escaping @Sendable () async -> HealthReport) { self.ask = ask }

    func report() async -> HealthReport {
        if let last, isAsking || last.time.duration(to: .now) < .seconds(1) { return last.report }
        isAsking = true
        let report = await ask()
        isAsking = false
        last = (report, .now)
        return report
    }
}

/// What load balancers and monitoring ask for.
struct Vitals: Sendable {
    let report: @Sendable () async -> HealthReport
    let metrics: @Sendable () -> String
    let drain: Drain

    /// 200 or 503, and why. A process that is about to stop asks to be left out at once.
    @Sendable func health(_ request: Request, _ context: VisitorContext) async -> Response {
        let report = drain.hasBegun ? HealthReport(isHealthy: false, parts: [("server", "stopping")]) : await report()
        let parts = JSONObject(report.parts.map { ($0.name, JSON.string($0.state)) })
        let json: JSON = ["status": report.isHealthy ? "healthy" : "unhealthy", "parts": .object(parts)]
        return text(json.bytes(), "application/json", report.isHealthy ? .ok : .serviceUnavailable)
    }

    /// 200 as long as the process answers at all; asks nothing of the database, whose outage no restart would mend.
    @Sendable func liveness(_ request: Request, _ context: VisitorContext) -> Response {
        text(Array("ok\n".utf8), "text/plain; charset=utf-8")
    }

    @Sendable func metrics(_ request: Request, _ context: VisitorContext) -> Response {
        text(Array(metrics().utf8), "text/plain; version=0.0.4; charset=utf-8")
    }

    private func text(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
