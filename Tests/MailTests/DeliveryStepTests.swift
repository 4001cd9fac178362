import Postgres
import Testing
import Time

@testable import Mail

/// What becomes of a mail, without a database.
@Suite struct DeliveryStepTests {
    private static let begin = Timestamp(seconds: 1_800_000_000)

    private func mail(_ kind: Message.Kind = .newAPIKey, tries: Int = 1, expiresAt: Timestamp? = nil) -> LeasedMail {
        LeasedMail(
            id: ID(), kind: kind, recipient: "alice@example.com", sealed: nil, createdAt: Self.begin, expiresAt: expiresAt, tries: tries,
            leasedUntil: Self.begin, wasHandedOver: false)
    }

    @Test func pausesDoubleFromAMinuteToAnHour() {
        let pauses = (1...9).map { DeliveryStep.pause(after: $0) }
        #expect(pauses == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600].map { .seconds($0) })
        #expect(DeliveryStep.pause(after: 0) == .seconds(60) && DeliveryStep.pause(after: .max) == .seconds(3_600))
    }

    @Test func aTransportMayAskForALongerPauseAndForNoShorterOne() {
        let now = Self.begin
        for (asked, pause) in [(nil, 60), (Duration.seconds(5), 60), (.seconds(600), 600)] as [(Duration?, Int64)] {
            let step = DeliveryStep.after(.tryLater(reason: "busy", after: asked), mail(), now: now)
            #expect(step == .retry(at: now.adding(.seconds(pause)), reason: "busy"))
        }
    }

    @Test func aMailIsTriedForADay() {
        let last = Self.begin.adding(.seconds(24 * 3_600 - 61))
        let outcome = SendOutcome.tryLater(reason: "busy", after: nil)
        #expect(DeliveryStep.after(outcome, mail(), now: last).nextTryAt != nil)
        #expect(DeliveryStep.after(outcome, mail(), now: last.adding(.seconds(1))) == .failed(reason: "busy"))
    }

    @Test func aMailIsNotTriedOnceItIsOfNoUse() {
        let expired = mail(expiresAt: Self.begin.adding(.seconds(60)))
        let outcome = SendOutcome.tryLater(reason: "busy", after: nil)
        #expect(DeliveryStep.after(outcome, expired, now: Self.begin) == .expired(reason: "busy"))
        let late = mail(expiresAt: Self.begin.adding(.seconds(7 * 86_400)))
        #expect(DeliveryStep.after(outcome, late, now: Self.begin.adding(.seconds(86_400))) == .failed(reason: "busy"))
    }

    @Test(arguments: Message.Kind.allCases)
    func anUnknownOutcomeIsLookedUpLaterAndOnlySomeKindsGoAgain(kind: Message.Kind) {
        let now = Self.begin
        #expect(
            DeliveryStep.after(.unknown(reason: "lost"), mail(kind), now: now) == .lookUp(at: now.adding(.seconds(120)), reason: "lost"))
        let found = DeliveryStep.after(Finding.notFound, mail(kind), now: now)
        let goesAgain = ![.signIn, .invite, .confirmAddress, .channelConfirmation].contains(kind)
        #expect(kind.mayBeRepeated == goesAgain)
        #expect(found.status == (goesAgain ? "waiting" : "unknown") && found.nextTryAt == (goesAgain ? now : nil))
        #expect(DeliveryStep.after(Finding.sent(providerID: "7"), mail(kind), now: now) == .sent(providerID: "7"))
    }

    @Test func whoCannotTellIsAskedAgainAndNotForEver() {
        let finding = Finding.cannotTell(reason: "away")
        #expect(DeliveryStep.after(finding, mail(), now: Self.begin) == .lookUp(at: Self.begin.adding(.seconds(60)), reason: "away"))
        #expect(DeliveryStep.after(finding, mail(), now: Self.begin.adding(.seconds(86_400))) == .unknown(reason: "away"))
    }

    @Test func aReasonIsOneShortLine() {
        let step = DeliveryStep.failed(reason: "a\r\nb" + String(repeating: "c", count: 1_000))
        #expect(step.error?.hasPrefix("a bc") == true && step.error?.count == 300)
    }
}
