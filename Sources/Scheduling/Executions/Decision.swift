import Time

/// What was decided about one job's occurrences at one moment, and how the job stands then.
struct Decision: Sendable {
    /// One that is to run.
    struct Start: Sendable {
        let time: Timestamp
        /// When it may start: later than its time where it is late and has to wait for its turn.
        let dueAt: Timestamp
        let trigger: ExecutionTrigger
        /// It could not start in time, and makes up for that.
        let isMadeUp: Bool
    }

    /// The next occurrence to be queued.
    var next: Timestamp?
    /// The first that a pause passes over, and when to look at it; or when to look whether the month's limit still holds.
    var passingFrom: Timestamp?
    var passAt: Timestamp?
    var stretch: Stretch?
    var starts: [Start] = []
    var notRun: [(reason: Reason, entry: Stretch.Entry)] = []
    /// So many of them were missed.
    var missed = 0

    /// As the job stands, nothing decided.
    init(_ job: DueJob) { (next, passingFrom, passAt, stretch) = (job.nextRunAt, job.passingFrom, job.passAt, job.stretch) }

    /// Does not run occurrences, for a reason.
    mutating func leaveOut(_ times: [Timestamp], _ reason: Reason) {
        let (stretch, entries) = Stretch.adding(times, reason, to: stretch)
        self.stretch = stretch
        if reason == .startDeadline { missed += times.count }
        notRun += entries.map { (reason, $0) }
    }

    /// So soon it is looked again whether a limit still holds, where nobody says so.
    static let limitLook: Duration = .seconds(300)

    /// What the passage says. The stretch of a pause that is not over yet stays what it is: it is the pause's to tell.
    init(_ job: DueJob, _ passage: Passage, now: Timestamp, catchUp: CatchUp) {
        self.init(job)
        next = passage.next
        let (pause, pauseLook) = passingFrom == nil ? (nil, nil) : (stretch, passAt)
        (stretch, passAt) = (passingFrom == nil ? stretch : nil, nil)
        leaveOut(passage.missed, .startDeadline)
        starts = passage.queued.enumerated().map { index, time in
            let isMadeUp = index < passage.madeUp
            let latest = isMadeUp ? nil : job.startDeadline.map { time.adding($0) }
            return Start(
                time: time, dueAt: catchUp.start(of: time, since: job.scheduleSetAt, now: now, latest: latest), trigger: .schedule,
                isMadeUp: isMadeUp)
        }
        // What a limit kept from running is made up once it is lifted, unless what runs now makes up for it.
        let isMadeUpFor = !(stretch?.reason == .limitReached && job.missed.makesUpMany)
        if !starts.isEmpty { if isMadeUpFor { stretch = nil } else { stretch?.beginRow() } }
        leaveOut(passage.overLimit, .limitReached)
        if stretch?.reason == .limitReached { passAt = min(now.adding(Self.limitLook), now.nextMonth) }
        if !starts.isEmpty, !isMadeUpFor { passAt = now }
        if passingFrom != nil { (stretch, passAt) = (pause, pauseLook) }
    }
}
