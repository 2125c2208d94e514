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
struct IntakeTests {
    private struct Place {
        let folder: TemporaryFolder
        let journal: SQLiteJournal
        let intake: Intake
        let metrics = Metrics()

        init() throws {
            folder = try TemporaryFolder()
            let path = folder.path("mogate.db")
            journal = try SQLiteJournal.open(at: path, now: Time.system.now)
            let configuration = try SettingsText.read(
                """
                listen: [{address: "127.0.0.1:8080"}]
                journal: {path: "\(path)"}
                sources:
                \(RunningMogate.sources)
                """, RunningMogate.secrets)
            let report = Reporter(logger: Logger(label: "test"), metrics: metrics, now: Time.system.now)
            intake = Intake(
                routes: Lock(Routes(configuration.sources, proxies: configuration.proxies, metrics: metrics)),
                throttle: Throttle(strangers: configuration.limits.strangers), journal: journal,
                now: Time.system.now, report: report, accessLog: nil)
        }

        /// What requests are answered that come to Telesign's source in one pass of the loop.
        func replies(to webhooks: [Webhook]) async throws -> [Int] {
            let admissions = try webhooks.map { webhook in
                guard case .batched(let route, _, let handler) = intake.admit(webhook) else {
                    throw Failure(what: "it was not let in")
                }
                return (route, handler)
            }
            #expect(admissions.allSatisfy { $0.0 === admissions[0].0 }, "they are not answered together")
            return await admissions[0].1(webhooks).map(\.status)
        }
    }

    private struct Failure: Error {
        let what: String
    }

    private func webhook(_ callback: (headers: [(String, String)], body: Data), forged: Bool = false) -> Webhook {
        Webhook(
            method: "POST", path: "/in/telesign", query: nil, headers: Headers(callback.headers),
            body: Array(callback.body) + (forged ? Array(" ".utf8) : []), peer: "127.0.0.1",
            receivedAt: Time.system.now())
    }

    @Test func whatIsForgedOrKnownOrNotUnderstoodChangesNothingForTheOthers() async throws {
        let place = try Place()
        let statuses = try await place.replies(to: [
            webhook(Callback.telesign("A")), webhook(Callback.telesign("B"), forged: true),
            webhook(Callback.telesign("A")), webhook(Callback.signed("[]")), webhook(Callback.telesign("C")),
        ])
        #expect(statuses == [200, 401, 200, 200, 200])
        let stored = try await place.journal.read(after: 0, limit: 10, matching: EntryFilter()).entries
        let ids = stored.map { String(decoding: $0.event.bytes, as: UTF8.self) }
        #expect(ids.count == 2 && ids[0].contains("\"A\"") && ids[1].contains("\"C\""))
        let meter = place.metrics.source("telesign", of: "telesign")
        #expect(meter.refused.value == 1 && meter.duplicate.value == 1)
        #expect(try await place.replies(to: [webhook(Callback.telesign("D"), forged: true)]) == [401])
        await place.journal.close()
    }

    @Test func nobodyIsPromisedWhatTheJournalDidNotTake() async throws {
        let place = try Place()
        await place.journal.close()
        let statuses = try await place.replies(to: [
            webhook(Callback.telesign("A")), webhook(Callback.telesign("B"), forged: true),
            webhook(Callback.telesign("C")),
        ])
        #expect(statuses == [503, 401, 503])
    }
}
