/// Measurements that `scripts/bench NAME` runs. Figures of shared machines mean little by themselves: each measurement runs
/// its peer in the same minute, and prints the ratio and the CPU per operation.
@main
struct Bench {
    static func main() async throws {
        switch CommandLine.arguments.dropFirst().first {
        case "postgres": try await PostgresBench.run()
        case "cron": try CronBench.run()
        case "ceiling": try await Ceiling.run(port: CommandLine.arguments.dropFirst(2).first.flatMap(Int.init) ?? 18_094)
        default: print("Bench postgres|cron|ceiling PORT")
        }
    }
}
