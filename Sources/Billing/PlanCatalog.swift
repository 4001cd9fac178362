import JSON
import Tenancy

/// What is sold.
public struct Plan: Sendable, Equatable {
    /// The word that stands for it everywhere: `pro`.
    public let word: String
    /// What people read: `Pro`.
    public let name: String
    /// Whole euros.
    public let pricePerMonth: Int
    public let pricePerYear: Int
    /// What it grants.
    public let entitlements: Entitlements
}

/// All plans on sale: data, in one file. An old customer keeps the numbers that he bought, because they were copied to his
/// organization when he bought them; a new catalogue is a new generation.
public struct PlanCatalog: Sendable {
    public let generation: Int
    public let plans: [Plan]
    /// What an organization has that nobody pays for.
    public let free: Plan

    /// Why a catalogue cannot be used: a sentence for the operator.
    public struct Unreadable: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The catalogue that comes with the program.
    public static func builtIn() throws -> PlanCatalog { try PlanCatalog(PackageResources.plans_json) }

    /// Reads a catalogue; an operator's own has the same shape as the built-in `plans.json`. Throws `Unreadable`.
    public init(_ bytes: [UInt8]) throws(Unreadable) {
        do {
            let json = try Self.shape.validate(try JSON(parsing: bytes))
            generation = Int(json["generation"]?.int ?? 1)
            plans = (json["plans"]?.array ?? []).map(Plan.init)
            let unpaid = plans.first { $0.word == "free" }
            guard let unpaid else { throw Unreadable(description: "There must be a plan \"free\".") }
            free = unpaid
        } catch let error as Unreadable {
            throw error
        } catch let error as InvalidInput {
            throw Unreadable(description: error.errors.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; "))
        } catch let error as JSONError {
            throw Unreadable(description: error.detail)
        } catch {
            throw Unreadable(description: "\(error)")
        }
        guard Set(plans.map(\.word)).count == plans.count else { throw Unreadable(description: "Each plan has a word of its own.") }
    }

    public subscript(word: String) -> Plan? { plans.first { $0.word == word } }

    private static let shape = Shape.object([
        Field("generation", .integer(1...1_000_000), required: true),
        Field("plans", .list(of: plan, 1...20), required: true),
    ])

    /// What is unlimited says null: a number that was only forgotten must not be sold as none.
    private static let plan = Shape.object([
        Field("plan", .string(1...40), required: true), Field("name", .string(1...40), required: true),
        Field("price_eur_month", .integer(0...1_000_000), required: true),
        Field("price_eur_year", .integer(0...10_000_000), required: true),
        Field("jobs", .integer(0...Int64(Int32.max)), required: true, nullable: true),
        Field("executions_per_month", .integer(0...(.max)), required: true, nullable: true),
        Field("shortest_interval_s", .integer(1...86_400), required: true), Field("keep_days", .integer(7...90), required: true),
        Field("members", .integer(1...Int64(Int32.max)), required: true, nullable: true),
        Field("concurrency", .integer(1...100_000), required: true),
        Field("timeout_s", .integer(1...900), required: true),
        Field("plugins", .list(of: .string(1...40)), required: true, nullable: true),
    ]).checked { plan in
        if [7, 30, 90].contains(plan["keep_days"]?.int) { return [] }
        return [FieldError(pointer: "/keep_days", code: "not_allowed", detail: "Use 7, 30 or 90.")]
    }
}

extension Plan {
    fileprivate init(_ json: JSON) {
        func number(_ name: String) -> Int? { json[name]?.int.map(Int.init) }
        word = json["plan"]?.string ?? ""
        name = json["name"]?.string ?? ""
        pricePerMonth = number("price_eur_month") ?? 0
        pricePerYear = number("price_eur_year") ?? 0
        entitlements = Entitlements(
            plan: word, jobs: number("jobs"), executionsPerMonth: number("executions_per_month"),
            shortestIntervalSeconds: number("shortest_interval_s") ?? 1, keepDays: number("keep_days") ?? 7, members: number("members"),
            concurrency: number("concurrency") ?? 1, timeoutSeconds: number("timeout_s") ?? 30,
            plugins: json["plugins"]?.array?.compactMap(\.string))
    }
}
