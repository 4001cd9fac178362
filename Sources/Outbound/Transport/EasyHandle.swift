import CCurl

/// One of libcurl's easy handles, used for one transfer after another: what is the same for all of them is set once.
/// Belongs to a `CurlLoop`'s thread.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let complaintBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: HeaderBlock?
    private var connectTo: UnsafeMutablePointer<curl_slist>?

    /// Nil when there is no memory.
    init?(loop: CurlLoop, _ settings: OutboundSettings) {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        setProtocols(userAgent: settings.userAgent)
        setTrust(settings.trustedCertificates)
        CurlCallbacks.install(on: pointer, loop: loop)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(connectTo)
        complaintBuffer.deallocate()
    }

    /// What libcurl said beside its error code; empty when it said nothing.
    var complaint: String { String(cString: complaintBuffer) }

    private func setProtocols(userAgent: String) {
        prikke_easy_set_text(pointer, CURLOPT_PROTOCOLS_STR, "http,https")
        prikke_easy_set_text(pointer, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        prikke_easy_set_long(pointer, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        prikke_easy_set_long(pointer, CURLOPT_HTTP09_ALLOWED, 0)
        prikke_easy_set_long(pointer, CURLOPT_FOLLOWLOCATION, 0)
        prikke_easy_set_long(pointer, CURLOPT_PATH_AS_IS, 1)
        prikke_easy_set_long(pointer, CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        prikke_easy_set_text(pointer, CURLOPT_ACCEPT_ENCODING, nil)
        prikke_easy_set_long(pointer, CURLOPT_HTTP_CONTENT_DECODING, 0)
        // An empty text keeps http_proxy and its kin in the environment from being read.
        prikke_easy_set_text(pointer, CURLOPT_PROXY, "")
        prikke_easy_set_long(pointer, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        prikke_easy_set_long(pointer, CURLOPT_NOSIGNAL, 1)
        prikke_easy_set_text(pointer, CURLOPT_USERAGENT, userAgent)
        prikke_easy_set_long(pointer, CURLOPT_MAXAGE_CONN, 60)
    }

    private func setTrust(_ certificates: String?) {
        prikke_easy_set_long(pointer, CURLOPT_SSL_VERIFYPEER, 1)
        prikke_easy_set_long(pointer, CURLOPT_SSL_VERIFYHOST, 2)
        prikke_easy_set_long(pointer, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let certificates { prikke_easy_set_text(pointer, CURLOPT_CAINFO, certificates) }
    }

    /// Makes it ready for `transfer`, which has `remaining` milliseconds. Every option that one transfer sets is set, or
    /// unset, for each.
    func prepare(for transfer: Transfer, remaining: Int) {
        let request = transfer.request
        prikke_easy_set_text(pointer, CURLOPT_URL, request.url.text)
        setMethod(request)
        headers = HeaderBlock(request.headers, without: Self.blanks(for: request))
        prikke_easy_set_list(pointer, CURLOPT_HTTPHEADER, headers?.first)
        curl_slist_free_all(connectTo)
        // The name stays in Host and SNI; where to connect is what was checked. An address connects to itself.
        if case .name = request.url.host, let address = transfer.addresses.first {
            connectTo = curl_slist_append(nil, address.connectTo)
        } else {
            connectTo = nil
        }
        prikke_easy_set_list(pointer, CURLOPT_CONNECT_TO, connectTo)
        prikke_easy_set_long(pointer, CURLOPT_TIMEOUT_MS, remaining)
        // While there is another address to try, one that swallows packets may not use up the whole time.
        let patience = transfer.addresses.count > 1 ? min(3_000, max(1, remaining / 2)) : remaining
        prikke_easy_set_long(pointer, CURLOPT_CONNECTTIMEOUT_MS, patience)
        complaintBuffer[0] = 0
        prikke_easy_set_bytes(pointer, CURLOPT_ERRORBUFFER, UnsafeRawPointer(complaintBuffer).assumingMemoryBound(to: UInt8.self))
        CurlCallbacks.attach(transfer, to: pointer)
    }

    private func setMethod(_ request: OutboundRequest) {
        switch request.method {
        case .head: prikke_easy_set_long(pointer, CURLOPT_NOBODY, 1)
        case .post, .put, .patch: setBody(request.body)
        case .get, .delete, .options:
            if request.body.isEmpty { prikke_easy_set_long(pointer, CURLOPT_HTTPGET, 1) } else { setBody(request.body) }
        }
        prikke_easy_set_text(pointer, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }

    private func setBody(_ body: [UInt8]) {
        prikke_easy_set_long(pointer, CURLOPT_POST, 1)
        prikke_easy_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        prikke_easy_set_bytes(pointer, CURLOPT_COPYPOSTFIELDS, body)
    }

    private static func blanks(for request: OutboundRequest) -> [StaticString] {
        ownHeaders.filter { own in !request.headers.contains { ASCII.equalIgnoringCase($0.name, own) } }
    }

    /// What libcurl would say unasked. (`Expect` cannot be in a request: it frames.)
    private static let ownHeaders: [StaticString] = ["accept", "content-type", "expect"]

    /// Lets go of all that belonged to a transfer.
    func clear() {
        prikke_easy_set_list(pointer, CURLOPT_HTTPHEADER, nil)
        prikke_easy_set_bytes(pointer, CURLOPT_COPYPOSTFIELDS, nil)
        headers = nil
    }

    /// One of libcurl's microsecond counters.
    func time(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        prikke_easy_get_offset(pointer, info, &value)
        return Int64(value)
    }
}
