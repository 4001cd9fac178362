import JSON
import Scheduling
import Time

/// How long nobody is to be told about something.
enum MuteForm {
    enum Length: String, Sendable, CaseIterable {
        case hour = "1h"
        case shift = "8h"
        case day = "1d"
        case week = "7d"
        case ever

        var label: String {
            switch self {
            case .hour: "1 hour"
            case .shift: "8 hours"
            case .day: "1 day"
            case .week: "7 days"
            case .ever: "Until somebody ends it"
            }
        }

        /// Nil: without end.
        func end(_ now: Timestamp) -> Timestamp? {
            switch self {
            case .hour: now.adding(.seconds(3_600))
            case .shift: now.adding(.seconds(8 * 3_600))
            case .day: now.adding(.seconds(86_400))
            case .week: now.adding(.seconds(7 * 86_400))
            case .ever: nil
            }
        }
    }

    /// Where to go afterwards; left out: the incident's page.
    static let back = Field("back", .choice(["list", "job"]))
    static let fields = [
        Field("for", .choice(Length.allCases.map(\.rawValue)), default: .string(Length.ever.rawValue), label: "Tell nobody for"), back,
    ]

    static func form(_ incident: Incident, _ frame: AlertFrame) -> Form {
        let options = Length.allCases.map { FormField.Option(value: $0.rawValue, label: $0.label) }
        return Form(
            to: Paths.filled(Paths.incidentMute, frame.slug, incident.id.text), token: frame.viewer.formToken,
            fields: [
                FormField(
                    name: "for", kind: .select, label: "Tell nobody for",
                    help: "Mutes \(incident.mutes). If it still fails at the end, that is told then.", value: Length.hour.rawValue,
                    options: options)
            ], button: "Mute", id: "mute")
    }
}
