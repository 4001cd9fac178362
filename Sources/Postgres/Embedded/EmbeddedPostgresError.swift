import Glibc

/// Why a private Postgres cannot be had. Each description is a sentence for the person who started the program, with the
/// next step in it; none holds a secret.
public enum EmbeddedPostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No folder holds both `initdb` and `postgres`, or none of the version that made this cluster (`wanted`).
    case notInstalled(wanted: Int?)
    /// The newest server found is older than ``ServerPrograms/oldest``.
    case tooOld(major: Int)
    /// Started as root, and there is nobody to run the server as.
    case noServerUser
    /// Another program owns the data folder.
    case inUse(dataFolder: String, owner: Int32?)
    /// A program of Postgres failed; `log` is the end of what it wrote.
    case failed(program: String, log: String)
    /// The operating system refused: a call, what it was about, and its reason.
    case system(String)

    /// For people.
    public var description: String {
        switch self {
        case .notInstalled(let wanted?):
            """
            The data folder holds a cluster of PostgreSQL \(wanted), and the server of that version is not installed: \
            `apt-get install postgresql-\(wanted)` (on macOS `brew install postgresql@\(wanted)`).
            """
        case .notInstalled(nil):
            """
            PostgreSQL's server is not installed: `apt-get install postgresql` (on macOS `brew install postgresql`), \
            or set DATABASE_URL to a server elsewhere.
            """
        case .tooOld(let major):
            """
            PostgreSQL \(major) is too old, \(ServerPrograms.oldest) or newer is needed: install a newer one \
            (`apt-get install postgresql`), or set DATABASE_URL to a server elsewhere.
            """
        case .noServerUser:
            """
            PostgreSQL does not run as root, and there is no user "postgres" to run it as: make one \
            (`useradd --system postgres`), or start Prikke as an ordinary user, or set DATABASE_URL.
            """
        case .inUse(let dataFolder, let owner):
            """
            The data folder \(dataFolder) is in use\(owner.map { " by process \($0)" } ?? ""): \
            stop that one first, or set PRIKKE_DATA_DIR to another folder.
            """
        case .failed(let program, let log):
            "PostgreSQL's \(program) failed. The end of its output:\n\(log)"
        case .system(let text):
            text
        }
    }

    /// The error of the system call just made; call it before anything else can change `errno`.
    static func system(_ action: String, _ path: String, code: Int32 = errno) -> Self {
        .system("Could not \(action) \(path): \(String(cString: strerror(code))).")
    }
}
