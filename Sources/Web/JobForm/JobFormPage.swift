import JSON
import Scheduling

/// A job's form. (The stored names are long because a template knows no name at two depths.)
struct JobFormPage: Page {
    static let template = "jobform"
    static let fragments: Set = ["jobpreview", "testresult"]

    struct Hidden: Sendable { let hiddenName, hiddenValue: String }
    struct Piece: Sendable {
        let pieceClasses: String
        let pieceFields: [FormField]
    }
    struct Group: Sendable {
        let groupTitle: String
        let isOpen: Bool
        let groupFields: [FormField]
    }
    struct PluginLink: Sendable {
        let pluginName, pluginPath: String
        let isChosen: Bool
    }
    struct Conflict: Sendable {
        let loadPath: String
        let differences: [Difference]
        let hasDifferences: Bool
    }
    struct Difference: Sendable { let differenceLabel, theirs, mine: String }
    struct Zone: Sendable { let zoneName: String }

    let title: String
    let heading: String
    let formPath: String
    let formToken: String
    let previewPath: String
    let livePreviewPath: String
    let testPath: String
    let cancelPath: String
    let saveLabel: String
    let hiddenFields: [Hidden]
    let hasComplaints: Bool
    let isComplaintFirst: Bool
    let complaints: [Form.Complaint]
    /// One, where somebody else has changed the job meanwhile.
    let conflicts: [Conflict]
    let hasPlugins: Bool
    let pluginLinks: [PluginLink]
    let targetFields: [FormField]
    let targetGroups: [Group]
    let kindFields: [FormField]
    let pieces: [Piece]
    let periodGroups: [Group]
    let nameFields: [FormField]
    let groups: [Group]
    let zones: [Zone]
    let previews: [SchedulePreviewView]
    let results: [TestResultView]
}

extension JobFormPage {
    init(
        _ form: JobForm, _ viewer: Viewer, plugins: JobPlugins, preview: SchedulePreviewView?, result: TestResultView? = nil,
        current: JSON? = nil
    ) {
        let slug = form.access.organization.slug
        let fields = form.fields()
        func group(_ group: JobFields.Group) -> Group {
            Group(groupTitle: group.title, isOpen: form.isOpen(group), groupFields: group.fields)
        }
        heading = form.job.map { "Change \($0.definition.name)" } ?? "New job"
        title = "\(heading) · \(form.access.organization.name)"
        let ownPath = form.job.map { Paths.filled(Paths.jobEdit, slug, $0.id.text) } ?? Paths.filled(Paths.newJob, slug)
        formPath = ownPath
        formToken = viewer.formToken
        let place = Paths.filled(Paths.jobPreview, slug)
        (previewPath, livePreviewPath) = (place + "#understood", Fragments.path("jobpreview", of: place))
        testPath = Paths.filled(Paths.jobTest, slug)
        cancelPath = form.job.map { Paths.filled(Paths.job, slug, $0.id.text) } ?? Paths.filled(Paths.jobs, slug)
        saveLabel = form.job == nil ? "Create job" : current == nil ? "Save" : "Save mine over it"
        let ofJob = form.job.map { [Hidden(hiddenName: "_job", hiddenValue: $0.id.text)] } ?? []
        let ofVersion = form.version.map { [Hidden(hiddenName: "_version", hiddenValue: "\($0)")] } ?? []
        hiddenFields = ofJob + ofVersion + [Hidden(hiddenName: "plugin", hiddenValue: form.plugin)]
        complaints = form.complaints.map(Form.Complaint.init)
        hasComplaints = !complaints.isEmpty
        isComplaintFirst = hasComplaints && form.errors.isEmpty
        conflicts =
            current.map { current in
                let differences = form.differences(from: current)
                return [
                    Conflict(
                        loadPath: ownPath,
                        differences: differences.map { Difference(differenceLabel: $0.label, theirs: $0.theirs, mine: $0.mine) },
                        hasDifferences: !differences.isEmpty)
                ]
            } ?? []
        pluginLinks = plugins.kinds.map {
            PluginLink(
                pluginName: $0, pluginPath: Paths.query(Paths.filled(Paths.newJob, slug), [("plugin", $0)]), isChosen: $0 == form.plugin)
        }
        hasPlugins = form.job == nil && pluginLinks.count > 1
        targetFields = fields.target
        targetGroups = fields.moreOfTarget.fields.isEmpty ? [] : [group(fields.moreOfTarget)]
        kindFields = fields.kind
        pieces = fields.pieces.map { Piece(pieceClasses: "w \($0.classes)", pieceFields: $0.fields) }
        periodGroups = [group(fields.period)]
        nameFields = fields.name
        groups = fields.groups.map(group)
        zones = JobFields.zones.map(Zone.init)
        previews = preview.map { [$0] } ?? []
        results = result.map { [$0] } ?? []
    }

    static let samples = [sample(isWhole: false), sample(isWhole: true)]

    private static func sample(isWhole: Bool) -> JobFormPage {
        let field = FormField(name: "config_url", label: "URL", help: "What to call.", error: isWhole ? "No <b>." : "")
        let choice = FormField(name: "kind", kind: .radios, label: "It runs", value: "a", options: [.init(value: "a", label: "A")])
        let flag = FormField(name: "paused", kind: .flag, options: [.init(value: "true", label: "Paused")])
        let group = Group(groupTitle: "Alerts", isOpen: isWhole, groupFields: [field, flag])
        return JobFormPage(
            title: "New job · Acme", heading: "New job", formPath: "/a", formToken: "t", previewPath: "/b#c", livePreviewPath: "/b",
            testPath: "/c", cancelPath: "/d", saveLabel: "Create job", hiddenFields: [.init(hiddenName: "plugin", hiddenValue: "http")],
            hasComplaints: isWhole, isComplaintFirst: false, complaints: isWhole ? [.init(complaint: "Too many <b>.")] : [],
            conflicts: isWhole
                ? [.init(loadPath: "/a", differences: [.init(differenceLabel: "URL", theirs: "a", mine: "b")], hasDifferences: true)] : [],
            hasPlugins: isWhole, pluginLinks: isWhole ? [.init(pluginName: "http", pluginPath: "/a?plugin=http", isChosen: true)] : [],
            targetFields: [field], targetGroups: [group], kindFields: [choice], pieces: [.init(pieceClasses: "w", pieceFields: [field])],
            periodGroups: [group], nameFields: [field], groups: [group], zones: [.init(zoneName: "UTC")],
            previews: isWhole ? SchedulePreviewView.samples : [], results: isWhole ? TestResultView.samples : [])
    }
}
