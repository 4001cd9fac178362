import Time

/// What the worker looks after beside its calls, now and then.
extension Worker {
    /// Gives back what the database has leased to this node without its knowing: the answer to a claim was lost, or an
    /// outcome was refused. Only what was a stray twice in a row, seconds apart: a claim may be on its way.
    func handBackStrays() async {
        guard strayLook.duration(to: .now) > .seconds(3) else { return }
        strayLook = .now
        do {
            let unknown = try await queue.leases(of: node).filter { !held.contains($0.lease) }
            let lost = unknown.filter { strays.contains($0.lease) && !held.contains($0.lease) }
            strays = Set(unknown.map(\.lease))
            guard !lost.isEmpty else { return }
            logger.error("leases that nobody held were handed back", metadata: ["count": "\(lost.count)"])
            try await queue.handBack(lost, now: clock.now())
            Failpoint.strayHandedBack.reached()
            bell.ring()
        } catch {
            complaints.tell("strays could not be looked for", error)
        }
    }

    /// Writes when the attempts that have run for a while began; most end before that, and save the write.
    func markLongRuns() async {
        let latest = clock.now().adding(.zero - Self.longestSleep)
        let long = running.values.filter { !$0.isMarked && $0.startedAt < latest }
        guard !long.isEmpty else { return }
        do {
            try await queue.mark(long.map { ($0.claim, $0.startedAt) })
            for run in long { running[run.claim.lease]?.isMarked = true }
        } catch {
            complaints.tell("what has begun could not be written", error)
        }
    }
}
