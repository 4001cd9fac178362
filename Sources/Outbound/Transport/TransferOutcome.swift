import CCurl

extension Transfer {
    /// What has come of it, when libcurl says `code`. Nil when the next address is to be tried.
    func outcome(_ code: CURLcode) -> CurlLoop.Outcome? {
        if !isBlocked, !wasSent, addresses.count > 1, code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT, deadline > .now {
            return nil
        }
        let timings = timings()
        let isEarly = wasAnsweredEarly(code)
        guard head.isComplete, code == CURLE_OK || isCut || isEarly else {
            var failure = failure(code)
            failure.timings = timings
            failure.remoteAddress = isBlocked ? nil : addresses.first?.text
            if head.status > 0 { failure.status = head.status }
            return .failure(failure)
        }
        let isAll = size == body.count && !isCut && (!isEarly || head.length == size)
        let response = OutboundResponse(
            status: head.status, headers: head.headers, body: body, size: size, truncated: !isAll, timings: timings,
            remoteAddress: addresses.first?.text ?? "", finalURL: request.url)
        return .success(response)
    }

    /// An HTTP/2 target may answer before it has read the request's body, and then close the stream; the answer counts (RFC
    /// 9113 §8.1). libcurl 7.88 gives up with this code, and without the text that it has for a stream that broke off. What
    /// has come by then is all, if it is as long as it said; if it did not say, it may have been cut.
    private func wasAnsweredEarly(_ code: CURLcode) -> Bool {
        code == CURLE_HTTP2_STREAM && head.isHTTP2 && easy?.complaint.isEmpty == true && (head.length ?? size) == size
    }

    private func timings() -> OutboundTimings {
        guard let easy, let begun else { return OutboundTimings() }
        let looked = easy.time(CURLINFO_NAMELOOKUP_TIME_T)
        let connected = easy.time(CURLINFO_CONNECT_TIME_T)
        let secured = easy.time(CURLINFO_APPCONNECT_TIME_T)
        let sent = easy.time(CURLINFO_PRETRANSFER_TIME_T)
        // A phase that did not come to its end took until now. What a refused address took is nobody's business.
        let now = isBlocked ? looked : begun.duration(to: .now).microseconds
        var timings = OutboundTimings()
        timings.connect = max(0, (connected == 0 && !wasSent ? now : connected) - looked) + spentInVain
        let isInTLS = request.url.scheme == .https && connected > 0 && secured == 0 && !wasSent
        timings.tls = max(0, (isInTLS ? now : secured) - connected)
        // Not CURLINFO_STARTTRANSFER_TIME_T: over HTTP/2 that is when the request's body began to go out.
        let firstByte = answered.map { begun.duration(to: $0).microseconds } ?? now
        timings.firstByte = wasSent ? max(0, firstByte - sent) : 0
        timings.sent = wasSent ? asked.duration(to: begun).microseconds + sent : nil
        return timings
    }

    private func failure(_ code: CURLcode) -> OutboundFailure {
        if isBlocked { return .blocked }
        if isStarved { return .exhausted }
        if !head.complaint.isEmpty { return OutboundFailure(.badResponse, head.complaint) }
        if wasLost { return OutboundFailure(.badResponse, "The target closed the connection without an answer.") }
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .deadline
        case CURLE_COULDNT_CONNECT: return OutboundFailure(.connectFailed, "The target did not accept the connection.")
        // After sending, "out of memory" is what libcurl says of a header field over its own limit (100 KiB).
        case CURLE_OUT_OF_MEMORY where wasSent:
            return OutboundFailure(.badResponse, "The target's answer has a header field that is too long.")
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: return .exhausted
        case CURLE_PEER_FAILED_VERIFICATION: return OutboundFailure(.tlsFailed, certificateComplaint())
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED:
            return OutboundFailure(.tlsFailed, "The target and we could not agree on TLS.")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM, CURLE_HTTP2:
            guard wasSent else { return OutboundFailure(.connectFailed, "The target closed the connection while it was being opened.") }
            let sentence = head.status == 0 ? "The target closed the connection without an answer." : "The target's answer broke off."
            return OutboundFailure(.badResponse, sentence)
        case CURLE_OK, CURLE_PARTIAL_FILE: return OutboundFailure(.badResponse, "The target's answer broke off.")
        default: return OutboundFailure(.badResponse, "The target's answer is not valid HTTP.")
        }
    }

    /// After OpenSSL's X509_V_ERR_… numbers. When only the host's name does not fit, libcurl leaves 1 ("unspecified") there.
    private func certificateComplaint() -> String {
        var verdict = 0
        if let easy { prikke_easy_get_long(easy.pointer, CURLINFO_SSL_VERIFYRESULT, &verdict) }
        return switch verdict {
        case 0, 1: "The target's certificate is not for this host."
        case 9: "The target's certificate is not valid yet."
        case 10: "The target's certificate has expired."
        case 18, 19: "The target's certificate is self-signed."
        case 23: "The target's certificate was revoked."
        default: "The target's certificate could not be verified."
        }
    }
}

extension OutboundFailure {
    /// No memory or no descriptors left.
    static let exhausted = OutboundFailure(.connectFailed, "The call could not be started.")
}

extension Duration {
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
