import JSON
import Postgres
import Tenancy
import Time

/// A kind of job: it declares its settings and performs one attempt. It knows nothing of HTTP forms, HTML or SQL; the form,
/// the validation, the API's schema and the documentation come from `fields`.
///
/// Failing is an outcome. There is nothing to throw: what a plugin cannot help is a reason too.
public protocol JobPlugin: Sendable {
    /// The word in a job's `plugin`.
    static var kind: String { get }
    /// The members of a job's `config`.
    static var fields: [Field] { get }

    /// What is wrong with settings that `fields` let through; pointers start at the config.
    func check(_ config: JSON) -> [FieldError]
    /// The settings with what depends on other settings filled in: a method, where there is a body.
    func completed(_ config: JSON) -> JSON
    /// A name for a job that was given none: the target's host, for one.
    func name(for config: JSON) -> String
    /// Where the secrets of a config are, whatever else is right or wrong with it. What is there is kept sealed, and shown as
    /// `***`. Unless a plugin says otherwise: in the fields that are marked `secret`.
    func secrets(in config: JSON) -> [ConfigPath]
    /// Who gets the secrets that a config holds. Where that changes, they must be written again. Unless a plugin says otherwise: always
    /// the same.
    func destination(of config: JSON) -> String
    /// A config as the audit log shows it: without anything that may be a secret. Unless a plugin says otherwise: with its secrets
    /// masked.
    func audited(_ config: JSON) -> JSON
    /// Performs one attempt. Ends by the call's deadline, and soon after its task is cancelled.
    func run(_ call: JobCall) async -> Outcome
}

extension JobPlugin {
    /// The fields that are marked `secret`.
    public func secrets(in config: JSON) -> [ConfigPath] {
        Self.fields.filter(\.isSecret).map { ConfigPath($0.name) }.filter { config.value(at: $0).map { !$0.isNull } ?? false }
    }

    /// Always the same.
    public func destination(of config: JSON) -> String { "" }

    /// Whom a job with that config calls, as host:port; nil: nobody.
    func host(of config: JSON) -> String? {
        destination(of: config).split(separator: "://", maxSplits: 1).last.map(String.init)
    }

    /// With its secrets masked.
    public func audited(_ config: JSON) -> JSON {
        secrets(in: config).reduce(config) { $0.setting(ConfigPath.mask, at: $1) }
    }
}

/// Everything one attempt needs to know.
public struct JobCall: Sendable {
    public let organizationID: ID<Organization>
    public let jobID: ID<Job>
    public let executionID: ID<Execution>
    public let attempt: Int
    public let trigger: ExecutionTrigger
    public let scheduledFor: Timestamp
    /// By the database's clock.
    public let startedAt: Timestamp
    public let lateness: Duration
    public let config: JSON
    /// A manual run's own body; nil: the config's.
    public let override: JSON?
    /// The whole call must be over by then.
    public let timeout: Duration
    public let success: SuccessRules
    /// What the request is signed with, newest first.
    public let signingSecrets: [[UInt8]]
}

/// The kinds of job that this program has.
public struct JobPlugins: Sendable {
    private let plugins: [(kind: String, fields: [Field], plugin: any JobPlugin)]
    /// `JobShape.draft` of them, made once: it is held against every job that is saved.
    private(set) var draft = Shape.anything

    /// To add a kind, add it to the list that the program passes here.
    public init(_ plugins: [any JobPlugin]) {
        self.plugins = plugins.map { (type(of: $0).kind, type(of: $0).fields, $0) }
        draft = JobShape.draft(self)
    }

    /// The kinds there are.
    public var kinds: [String] { plugins.map(\.kind) }

    /// The members of a kind's `config`; nil: there is no such kind.
    public func fields(of kind: String) -> [Field]? { plugins.first { $0.kind == kind }?.fields }

    subscript(kind: String) -> (any JobPlugin)? { plugins.first { $0.kind == kind }?.plugin }

    /// Each kind with the field that its settings make.
    var configFields: [(kind: String, config: Field)] {
        plugins.map { kind, fields, plugin in
            let shape = Shape.object(fields).checked { plugin.check($0) }
            return (kind, Field("config", shape, required: true, help: "What the \(kind) job does."))
        }
    }
}
