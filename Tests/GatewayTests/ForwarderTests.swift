import FolderKit
import Journal
import Logging
import Model
import Sinks
import Testing
import Threads

@testable import Gateway

/// Goal: what is sent while the journal takes no word of it stays little, since all of it goes out again should another
/// process go on.
///
/// Method: a real journal whose records wait for the test, and a clock that the test moves.
@Suite(.timeLimit(.minutes(1)))
struct ForwarderTests {
    /// What happened, in its order.
    private final class Diary: Sendable {
        private let lines = Lock<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        var all: [String] { lines.withLock { $0 } }

        func count(_ line: String) -> Int { all.count { $0 == line } }

        func waits(for count: Int, of line: String) async throws {
            while self.count(line) < count { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    /// Takes each entry when the test says so.
    private final class GatedSink: Sink {
        let batchMax = 1
        let concurrency = 1
        let diary: Diary
        let gate: AsyncStream<Void>

        init(_ diary: Diary, _ gate: AsyncStream<Void>) {
            self.diary = diary
            self.gate = gate
        }

        func deliver(_ entries: [Entry]) async -> Delivered {
            diary.add("sent")
            for await _ in gate { break }
            return Delivered(outcomes: entries.map { _ in .taken })
        }

        func close() async {}
    }

    /// A journal of which records of a cursor wait until the test lets them go, and the first ones may be refused.
    private final class SlowJournal: Journal {
        let inner: SQLiteJournal
        let diary: Diary
        let isHeld = Lock(true)
        let refusals = Lock(0)

        init(_ inner: SQLiteJournal, _ diary: Diary) {
            self.inner = inner
            self.diary = diary
        }

        func record(_ steps: Steps, for sink: String) async throws(JournalError) {
            if steps.cursor != nil {
                diary.add("records")
                while isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
                let isRefused = refusals.withLock { refusals in
                    defer { refusals = max(0, refusals - 1) }
                    return refusals > 0
                }
                diary.add(isRefused ? "refused" : "recorded")
                if isRefused { throw .busy }
            }
            try await inner.record(steps, for: sink)
        }

        var ailment: String? { inner.ailment }

        nonisolated(nonsending) func append(
            _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
        ) async {
            await inner.append(receipts, tell: tell)
        }

        func read(
            after sequence: Int64, limit: Int, matching filter: EntryFilter
        ) async throws(JournalError) -> Batch {
            try await inner.read(after: sequence, limit: limit, matching: filter)
        }

        func commits() async -> AsyncStream<Int64> { await inner.commits() }

        func takeTurn(at sink: String) async throws(JournalError) -> Progress? { try await inner.takeTurn(at: sink) }

        func isOurTurn(at sink: String) -> Bool { true }

        func progress(of sink: String) async throws(JournalError) -> Progress { try await inner.progress(of: sink) }

        func retries(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError) -> [Retry] {
            try await inner.retries(of: sink, after: sequence, limit: limit)
        }

        func replays(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError) -> [Retry] {
            try await inner.replays(of: sink, after: sequence, limit: limit)
        }

        func instruct(_ steps: Steps, for sink: String) async throws(JournalError) {
            try await inner.instruct(steps, for: sink)
        }

        func words() async -> AsyncStream<SinkWord> { await inner.words() }

        func erase(_ mentions: Mentions) async throws(JournalError) -> Erased { try await inner.erase(mentions) }

        func note(_ record: ErasureRecord) async throws(JournalError) -> Bool { try await inner.note(record) }

        func close() async { await inner.close() }
    }

    private static func receipt(_ number: UInt64) -> Receipt {
        let event = FrozenEvent(
            id: EventID(high: 1, low: number),
            label: Label(type: "t", provider: "telesign", channel: "sms", source: "s"), subject: nil,
            bytes: Array("{}".utf8))
        return Receipt(
            requestId: event.id, receivedAt: Instant(microseconds: 0), source: "s", provider: "telesign",
            headers: HeaderBlock([]),
            body: [], bodyDigest: [UInt8](repeating: 0, count: 32), events: [event], faults: [],
            authenticity: Authenticity(method: .none, key: nil))
    }

    /// A forwarder at work on a journal with some events in it.
    private final class Scene: Sendable {
        let folder: TemporaryFolder
        let diary = Diary()
        let clock = Lock(Instant(microseconds: 1_000_000_000))
        /// Whether every wait lasts until it is false.
        let isAsleep = Lock(false)
        let journal: SlowJournal
        let opening: AsyncStream<Void>.Continuation
        let forwarder: Forwarder
        private let loop: EventLoop
        private let work: Task<Void, Never>

        init(events: Int, refusals: Int = 0) async throws {
            folder = try TemporaryFolder()
            let time = Time(
                now: { [clock] in clock.withLock { $0 } },
                sleep: { [isAsleep] milliseconds in
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    while isAsleep.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
                }, chance: { 0 })
            journal = SlowJournal(try SQLiteJournal.open(at: folder.path("mogate.db"), now: time.now), diary)
            journal.refusals.withLock { $0 = refusals }
            for number in 1...events { _ = try await journal.append(ForwarderTests.receipt(UInt64(number))) }
            let (gate, opening) = AsyncStream.makeStream(of: Void.self)
            self.opening = opening
            loop = try EventLoop(name: "sinks")
            forwarder = Forwarder(
                name: "crm", sink: GatedSink(diary, gate), filter: EntryFilter(),
                policy: Outbox.Policy(
                    order: .journal, batchMax: 1, concurrency: 1, backoff: Backoff(firstMs: 1, longestMs: 1),
                    patienceMs: 1_000),
                progress: try #require(try await journal.takeTurn(at: "crm")), journal: journal, on: loop,
                time: time, report: Reporter(logger: Logger(label: "test"), metrics: Metrics(), now: time.now))
            work = Task { [forwarder] in await forwarder.run() }
        }

        func end() async {
            opening.finish()
            await forwarder.stop()
            await work.value
            loop.stop()
        }
    }

    @Test func nothingMoreIsSentWhileTheJournalTakesNoWordOfIt() async throws {
        let scene = try await Scene(events: 9)
        let (diary, opening) = (scene.diary, scene.opening)
        // While no time passes it goes on, though nothing is recorded.
        for number in 1...3 {
            try await diary.waits(for: number, of: "sent")
            opening.yield()
        }
        try await diary.waits(for: 4, of: "sent")
        scene.clock.withLock { $0 = $0.advanced(byMilliseconds: 1_001) }
        opening.yield()
        // It has looked again after that one was taken, many times over.
        for _ in 1...200 {
            _ = await scene.forwarder.state
            await scene.forwarder.lookAgain()
        }
        scene.journal.isHeld.withLock { $0 = false }
        try await diary.waits(for: 5, of: "sent")
        let order = diary.all
        let fifth = try #require(order.indices.filter { order[$0] == "sent" }.dropFirst(4).first)
        #expect(order[..<fifth].contains("recorded"), "it was sent before anything was recorded: \(order)")
        await scene.end()
        await scene.journal.close()
    }

    @Test func allIsRecordedAtTheEndAlsoWhereTheLastRecordWasRefused() async throws {
        let scene = try await Scene(events: 1, refusals: 1)
        scene.journal.isHeld.withLock { $0 = false }
        scene.isAsleep.withLock { $0 = true }
        try await scene.diary.waits(for: 1, of: "sent")
        scene.opening.yield()
        try await scene.diary.waits(for: 1, of: "refused")
        // It is told to stop while it leaves the journal alone for a while.
        await scene.forwarder.stop()
        scene.isAsleep.withLock { $0 = false }
        await scene.end()
        let progress = try await scene.journal.progress(of: "crm")
        #expect(progress.cursor == 1 && !progress.isServed)
        await scene.journal.close()
    }
}
