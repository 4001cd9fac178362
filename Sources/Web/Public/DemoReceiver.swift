import HTTPTypes
import Hummingbird
import ServiceLifecycle

/// A small target for the demo organization's jobs, so that a newcomer sees results without internet. In development only.
public enum DemoReceiver {
    /// Jobs may call the program itself below this path, and nowhere else.
    public static let path = "/demo/"

    /// How it answers: `flaky` with 503 now and then, `slow` after half a minute, `late` so late that the next execution of a job that
    /// runs every minute cannot start in time, `hang` later than any job waits.
    @Sendable static func answer(_ request: Request, _ context: VisitorContext) async throws -> Response {
        switch context.parameters.get("behaviour") {
        case "ok": return text("ok")
        case "flaky": return Int.random(in: 0..<4) == 0 ? text("try again", .serviceUnavailable) : text("ok this time")
        case "slow": return await text("slow, but ok", after: .seconds(.random(in: 25...45)))
        case "late": return await text("done at last", after: .seconds(140))
        case "hang": return await text("too late", after: .seconds(30))
        case "failing": return text("The upstream did not answer in time.", .gatewayTimeout)
        case "gone": return text("This endpoint was removed. Call /v2/exports.", .gone)
        case "json": return answer(with: Array(document.utf8), "application/json")
        case "binary": return answer(with: Array(0...255), "application/octet-stream")
        case "large": return answer(with: Array(repeating: Array("0123456789abcdef".utf8), count: 25_600).flatMap(\.self), "text/plain")
        default: throw Problem.notFound
        }
    }

    private static let document = """
        {"imported": 1204, "skipped": 3, "took_ms": 182, "warnings": [{"row": 17, "reason": "no <price>"}], "next": null, "ok": true}
        """

    private static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        answer(with: Array(text.utf8), "text/plain; charset=utf-8", status)
    }

    /// A server that is to stop waits for nobody: it answers at once.
    private static func text(_ text: String, after wait: Duration) async -> Response {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: wait) }
        return self.text(text)
    }

    private static func answer(with body: [UInt8], _ type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
