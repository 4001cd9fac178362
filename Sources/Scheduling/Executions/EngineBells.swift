import Logging
import Postgres
import ServiceLifecycle

/// Rings this node's bells when another node, or a command, says that there is something to do.
public struct EngineBells: Service {
    private let engine: Engine
    private let logger: Logger

    public init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        self.logger = logger
    }

    public func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { tasks in
                // A reconnection rings too: what was said meanwhile was not heard.
                tasks.addTask { for await _ in engine.database.listen(to: Topic.due.rawValue) { engine.dueBell.ring() } }
                tasks.addTask { for await said in engine.database.listen(to: Topic.jobs.rawValue) { hear(said) } }
                tasks.addTask { for await _ in engine.database.listen(to: Topic.breakers.rawValue) { await loadBreakers() } }
            }
        }
    }

    /// Where it fails, the rescuer looks again.
    private func loadBreakers() async {
        do { try await engine.breakers.load(from: engine.database) } catch {
            logger.warning("circuit breakers could not be read", metadata: ["error": "\(error)"])
        }
    }

    private func hear(_ said: Notification) {
        engine.jobsBell.ring()
        switch said {
        case .received(let job) where job.isEmpty: return
        case .received(let job): engine.recalls.add(ID(job))
        case .reconnected: engine.recalls.add(nil)
        }
        engine.dueBell.ring()
    }
}
