import CCurl
import EventLoop

/// What libcurl has asked to be told: readiness of sockets, and the passing of time. Belongs to a `CurlLoop`'s thread.
struct CurlEvents {
    struct Socket {
        var interest: EventLoop.Readiness
        /// libcurl has no interest in it for the moment. It stays watched: between two requests on one connection that
        /// spares two system calls, and if something does come in, it is unwatched then.
        var isIdle = false
        var isHTTP2 = false
        weak var user: Transfer?
    }

    var sockets: [Int32: Socket] = [:]
    /// libcurl wants to be called at once.
    var isDue = false
    var wanted: ContinuousClock.Instant?
    var armed: (timer: EventLoop.TimerID, instant: ContinuousClock.Instant)?

    mutating func forget(_ transfer: Transfer) {
        guard let socket = transfer.socket, sockets[socket]?.user === transfer else { return }
        if transfer.head.isHTTP2 { sockets[socket]?.isHTTP2 = true }
        sockets[socket]?.user = nil
    }
}

extension CurlLoop {
    /// Has libcurl tell us what to watch.
    func listen() {
        prikke_block_sigpipe()
        let me = Unmanaged.passUnretained(self).toOpaque()
        prikke_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        prikke_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        prikke_multi_on_socket(multi) { easy, socket, action, loop, _ in
            CurlCallbacks.object(loop, CurlLoop.self)?.interestChanged(in: socket, to: action, by: CurlCallbacks.transfer(of: easy))
            return 0
        }
        prikke_multi_on_timer(multi) { _, milliseconds, loop in
            CurlCallbacks.object(loop, CurlLoop.self)?.timeoutChanged(to: milliseconds)
            return 0
        }
    }

    private func interestChanged(in socket: Int32, to action: Int32, by user: Transfer?) {
        guard action != CURL_POLL_REMOVE else {
            events.sockets[socket]?.isIdle = true
            return
        }
        var interest: EventLoop.Readiness = []
        if action & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if action & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        user?.socket = socket
        let known = events.sockets[socket]
        events.sockets[socket] = CurlEvents.Socket(interest: interest, isHTTP2: known?.isHTTP2 ?? false, user: user)
        guard known?.interest != interest else { return }
        loop.watch(socket, for: interest) { self.isReady(socket, $0) }
    }

    private func isReady(_ socket: Int32, _ readiness: EventLoop.Readiness) {
        guard events.sockets[socket]?.isIdle == false else {
            events.sockets[socket] = nil
            return loop.unwatch(socket)
        }
        var action: Int32 = 0
        if readiness.contains(.readable) { action |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { action |= CURL_CSELECT_OUT }
        prikke_multi_act(multi, socket, action)
        advance()
    }

    /// libcurl is about to have `socket` closed.
    func willClose(_ socket: Int32) {
        guard let known = events.sockets.removeValue(forKey: socket) else { return }
        loop.unwatch(socket)
        // On HTTP/2 what did not arrive may have been a frame of the connection's own.
        guard let user = known.user, user.wasSent, !known.isHTTP2 else { return }
        user.neverArrived = prikke_ended_before_all_arrived(socket) != 0
    }

    private func timeoutChanged(to milliseconds: Int) {
        events.isDue = milliseconds == 0
        events.wanted = milliseconds > 0 ? .now + .milliseconds(milliseconds) : nil
        arm()
    }

    /// Sees to it that a timer goes off no later than wanted. One that goes off earlier is left alone and armed anew then:
    /// libcurl moves its timeout with every transfer, mostly to later.
    private func arm() {
        guard let wanted = events.wanted else { return }
        if let armed = events.armed {
            guard wanted < armed.instant else { return }
            loop.cancel(armed.timer)
        }
        let timer = loop.schedule(at: wanted) { self.timePassed() }
        events.armed = (timer, wanted)
    }

    private func timePassed() {
        events.armed = nil
        guard let wanted = events.wanted else { return }
        guard wanted <= .now else { return arm() }
        events.wanted = nil
        events.isDue = true
        advance()
    }

    /// Lets libcurl do what is due now, and takes the results.
    func advance() {
        // Each round may begin transfers that are due in turn. Eight at a time, so that the loop's other work comes to pass.
        for _ in 0..<8 where !isClosed {
            if events.isDue {
                events.isDue = false
                prikke_multi_act(multi, CURL_SOCKET_TIMEOUT, 0)
            }
            reap()
            if !events.isDue { return }
        }
        if !isClosed { loop.execute { self.advance() } }
    }

    func unwatchAll() {
        for socket in events.sockets.keys { loop.unwatch(socket) }
        if let armed = events.armed { loop.cancel(armed.timer) }
        events = CurlEvents()
    }
}
