import FolderKit
import Journal
import Model
import Testing

/// Goal: what an event went through is told as it was, and costs next to nothing where it simply was taken.
struct HistoryTests {
    private func moment(_ milliseconds: Int64) -> Instant { Instant.start.advanced(byMilliseconds: milliseconds) }

    private func opened(_ folder: Folder) async throws -> (SQLiteJournal, SQLiteBrowser) {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...9 { _ = try await journal.append(.sample(number)) }
        return (journal, try SQLiteBrowser(path: folder.journalPath))
    }

    @Test func tellsByWhenASinkHadComePast() async throws {
        let (journal, browser) = try await opened(Folder())
        for (cursor, at) in [(1, 0), (2, 100), (3, 200), (4, 300), (5, 5_000), (6, 5_100)] {
            try await journal.record(Steps(at: moment(Int64(at)), cursor: Int64(cursor)), for: "crm")
        }
        var states: [EventHistory.State] = []
        for sequence in 1...7 { states += try await browser.history(of: Int64(sequence)).sinks.map(\.state) }
        // To the second: 2 to 4 were of one, and nothing came behind 4 for long.
        #expect(
            states == [
                .passed(by: moment(0)), .passed(by: moment(300)), .passed(by: moment(300)), .passed(by: moment(300)),
                .passed(by: moment(5_000)), .passed(by: moment(5_100)), .ahead,
            ])
        #expect(try await browser.history(of: 4).commit != nil)
        await browser.close()
        await journal.close()
    }

    @Test func keepsWhatWasNotSimplyTaken() async throws {
        let folder = try Folder()
        let (journal, browser) = try await opened(folder)
        let failed = Steps.Postponed(
            sequence: 2, attempts: 1, firstTriedAt: moment(0), dueAt: moment(50), reason: "status 500",
            triedAt: moment(10))
        let behind = Steps.Postponed(
            sequence: 3, attempts: 0, firstTriedAt: moment(0), dueAt: moment(50), reason: "waits behind 2")
        try await journal.record(Steps(at: moment(10), cursor: 3, postponed: [failed, behind]), for: "crm")
        #expect(
            try await browser.history(of: 2).sinks.map(\.state)
                == [.waiting(tries: 1, until: moment(50), reason: "status 500")])
        #expect(try await browser.history(of: 3).attempts.isEmpty)
        let settled = Steps.Settled(sequence: 2, attempts: 2, at: moment(60))
        let buried = Steps.Buried(sequence: 3, attempts: 1, at: moment(61), reason: "status 404")
        try await journal.record(Steps(at: moment(61), buried: [buried], settled: [settled]), for: "crm")
        #expect(try await browser.history(of: 2).attempts.map(\.outcome) == [.failed, .taken])
        #expect(try await browser.history(of: 3).sinks.map(\.state) == [.dead(at: moment(61), reason: "status 404")])

        try await journal.record(Steps(at: moment(70), replayed: [3, 77]), for: "crm")
        #expect(try await browser.history(of: 3).attempts.map(\.outcome) == [.buried, .replayed])
        let again = try await journal.replays(of: "crm", after: 0, limit: 9)
        #expect(
            again.map(\.entry.sequence) == [3] && again.map(\.attempts) == [0] && again.map(\.dueAt) == [moment(70)])
        #expect(try await browser.deadLetters().letters.isEmpty)

        let state = try await journal.progress(of: "crm")
        #expect(state.halt == nil && state.outage == nil && !state.isServed && state.trials.isEmpty)
        let halt = Progress.Halt(reason: "status 410", at: moment(80))
        let outage = Progress.Outage(until: moment(90), probesFailed: 3)
        try await journal.record(
            Steps(tried: [4], isServed: true, turn: .halted(halt), health: .down(outage)), for: "crm")
        try await journal.record(Steps(tried: [5, 6]), for: "crm")
        #expect(
            try await journal.progress(of: "crm")
                == Progress(cursor: 3, isServed: true, trials: [4: 1, 5: 0, 6: 0], halt: halt, outage: outage))
        try await journal.record(Steps(survived: [4, 5, 6], isServed: false, turn: .resumed, health: .up), for: "crm")
        #expect(try await journal.progress(of: "crm") == Progress(cursor: 3))

        try await journal.record(
            Steps(cursor: 9, settled: [Steps.Settled(sequence: 3, attempts: 1, at: moment(90))]), for: "crm")
        _ = try await journal.prune(Retention(before: moment(99), sinks: ["crm"]))
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM attempts") == 0)
        await browser.close()
        await journal.close()
    }
}
