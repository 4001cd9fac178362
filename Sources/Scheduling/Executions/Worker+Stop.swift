import Postgres
import Tenancy
import Time

extension Worker {
    func beginToStop() {
        isStopping = true
        deadline = deadline ?? .now + grace
        bell.ring()
    }

    /// Ends the grace period, if it has not ended yet.
    func giveUp() {
        isGivingUp = true
        bell.ring()
    }

    /// Hands back what has not started, lets what runs end within the grace period, and records it. What does not end is
    /// handed over to whoever is quick, before it is cut off here: nobody has to wait until this node's lease is over.
    func stop() async {
        beginToStop()
        await handBackWaiting()
        let deadline = deadline ?? .now
        while !held.isEmpty, !isGivingUp, ContinuousClock.now < deadline {
            if !suspects.isEmpty { await handBackWaiting() }
            await bell.wait(until: min(deadline, .now + .milliseconds(100)))
        }
        isGivingUp = true
        await handOver()
        for run in running.values { run.task.cancel() }
        // What has ended is still being recorded.
        let end = ContinuousClock.now + .milliseconds(200)
        while !held.isEmpty, ContinuousClock.now < end { await bell.wait(until: .now + .milliseconds(20)) }
    }

    /// What the database fails to take back waits to be tried again.
    private func handBackWaiting() async {
        let waiting = armed.values.map(\.claim) + suspects
        for (_, timer) in armed.values { loop.cancel(timer) }
        armed = [:]
        suspects = []
        await handBack(waiting)
        suspects += waiting.filter { held.contains($0.lease) }
        if !waiting.isEmpty { try? await queue.announce() }
    }

    private func handOver() async {
        let cut = running.values.map(\.claim)
        guard !cut.isEmpty else { return }
        do {
            let count = try await queue.lose(.stop(cut.map { ($0.organizationID, $0.lease) }), now: clock.now())
            try await queue.announce()
            Failpoint.handedOver.reached()
            Meters.handedOver.increment(by: count)
            logger.warning("attempts that outlasted the grace period were handed over", metadata: ["count": "\(count)"])
        } catch {
            logger.error("attempts could not be handed over; their leases end with this node", metadata: ["error": "\(error)"])
        }
    }

    func handBack(_ claims: [Claim]) async {
        guard !claims.isEmpty else { return }
        do {
            try await queue.handBack(claims.map { ($0.organizationID, $0.lease) }, now: clock.now())
            Failpoint.handedBack.reached()
            letGo(claims)
        } catch {
            complaints.tell("leases could not be handed back; they end with this node", error)
        }
    }
}
