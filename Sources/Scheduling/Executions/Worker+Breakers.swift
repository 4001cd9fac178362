import Time

/// Executions that call a host which is left alone: one of them tries whether it is back when it is time, the others wait in the queue.
extension Worker {
    /// Whom an execution calls, as host:port; nil: nobody.
    func host(of claim: Claim) -> String? { plugins[claim.plugin]?.host(of: claim.config) }

    /// True: it is not to begin, or not yet. What people ask for by hand always begins.
    func isHeld(_ claim: Claim) -> Bool {
        guard breakers.isAnyOpen, [.schedule, .backfill].contains(claim.trigger), let host = host(of: claim),
            breakers.isOpen(host, of: claim.organizationID)
        else { return false }
        callers.append((claim, host))
        guard !isHolding else { return true }
        isHolding = true
        Task { await holdCallers() }
        return true
    }

    private func holdCallers() async {
        while !callers.isEmpty {
            let batch = callers
            callers = []
            await hold(batch)
        }
        isHolding = false
    }

    /// The database decides; where it cannot be asked, they go back and come again.
    private func hold(_ batch: [ExecutionQueue.Caller]) async {
        var left = batch
        do {
            let trying = try await queue.probe(batch, now: clock.now())
            let others = batch.filter { !trying.contains($0.claim.id) }
            let held = others.isEmpty ? [] : try await queue.hold(others, now: clock.now())
            left = batch.filter { !held.contains($0.claim.lease) }
            letGo(others.map(\.claim).filter { held.contains($0.lease) })
            bell.ring()
            if left.count > trying.count { try await breakers.load(from: queue.database) }
        } catch {
            complaints.tell("circuit breakers could not be asked", error, ["count": "\(batch.count)"])
            let claims = left.map(\.claim)
            await handBack(claims)
            letGo(claims)
            return
        }
        if isStopping {
            await handBack(left.map(\.claim))
            suspects += left.map(\.claim).filter { self.held.contains($0.lease) }
        } else {
            for caller in left { startUnlessSuspect(caller.claim) }
        }
    }
}
