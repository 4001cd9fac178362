#if DEBUG
    import Glibc
    import Synchronization

    /// `PRIKKE_FAILPOINT=statement_errors:P:SEED:FILE`: P percent of all statements fail as a loaded or failing server makes them
    /// fail, from when the file is there: however long the program takes to start, its start is spared. Only in debug builds.
    enum StatementErrors {
        /// How a statement fails.
        enum Fault {
            case refused(sqlState: String)
            case lostBefore
            case lostAfter
        }

        private struct State {
            var generator: UInt64
            let percent: UInt64
            let sign: String
            var hasBegun = false
        }

        private static let state = Mutex(asked())

        private static func asked() -> State? {
            let words = (getenv("PRIKKE_FAILPOINT").map { String(cString: $0) } ?? "").split(separator: ",")
            let parts = words.first { $0.hasPrefix("statement_errors:") }?.split(separator: ":") ?? []
            guard parts.count == 4, let percent = UInt64(parts[1]), let seed = UInt64(parts[2]) else { return nil }
            return State(generator: seed, percent: percent, sign: String(parts[3]))
        }

        /// What becomes of the next statement; nil: it is left alone.
        static func next() -> Fault? {
            state.withLock { state in
                guard var drawn = state else { return nil }
                defer { state = drawn }
                drawn.hasBegun = drawn.hasBegun || access(drawn.sign, F_OK) == 0
                guard drawn.hasBegun else { return nil }
                guard Self.draw(&drawn.generator) % 100 < drawn.percent else { return nil }
                let faults: [Fault] = [
                    .refused(sqlState: "40001"), .refused(sqlState: "40P01"), .refused(sqlState: "57014"), .lostBefore, .lostAfter,
                ]
                return faults[Int(Self.draw(&drawn.generator) % 5)]
            }
        }

        /// SplitMix64.
        private static func draw(_ generator: inout UInt64) -> UInt64 {
            generator &+= 0x9e37_79b9_7f4a_7c15
            var z = generator
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    extension Connection {
        /// Lets a request fail, now or when it has been answered; the request to go on with, or nil.
        func failed(_ request: Request) -> Request? {
            switch StatementErrors.next() {
            case nil: return request
            case .refused(let sqlState):
                request.fail(PostgresError(.server(sqlState: sqlState), "a failpoint refused it"), sent: false)
                return nil
            case .lostBefore:
                close(PostgresError(.connectionLost, "a failpoint broke the connection"))
                request.fail(PostgresError(.connectionLost, "a failpoint broke the connection"), sent: true)
                return nil
            case .lostAfter:
                var cut = request
                cut.reply = { _ in
                    let lost = PostgresError(.connectionLost, "a failpoint broke the connection")
                    self.assumeIsolated { $0.close(lost) }
                    request.fail(lost, sent: true)
                }
                return cut
            }
        }
    }
#endif
