import NIOCore

extension ConnectionGuard {
    /// Bytes of an answer that must be taken within the stall deadline: 16 KiB in 30 s is what a very bad line still does.
    private static var leastTaken: Int { 16_384 }

    /// Sets the timer by where the connection stands. The deadline of what has begun does not move, however its bytes drip.
    func watch() {
        let next = nextDeadline
        keepPlace(isWaiting: next != nil || stage == .ending || unwritten > 0 || isAwaitingTurn)
        guard next != deadline else { return }
        deadline = next
        timer?.cancel()
        timer = next.flatMap { time in
            context?.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in timeIsUp() }
        }
    }

    /// Who sends ahead waits for us, but is the first to go in a full house all the same.
    private var isAwaitingTurn: Bool { if case .awaited = turn { true } else { false } }

    /// Nil while the request is being served, or waits for its turn: that is our own time.
    private var nextDeadline: NIODeadline? {
        if stage == .ending || holdsBack { return nil }
        guard let begin else { return idleSince + deadlines.idle }
        return begin + (framing.hasHead ? deadlines.request : deadlines.head)
    }

    private func timeIsUp() {
        deadline = nil
        // Who has sent nothing is not waiting for an answer.
        let hasBegun = framing.hasHead || held.readableBytes > 0
        if hasBegun { return refuse(.requestTimeout) }
        guard unwritten > 0 else { return close() }
        // It is not idle, but busy with our last answer: whether it takes that is the stall timer's question.
        idleSince = .now()
        watch()
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

    var unwritten: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// The server stops: this request may still be answered, but nobody holds it up for longer than the deadline.
    func stop() {
        guard !isStopping, let channel = context?.channel else { return }
        isStopping = true
        channel.eventLoop.scheduleTask(in: deadlines.stop) { channel.close(promise: nil) }
        let isBetweenRequests = !framing.hasHead && held.readableBytes == 0
        guard stage == .open, isBetweenRequests else { return }
        if unwritten > 0 { end() } else { close() }
    }
}
