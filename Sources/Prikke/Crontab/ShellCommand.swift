/// One word of a shell command, as the program gets it.
struct ShellWord: Equatable {
    var text = ""
    /// Why `text` is not all of it; nil: it is.
    var unknown: CrontabSkip?
    /// Whether any of it stood in quotes: then it is no reserved word and no assignment.
    var isQuoted = false

    /// The text, where it must be known.
    func known() throws(CrontabSkip) -> String {
        if let unknown { throw unknown }
        return text
    }
}

/// `> file`, `2>&1`, `<<< text`.
struct ShellRedirect: Equatable {
    /// As `>`, `>>`, `<`, `<<<`, `>&`, `<&`, `&>`.
    let sign: String
    /// Before the sign; nil: standard output or input.
    let descriptor: Int?
    let target: ShellWord
}

/// What stands between two bars or semicolons.
struct ShellCommand: Equatable {
    enum Body: Equatable {
        case simple([ShellWord])
        case group([ShellStep])
    }
    var body: Body
    var redirects: [ShellRedirect] = []
}

/// Commands joined by bars, and what joins them to those before.
struct ShellStep: Equatable {
    enum Joint: Equatable { case first, and, or, then, background }
    let joint: Joint
    let pipeline: [ShellCommand]

    /// Whether it is `false`, which always fails.
    var isFalse: Bool {
        guard case .simple(let words)? = pipeline.last?.body else { return false }
        return words.first?.program == "false"
    }
}
