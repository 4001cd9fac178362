import Postgres
import Tenancy
import Time

extension Worker {
    /// After the grace period: for handing over, which a moment later may succeed where it failed. The process ends soon after.
    private static let lastWords: Duration = .milliseconds(600)
    /// The shortest time that a statement is given.
    private static let shortest: Duration = .milliseconds(100)

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
        let end = min(.now, deadline) + Self.lastWords
        while await !handOver(by: end), ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(50)) }
        for run in running.values { run.task.cancel() }
        // What has ended is still being recorded.
        let last = max(end, .now + Self.shortest)
        while !held.isEmpty, ContinuousClock.now < last { await bell.wait(until: .now + .milliseconds(20)) }
    }

    /// What the database fails to take back waits to be tried again.
    private func handBackWaiting() async {
        let waiting = armed.values.map(\.claim) + suspects
        for (_, timer) in armed.values { loop.cancel(timer) }
        armed = [:]
        suspects = []
        await handBack(waiting)
        suspects += waiting.filter { held.contains($0.lease) }
        if waiting.contains(where: { !held.contains($0.lease) }) { try? await queue.announce() }
    }

    /// Whether nothing is left to be handed over, or back.
    private func handOver(by end: ContinuousClock.Instant) async -> Bool {
        if !suspects.isEmpty { await handBackWaiting() }
        let cut = running.values.map(\.claim)
        guard !cut.isEmpty else { return suspects.isEmpty }
        do {
            let leases = cut.map { (organizationID: $0.organizationID, lease: $0.lease) }
            let count = try await queue.lose(
                .stop(leases), now: clock.now(), timeout: max(Self.shortest, ContinuousClock.now.duration(to: end)))
            try? await queue.announce()
            Failpoint.handedOver.reached()
            Meters.handedOver.increment(by: count)
            logger.warning("attempts that outlasted the grace period were handed over", metadata: ["count": "\(count)"])
            return suspects.isEmpty
        } catch {
            complaints.tell("attempts could not be handed over; their leases end with this node", error)
            return false
        }
    }

    func handBack(_ claims: [Claim]) async {
        guard !claims.isEmpty else { return }
        do {
            try await queue.handBack(claims.map { ($0.organizationID, $0.lease) }, now: clock.now(), timeout: patience)
            Failpoint.handedBack.reached()
            letGo(claims)
        } catch {
            complaints.tell("leases could not be handed back; they end with this node", error)
        }
    }

    /// While stopping, a statement is rather tried again than waited for; nil: as usual.
    private var patience: Duration? {
        deadline.map { min(.milliseconds(700), max(Self.shortest, ContinuousClock.now.duration(to: $0))) }
    }
}
