import Mail
import Tenancy

extension MailSample {
    /// All that there are.
    static func all(_ renderer: MessageRenderer) throws -> [MailSample] {
        samples(of: try Message.samplesOfPeople() + Message.samplesOfAlerts(), by: renderer)
    }
}
