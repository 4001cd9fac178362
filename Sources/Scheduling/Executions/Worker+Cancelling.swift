import Time

/// Attempts that people have cancelled while they run.
extension Worker {
    /// So soon a cancellation is seen that no notification told of.
    private static let patience: Duration = .milliseconds(500)

    /// Cuts off what runs here and has been cancelled, wherever that was done; its ending is recorded like any other's. What is
    /// only waiting to begin is taken out by `recall`, or begins and is cut off then.
    func endWhatIsCancelled(isTold: Bool) async {
        guard !running.isEmpty, isTold || cancelLook.duration(to: .now) > Self.patience else { return }
        cancelLook = .now
        do {
            for lease in try await queue.cancelled(of: node) { running[lease]?.task.cancel() }
        } catch {
            complaints.tell("cancelled executions could not be looked for", error)
        }
    }
}
