import HTTPTypes
import Hummingbird
import Logging

/// The web framework by itself: it reads each body and answers as many bytes as the API does. Also what the benchmark's jobs call.
enum Ceiling {
    private static let answer = ByteBuffer(repeating: UInt8(ascii: " "), count: 1_400)

    static func run(port: Int) async throws {
        let router = Router()
        router.on("**", method: .post) { request, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .created, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        router.get("**") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        var logger = Logger(label: "ceiling")
        logger.logLevel = .error
        let configuration = ApplicationConfiguration(address: .hostname("127.0.0.1", port: port))
        try await Application(router: router, configuration: configuration, logger: logger).runService()
    }
}
