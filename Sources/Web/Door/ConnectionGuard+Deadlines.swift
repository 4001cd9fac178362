import NIOCore

extension ConnectionGuard {
    /// Bytes of an answer that must be taken within the stall deadline: 16 KiB in 30 s is what a very bad line still does.
    private static var leastTaken: Int { 16_384 }

    /// Sets the timer by where the connection stands. The deadline of what has begun does not move, however its bytes drip.
    func watch() {
        let next = nextDeadline
        keepPlace(isWaiting: next != nil || stage == .ending || stallTimer != nil)
        guard next != deadline else { return }
        deadline = next
        timer?.cancel()
        timer = next.flatMap { time in
            context?.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in timeIsUp() }
        }
    }

    /// Nil while the request is being served: that is our own time.
    private var nextDeadline: NIODeadline? {
        if stage == .ending || framing.isWhole { return nil }
        guard let begin else { return idleSince + deadlines.idle }
        return begin + (framing.hasHead ? deadlines.request : deadlines.head)
    }

    private func timeIsUp() {
        deadline = nil
        // Who has sent nothing is not waiting for an answer.
        let hasBegun = framing.hasHead || held.readableBytes > 0
        if hasBegun { refuse(.requestTimeout) } else { close() }
    }

    private func keepPlace(isWaiting: Bool) {
        if isWaiting, place == nil, let channel = context?.channel { place = connections.beginWaiting(channel) }
        guard !isWaiting, let taken = place else { return }
        connections.endWaiting(taken)
        place = nil
    }

    /// Looks after a flush whether the client takes what we write.
    func watchWriting() {
        guard stallTimer == nil, unwritten > 0 else { return }
        let taken = written - unwritten
        stallTimer = context?.eventLoop.assumeIsolated().scheduleTask(in: deadlines.stall) { [self] in
            stallTimer = nil
            guard unwritten > 0 else { return watch() }
            if written - unwritten < taken + Self.leastTaken { return close() }
            watchWriting()
        }
        watch()
    }

    private var unwritten: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// The server stops: this request may still be answered, but nobody holds it up for longer than the deadline.
    func stop() {
        guard !isStopping, let channel = context?.channel else { return }
        isStopping = true
        channel.eventLoop.scheduleTask(in: deadlines.stop) { channel.close(promise: nil) }
        let isBetweenRequests = !framing.hasHead && held.readableBytes == 0
        if stage == .open, isBetweenRequests { close() }
    }
}
