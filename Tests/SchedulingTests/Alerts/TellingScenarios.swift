import Postgres
import Testing
import Time

@testable import Scheduling

/// What happens, and the numbers of messages that the rules make of it.
extension TellingTests {
    static let day: Double = 86_400
    static let host = "api.example.com:443"

    struct Scenario: Sendable, CustomTestStringConvertible {
        let name: String
        /// opened, digest, continued, recovered.
        let numbers: [Int]
        let play: @Sendable (inout TellingWorld) -> Void

        var testDescription: String { name }
    }

    static func jobs(_ count: Int) -> [ID<Job>] { (0..<count).map { _ in ID<Job>() } }

    static let scenarios = [
        Scenario(name: "A job fails, and works again two hours later", numbers: [1, 0, 0, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 7_200)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails, and works again after five minutes", numbers: [1, 0, 0, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 300)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails for three days", numbers: [1, 0, 3, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 3 * day + 100)
            world.works(job)
            world.pass(to: 5 * day)
        },
        Scenario(name: "A job flaps: each minute it fails or works, for 24 hours", numbers: [1, 24, 0, 1]) { world in
            let job = ID<Job>()
            for minute in 0..<1_440 {
                world.pass(to: Double(minute) * 60)
                if minute % 2 == 0 { world.fails(job) } else { world.works(job) }
            }
            world.pass(to: 2 * day)
        },
        Scenario(name: "A host is out: its 200 jobs fail at once, and work again two hours later", numbers: [1, 0, 0, 1]) { world in
            let all = jobs(200)
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 0.003)
                world.fails(job, host: host)
            }
            world.pass(to: 7_200)
            for (index, job) in all.enumerated() {
                world.pass(to: 7_200 + Double(index))
                world.works(job)
            }
            world.pass(to: day - 1)
        },
        Scenario(name: "A host is out: its 200 jobs fail, spread over an hour", numbers: [1, 1, 0, 1]) { world in
            let all = jobs(200)
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 18)
                world.fails(job, host: host)
            }
            world.pass(to: 9_000)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "The same, and its breaker opens with the fifth", numbers: [1, 1, 0, 1]) { world in
            let (all, breaker) = (jobs(200), ID<Job>())
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 18)
                world.fails(job, host: host)
                if index == 4 { world.fails(breaker, host: host, kind: .breaker) }
            }
            world.pass(to: 9_000)
            world.works(breaker)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "A breaker is open for six hours, and 50 more jobs of its host fail meanwhile", numbers: [1, 0, 0, 1]) { world in
            let (all, breaker) = (jobs(50), ID<Job>())
            world.fails(breaker, host: host, kind: .breaker)
            for (index, job) in all.enumerated() {
                world.pass(to: 60 + Double(index) * 360)
                world.fails(job, host: host)
            }
            world.pass(to: 21_600)
            world.works(breaker)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "10,000 jobs of as many hosts fail within a minute", numbers: [0, 2, 0, 0]) { world in
            for (index, job) in jobs(10_000).enumerated() {
                if index % 2_500 == 0 { world.pass(to: Double(index) * 0.006) }
                world.fails(job)
            }
            world.pass(to: 7_200)
        },
        Scenario(name: "10,000 jobs of one host fail within a minute", numbers: [1, 1, 0, 0]) { world in
            for (index, job) in jobs(10_000).enumerated() {
                if index % 2_500 == 0 { world.pass(to: Double(index) * 0.006) }
                world.fails(job, host: host)
            }
            world.pass(to: 7_200)
        },
        Scenario(name: "Half of a host’s 200 jobs work again, the others a day later", numbers: [1, 0, 1, 1]) { world in
            let all = jobs(200)
            for job in all { world.fails(job, host: host) }
            world.pass(to: 7_200)
            for job in all.prefix(100) { world.works(job) }
            world.pass(to: day + 7_200)
            for job in all.suffix(100) { world.works(job) }
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails in a silence, and still does at its end", numbers: [1, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.silences[job.text] = world.at(3_600)
            world.fails(job)
            world.pass(to: 7_200)
        },
        Scenario(name: "A job fails in a silence, and works again before its end", numbers: [0, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.silences["*"] = world.at(3_600)
            world.fails(job)
            world.pass(to: 1_800)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A channel is added while a job fails: it is told with the next day’s reminder", numbers: [2, 0, 1, 2]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 600)
            world.channels.append(ID())
            world.pass(to: day + 100)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job whose alerts are off fails for a week", numbers: [0, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.audiences[job] = .nobody
            world.fails(job)
            world.pass(to: 7 * day)
        },
        Scenario(name: "A job with a channel of its own, of three, fails for a day", numbers: [1, 0, 1, 1]) { world in
            let job = ID<Job>()
            world.channels += [ID(), ID()]
            world.audiences[job] = .only([world.channels[1]])
            world.fails(job)
            world.pass(to: day + 100)
            world.works(job)
            world.pass(to: 3 * day)
        },
        Scenario(name: "A job with after: 3 fails three times", numbers: [1, 0, 0, 0]) { world in
            world.fails(ID(), count: 3)
            world.pass(to: 3_600)
        },
        Scenario(name: "40 jobs miss a run in one moment", numbers: [1, 0, 0, 0]) { world in
            for job in jobs(40) {
                world.fails(job, kind: .missed)
                world.works(job)
            }
            world.pass(to: 3 * day)
        },
        Scenario(name: "A target pauses its job, and a week goes by", numbers: [1, 0, 0, 0]) { world in
            world.fails(ID(), kind: .stopped)
            world.pass(to: 7 * day)
        },
        Scenario(name: "A job that fails is deleted", numbers: [1, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 7_200)
            world.works(job, closedReason: "Its job was deleted.")
            world.pass(to: 3 * day)
        },
    ]
}
