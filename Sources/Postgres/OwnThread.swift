import Foundation

/// Runs `work`, which blocks, on a thread made for it: the cooperative pool has only as many threads as cores, and one
/// that waits for a disk or a child process is lost to every task.
func onOwnThread<R: Sendable, E: Error>(_ work: @escaping @Sendable () throws(E) -> R) async throws(E) -> R {
    let result: Result<R, E> = await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            do throws(E) {
                continuation.resume(returning: .success(try work()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}
