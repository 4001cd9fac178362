import JSON
import Scheduling

extension Operation {
    /// What may stand in the braces of a path. Anything else names nothing: it is answered 404, like what is not there.
    static let pathFields: [Field] = [
        Field(
            "job", .string(5...104, format: .jobName), help: "Its id, or key: and its own key, whose slashes are written %2F.",
            example: "job_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("execution", .id("exe"), help: "The execution’s id.", example: "exe_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("attempt", .integer(1...32_767), help: "The attempt’s number, from 1.", example: 1),
        Field("member", .id("usr"), help: "The user’s id.", example: "usr_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("invite", .id("inv"), help: "The invite’s id.", example: "inv_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("channel", .id("chn"), help: "The channel’s id.", example: "chn_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("incident", .id("inc"), help: "The incident’s id.", example: "inc_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("delivery", .id("dlv"), help: "The delivery’s id.", example: "dlv_01jd3w8k4dfk1q2v7c9r5t0xyz"),
        Field("key", .id("key"), help: "The key’s id.", example: "key_01jd3w8k4dfk1q2v7c9r5t0xyz"),
    ]

    /// The parameters of this path, in order.
    var pathParameters: [Field] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { part in
            let name = String(part.dropFirst().dropLast())
            return Self.pathFields.first { $0.name == name } ?? Field(name, .string(1...200))
        }
    }
}

extension Shape {
    /// The written id of one kind of thing, told by its prefix.
    fileprivate static func id(_ prefix: String) -> Shape {
        let length = prefix.utf8.count + 27
        let format = TextFormat(
            pattern: "^\(prefix)_[0-7][0-9a-hjkmnp-tv-z]{25}$", hint: "Use an id as it was answered: \(prefix)_ and 26 characters."
        ) { $0.hasPrefix(prefix + "_") }
        return .string(length...length, format: format)
    }
}

extension TextFormat {
    fileprivate static let jobName = TextFormat(
        pattern: "^(job_[0-7][0-9a-hjkmnp-tv-z]{25}|key:[a-z0-9][a-z0-9._/-]{0,99})$", hint: "Use a job’s id, or key: and its key."
    ) { Jobs.Name($0) != nil }
}
