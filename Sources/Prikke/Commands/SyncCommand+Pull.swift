import ArgumentParser
import Glibc
import JSON

extension SyncCommand {
    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the organization's jobs that have a key into prikke.yaml.",
            discussion: """
                Examples:
                  prikke sync pull
                  prikke sync pull --file jobs/prod.yaml --overwrite
                  prikke sync pull --file - | less
                """)

        @Option(help: "The file to write; - for standard output.") var file = "prikke.yaml"
        @Flag(help: "Write over a file that is there.") var overwrite = false
        @OptionGroup var settings: ClientSettings
        @Flag(help: "Print the document as one JSON object, and write no file.") var json = false

        func run() async throws {
            let client = try settings.client()
            if file != "-", !json, !overwrite, access(file, F_OK) == 0 {
                throw ValidationError("--file: \(file) is there already; say --overwrite to write over it, or name another.")
            }
            let pulled = PulledJobs(try await client.all("/api/jobs"))
            for note in pulled.notes { Output.note(note) }
            if json { return Output.answer(["jobs": .array(pulled.jobs.map(JSON.object))]) }
            if file == "-" { return Output.answer(ArraySlice(Array(pulled.yaml.utf8))) }
            guard OutputFile.write(pulled.yaml, to: file) else {
                throw ValidationError("--file: \(file) cannot be written: \(String(cString: strerror(errno))).")
            }
            Output.note("\(pulled.jobs.count) \(pulled.jobs.count == 1 ? "job" : "jobs") written to \(file).")
        }
    }
}

/// Files that a command writes, whole or not at all.
private enum OutputFile {
    /// False, with `errno`, where it cannot be written.
    static func write(_ text: String, to path: String) -> Bool {
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return false }
        defer { unlink(draft) }
        var rest = ArraySlice(Array(text.utf8))
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else {
                close(descriptor)
                return false
            }
            rest = rest.dropFirst(max(0, count))
        }
        return close(descriptor) == 0 && rename(draft, path) == 0
    }
}
