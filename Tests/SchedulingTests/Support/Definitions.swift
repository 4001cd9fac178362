import JSON
import Outbound
import Time

@testable import Scheduling

/// A moment for definitions that depend on one: 2026-06-01T12:00:00Z.
let noon = Timestamp(seconds: 1_780_315_200)

let httpOnly = JobPlugins([HTTPPlugin(client: Scene.offline, policy: AddressPolicy(), userAgent: "Prikke/test")])

func define(_ draft: JSON, zone: String = "UTC", now: Timestamp = noon, changing old: JobDefinition? = nil) throws -> JobDefinition {
    try JobDefinition(draft, plugins: httpOnly, zone: zone, now: now, changing: old)
}

/// What is wrong with a draft: `/pointer code`, one for each error.
func faults(_ draft: JSON, zone: String = "UTC") -> [String] {
    do {
        _ = try define(draft, zone: zone)
        return []
    } catch let error as InvalidInput {
        return error.errors.map { "\($0.pointer) \($0.code)" }
    } catch {
        return ["\(error)"]
    }
}
