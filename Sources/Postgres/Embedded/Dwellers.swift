import Glibc

/// The processes that work in a folder. Those of a server have its cluster as their working directory, and nobody else
/// has: a sign that, unlike a number in a file, cannot be another program's, or that of a dead process nobody has reaped.
struct Dwellers {
    let folder: String

    func include(_ pid: pid_t) -> Bool { linkTarget("/proc/\(pid)/cwd") == folder }

    /// Waits till all are gone, and ends those who are not by then.
    func clear(after patience: Duration) {
        if waits(patience, until: { first == nil }) { return }
        while let pid = first {
            kill(pid, SIGKILL)
            guard waits(.seconds(5), until: { !include(pid) }) else { return }
        }
    }

    private var first: pid_t? { names(in: "/proc").lazy.compactMap { pid_t($0) }.first(where: include) }
}

/// Looks every 10 ms; false if the time passed first.
@discardableResult
func waits(_ patience: Duration, until condition: () -> Bool) -> Bool {
    let start = ContinuousClock.now
    while !condition() {
        guard start.duration(to: .now) < patience else { return false }
        usleep(10_000)
    }
    return true
}
