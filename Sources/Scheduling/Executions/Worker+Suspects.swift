import Time

/// Executions under which a node has died. One of them may be what killed it, and would do so again; so they are started one
/// after the other, each noted in the database before it begins (see `ExecutionQueue.lose`).
extension Worker {
    /// What is on trial has so long to show that its start does no harm.
    private static let trial: Duration = .milliseconds(10)
    /// Where many wait, several are tried at a time, so that all of them have begun within a few seconds.
    private static let mostTrials = 200

    func wait(suspect claim: Claim) {
        suspects.append(claim)
        guard !isTryingOut else { return }
        isTryingOut = true
        Task { await tryOut() }
    }

    private func tryOut() async {
        let share = { (count: Int) in (count + Self.mostTrials - 1) / Self.mostTrials }
        var (survivors, round) = ([Claim](), share(suspects.count))
        while !(suspects.isEmpty && survivors.isEmpty), !isStopping {
            round = max(round, share(suspects.count))
            let next = Array(suspects.prefix(round))
            suspects.removeFirst(next.count)
            survivors = await start(next, after: survivors) ? next : survivors + next
            try? await Task.sleep(for: Self.trial)
        }
        isTryingOut = false
        // Whoever goes on running through a stop is on trial no longer, either.
        if !survivors.isEmpty { await start([], after: survivors) }
    }

    /// False if the database could not be told.
    @discardableResult
    private func start(_ next: [Claim], after survivors: [Claim]) async -> Bool {
        guard next.isEmpty || pulse.isFresh else {
            // Noted and then not started, an innocent would be ended for the next death.
            await handBack(next)
            letGo(next)
            return false
        }
        do {
            let ours = try await queue.tryOut(next, after: survivors, now: clock.now())
            letGo(next.filter { !ours.contains($0.lease) })
            let mine = next.filter { ours.contains($0.lease) }
            guard isStopping || !pulse.isFresh else {
                for claim in mine { start(claim) }
                return true
            }
            await handBack(mine)
            if isStopping { suspects += mine.filter { held.contains($0.lease) } } else { letGo(mine) }
            return true
        } catch {
            complaints.tell("suspects could not be started", error, ["count": "\(next.count)"])
            // Where this fails too, they are strays from now on, and go back a little later.
            await handBack(next)
            letGo(next)
            return false
        }
    }
}
