import JSON

/// prikke.yaml: what it says, and where it says so.
struct SyncFile {
    /// As it was named.
    let path: String
    let document: JSONObject
    private let place: Place

    /// What is wrong with the file, a line for each: `prikke.yaml:12:5: jobs[3].config.url: sentence`.
    struct Mistakes: Error, CustomStringConvertible {
        let lines: [String]
        var description: String { lines.joined(separator: "\n") }
    }

    /// In bytes; the API takes no larger document.
    private static let largest = 16 << 20

    /// Throws `Mistakes`, or `InputFile.Unreadable`.
    init(_ path: String) async throws {
        let bytes = try InputFile.read(path, upTo: Self.largest)
        let name = path == "-" ? "standard input" : path
        do throws(YAMLReading.Mistake) {
            let reading = try await YAMLReading.read(bytes)
            guard let document = reading.json.object else {
                throw YAMLReading.Mistake(line: 1, column: 1, sentence: "This is no document of sync; write jobs: and a list of jobs.")
            }
            for option in ["dry_run", "confirm_delete", "adopt"] where document[option] != nil {
                let place = reading.place.find("/" + option)
                let remedy = option == "dry_run" ? "use prikke sync plan" : "say --\(option.replacing("_", with: "-")) instead"
                throw YAMLReading.Mistake(
                    line: place.line, column: place.column, pointer: "/" + option,
                    sentence: "This belongs to one call, not into a file; \(remedy).")
            }
            (self.path, self.document, place) = (name, document, reading.place)
        } catch {
            throw Mistakes(lines: [Self.line(name, error.line, error.column, error.pointer, error.sentence)])
        }
    }

    /// An error of the server, as a line that names the place.
    func line(_ error: FieldError) -> String {
        let place = place.find(error.pointer)
        return Self.line(path, place.line, place.column, error.pointer, error.detail)
    }

    private static func line(_ file: String, _ line: Int, _ column: Int, _ pointer: String, _ sentence: String) -> String {
        let path = Place.path(pointer)
        return "\(file):\(line):\(column): " + (path.isEmpty ? "" : path + ": ") + sentence
    }
}
