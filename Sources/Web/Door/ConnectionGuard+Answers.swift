import NIOCore

extension ConnectionGuard {
    /// An answer's head is about to be written.
    func answerBegins(andWishesToBeLast wish: Bool) {
        isAnswerBegun = true
        // The work is done. What is written now may take as long as the client likes.
        giveBackTurn()
        let isOneOfTooMany = held.readableBytes > 0 && turns.isCrowded
        // After an answer to half a request, the rest would be read for nothing: a body of any size.
        let mayGoOn = framing.isWhole && framing.head.keepsConnection && !(hasInputEnded && held.readableBytes == 0)
        isLastAnswer =
            isLastAnswer || wish || !mayGoOn || isStopping || drain.hasBegun || isOneOfTooMany
            || sentAhead == Self.mostSentAhead
    }

    /// What the answer says about the connection.
    var connectionHeader: String? {
        if isLastAnswer { return "close" }
        return framing.head.wantsKeptConnectionConfirmed ? "keep-alive" : nil
    }

    /// All of an answer has been handed to us.
    func answerEnded() {
        guard stage == .open else { return }
        if isLastAnswer || (hasInputEnded && held.readableBytes == 0) { return end() }
        framing = RequestFraming()
        isAnswerBegun = false
        begin = nil
        idleSince = .now()
        guard held.readableBytes > 0 else {
            sentAhead = 0
            watch()
            return readIfWanted()
        }
        sentAhead += 1
        turn = .untakenAnswer
        whenWritten { [self] in
            guard stage == .open, case .untakenAnswer = turn else { return }
            queueUp()
        }
    }

    private func queueUp() {
        guard let channel = context?.channel else { return }
        switch turns.take(channel) {
        case .taken: turnHasCome()
        case .mustWait(let place): turn = .awaited(place)
        case .refused:
            turn = .none
            return end()
        }
        watch()
    }

    /// When all that was handed over for the client is in the hands of the system.
    private func whenWritten(_ body: @escaping () -> Void) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: written)
        watchWriting()
        written.futureResult.assumeIsolated().whenSuccess(body)
    }

    func turnHasCome() {
        turn = .announced
        // Not here, in the middle of writing or of another connection's end: they must not be called back meanwhile.
        context?.eventLoop.assumeIsolated().execute { [self] in
            guard case .announced = turn else { return }
            turn = .taken
            letThrough()
            context?.fireChannelReadComplete()
            // While more of it must come, it needs nobody's turn.
            guard !framing.isWhole else { return }
            giveBackTurn()
            readIfWanted()
        }
    }

    func giveBackTurn() {
        switch turn {
        case .none, .untakenAnswer: break
        case .awaited(let place): turns.leave(place)
        case .announced, .taken: turns.giveBack()
        }
        turn = .none
    }

    private func readIfWanted() {
        guard wantsToRead else { return }
        wantsToRead = false
        context?.read()
    }

    /// Answers instead of whoever would have answered this request. It is the last answer: where the next request would
    /// begin is not known.
    func refuse(_ problem: Problem) {
        guard stage == .open, !isAnswerBegun else { return close() }
        let id = RequestLog.newID()
        logger.info("request refused", metadata: ["request_id": "\(id)", "status": "\(problem.status.code)", "code": "\(problem.code)"])
        context?.write(wrapOutboundOut(.byteBuffer(problem.bytes(requestID: id, siteURL: siteURL))), promise: nil)
        end()
    }

    /// Writes what is left, ends our side, and reads on for a moment: closing at once would reset the connection, and the
    /// client might lose the answer that says why.
    func end() {
        guard stage == .open, let context else { return }
        stage = .ending
        giveBackTurn()
        held.clear()
        watch()
        whenWritten { [self] in
            if hasInputEnded { return close() }
            self.context?.close(mode: .output, promise: nil)
            linger(until: .now() + Self.longestLingering)
        }
        context.read()
    }

    /// As long as bytes still come, up to a limit: whoever is sending a long body does not look for an answer before its end.
    private func linger(until end: NIODeadline) {
        hasReadWhileEnding = false
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: Self.lingering) { [self] in
            if hasReadWhileEnding, .now() < end { linger(until: end) } else { close() }
        }
    }

    private static var lingering: TimeAmount { .seconds(1) }
    private static var longestLingering: TimeAmount { .seconds(10) }

    func close() { context?.close(promise: nil) }
}
