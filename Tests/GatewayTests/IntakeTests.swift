import FolderKit
import Foundation
import Front
import Journal
import Logging
import Model
import Providers
import Testing
import Threads

@testable import Gateway

/// Goal: of requests that come together each is answered what it would be answered alone.
@Suite(.timeLimit(.minutes(1)))
struct IntakeTests {
    private let receivedAt = Time.system.now()

    private struct Place {
        let folder: TemporaryFolder
        let journal: SQLiteJournal
        let intake: Intake
        let metrics = Metrics()

        /// - Parameters:
        ///   - extra: a setting of the source beside those it has in all tests.
        ///   - rest: settings beside the sources.
        init(extra: String = "", rest: String = "") throws {
            folder = try TemporaryFolder()
            let path = folder.path("mogate.db")
            journal = try SQLiteJournal.open(at: path, now: Time.system.now)
            let configuration = try SettingsText.read(
                """
                listen: [{address: "127.0.0.1:8080"}]
                journal: {path: "\(path)"}
                sources:
                \(RunningMogate.sources)
                \(extra)
                \(rest)
                """, RunningMogate.secrets)
            let report = Reporter(logger: Logger(label: "test"), metrics: metrics, now: Time.system.now)
            intake = Intake(
                routes: Lock(Routes(configuration.sources, proxies: configuration.proxies, metrics: metrics)),
                throttle: Throttle(strangers: configuration.limits.strangers), journal: journal,
                now: Time.system.now, report: report, accessLog: nil)
        }

        /// What requests are answered that come to Telesign's source in one pass of the loop.
        func replies(to webhooks: [Webhook]) async throws -> [Int] {
            let passes = try webhooks.map { webhook in
                guard case .admitted(let pass) = intake.admit(webhook) else {
                    throw Failure(what: "it was not let in")
                }
                return pass
            }
            #expect(passes.allSatisfy { $0.sharesBatch(with: passes[0]) }, "they are not answered together")
            return await passes[0].replies(to: webhooks).map(\.status)
        }

        var meter: SourceMeter { metrics.source("telesign", of: "telesign") }

        func count(_ histogram: Histogram) -> Int64 { histogram.reading.counts.reduce(0, +) }
    }

    private struct Failure: Error {
        let what: String
    }

    private func webhook(
        _ id: String, body: String? = nil, isForged: Bool = false, peer: String = "127.0.0.1",
        for sender: String? = nil, path: String = "/in/telesign"
    ) -> Webhook {
        let callback = body.map { Callback.signed($0) } ?? Callback.telesign(id)
        return Webhook(
            method: "POST", path: path, query: nil,
            headers: Headers(callback.headers + (sender.map { [("X-Forwarded-For", $0)] } ?? [])),
            body: Array(callback.body) + (isForged ? Array(" ".utf8) : []), peer: peer, receivedAt: receivedAt)
    }

    @Test func whatIsForgedOrKnownOrNotUnderstoodChangesNothingForTheOthers() async throws {
        let place = try Place()
        let statuses = try await place.replies(to: [
            webhook("A"), webhook("B", isForged: true), webhook("A"), webhook("", body: "[]"), webhook("C"),
        ])
        #expect(statuses == [200, 401, 200, 200, 200])
        let stored = try await place.journal.read(after: 0, limit: 10, matching: EntryFilter()).entries
        let events = stored.map { String(decoding: $0.event.bytes, as: UTF8.self) }
        #expect(events.count == 2 && events[0].contains("\"A\"") && events[1].contains("\"C\""))
        #expect(place.meter.refused.value == 1 && place.meter.duplicate.value == 1)
        #expect(place.count(place.meter.decoding) == 4 && place.count(place.meter.committing) == 4)
        #expect(try await place.replies(to: [webhook("D", isForged: true)]) == [401])
        await place.journal.close()
    }

    @Test func whatIsForTwoSourcesIsNotReadTogether() async throws {
        let place = try Place()
        let passes = ["/in/telesign", "/in/mta", "/in/telesign"].map { path -> Admission.Pass? in
            guard case .admitted(let pass) = place.intake.admit(webhook("A", path: path)) else { return nil }
            return pass
        }
        let (one, other, again) = (try #require(passes[0]), try #require(passes[1]), try #require(passes[2]))
        #expect(one.sharesBatch(with: again) && !one.sharesBatch(with: other))
        await place.journal.close()
    }

    @Test func nobodyIsPromisedWhatTheJournalDidNotTake() async throws {
        let place = try Place()
        await place.journal.close()
        let statuses = try await place.replies(to: [webhook("A"), webhook("B", isForged: true), webhook("C")])
        #expect(statuses == [503, 401, 503])
        #expect(place.meter.unavailable.value == 2 && place.count(place.meter.committing) == 0)
    }

    @Test func theRateOfASourceEndsInTheMiddleOfWhatCameTogether() async throws {
        let place = try Place(extra: "    rate: {perSecond: 1, burst: 2}")
        let statuses = try await place.replies(to: ["A", "B", "C", "D"].map { webhook($0) })
        #expect(statuses == [200, 200, 429, 429])
        #expect(place.meter.throttled.value == 2)
        #expect(try await place.journal.read(after: 0, limit: 10, matching: EntryFilter()).entries.count == 2)
        await place.journal.close()
    }

    /// They were let in before any of them was refused, and are told apart by whom the proxy names.
    @Test func aStrangerIsStoppedWithinWhatCameTogetherAndNobodyElse() async throws {
        let place = try Place(rest: "trustedProxies: [192.0.2.1]\nlimits: {strangers: {perSecond: 1, burst: 2}}")
        func from(_ sender: String, _ id: String, isForged: Bool = false) -> Webhook {
            webhook(id, isForged: isForged, peer: "192.0.2.1", for: sender)
        }
        let statuses = try await place.replies(to: [
            from("198.51.100.7", "A", isForged: true), from("198.51.100.7", "B", isForged: true),
            from("198.51.100.7", "C", isForged: true), from("198.51.100.8", "D"), from("198.51.100.7", "E"),
        ])
        #expect(statuses == [401, 401, 429, 200, 429])
        await place.journal.close()
    }
}
