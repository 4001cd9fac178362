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
                for (topic, bell) in [(Topic.due, engine.dueBell), (.jobs, engine.jobsBell)] {
                    // A reconnection rings too: what was said meanwhile was not heard.
                    tasks.addTask { for await _ in engine.database.listen(to: topic.rawValue) { bell.ring() } }
                }
            }
        }
    }
}
