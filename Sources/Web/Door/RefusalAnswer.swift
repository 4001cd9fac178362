import HTTPTypes
import JSON
import NIOCore

extension Problem {
    /// The whole answer as bytes, for a request that never reached a route: what the middleware would have made of it.
    func bytes(requestID: String, siteURL: String) -> ByteBuffer {
        let body = json(requestID: requestID, siteURL: siteURL).bytes()
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.contentLength] = "\(body.count)"
        fields[.requestID] = requestID
        fields[.connection] = "close"
        for (name, value) in SecurityHeaders.headers(isSecure: siteURL.hasPrefix("https://")) { fields[name] = value }
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
        var buffer = ByteBuffer(string: text + "\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}
