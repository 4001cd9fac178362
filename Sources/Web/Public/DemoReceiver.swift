import HTTPTypes
import Hummingbird

/// A small target for the demo organization's jobs, so that a newcomer sees results without internet. In development only.
public enum DemoReceiver {
    /// Jobs may call the program itself below this path, and nowhere else.
    public static let path = "/demo/"

    /// `ok` answers at once, `slow` after a while, `flaky` with 503 now and then.
    @Sendable static func answer(_ request: Request, _ context: VisitorContext) async throws -> Response {
        switch context.parameters.get("behaviour") {
        case "ok": return text("ok", .ok)
        case "slow":
            try await Task.sleep(for: .milliseconds(.random(in: 300...900)))
            return text("slow, but ok", .ok)
        case "flaky": return Int.random(in: 0..<4) == 0 ? text("try again", .serviceUnavailable) : text("ok this time", .ok)
        default: throw Problem.notFound
        }
    }

    private static func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
