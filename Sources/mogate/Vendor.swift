import Casebook
import Foundation
import FoundationNetworking
import Model
import Sinks

/// Posts callbacks as a vendor does, and tries again where it would.
struct Vendor: Sendable {
    let url: String
    let retries: Bool

    /// What a callback was answered in the end.
    struct Answer: Sendable {
        let call: SimulationPlan.Call
        let statuses: [Int]
        /// How often it was tried again.
        let retried: Int
        let milliseconds: Double

        var isExpected: Bool { statuses.allSatisfy { $0 == call.expectedStatus } }

        var line: String {
            let fault = call.fault.map { "  (\($0.rawValue))" } ?? ""
            return "\(statuses.map(String.init).joined(separator: " "))  \(call.name)  \(call.about)\(fault)"
        }
    }

    /// How long a vendor that tries again waits for an answer, and before each further try.
    struct Habit {
        let answerSeconds: Int
        let waitsMs: [Int]

        init(of provider: String) {
            switch provider {
            // Up to two retries, with exponential backoff, where the registration has `retryOnError`. How long it waits is not
            // told: these are ours. https://developers.mobile-text-alerts.com/api-reference/webhooks.md (read 2026-11-24)
            case "mobile-text-alerts": (answerSeconds, waitsMs) = (Self.answerSecondsUntold, [1_000, 2_000])
            // Told of SMS; of the other channels nothing is.
            // https://developer.telesign.com/enterprise/docs/transaction-callback-service (read 2026-11-24)
            case "telesign": (answerSeconds, waitsMs) = (5, [5_000, 10_000, 15_000])
            default: (answerSeconds, waitsMs) = (Self.answerSecondsUntold, [])
            }
        }

        private static let answerSecondsUntold = 30
    }

    func post(_ call: SimulationPlan.Call) async throws -> Answer {
        let clock = ContinuousClock()
        let start = clock.now
        let habit = Habit(of: call.provider)
        var statuses: [Int] = []
        var retried = 0
        for _ in 0..<call.times {
            var status = try await post(call, habit)
            for waitMs in retries ? habit.waitsMs : [] where status != call.expectedStatus {
                try await Task.sleep(for: .milliseconds(waitMs))
                retried += 1
                status = try await post(call, habit)
            }
            statuses.append(status)
        }
        return Answer(
            call: call, statuses: statuses, retried: retried, milliseconds: (clock.now - start) / .milliseconds(1))
    }

    /// What it is answered; 0 where nothing is, and somebody means to try again.
    private func post(_ call: SimulationPlan.Call, _ habit: Habit) async throws -> Int {
        let signed = call.request
        let address = url + signed.path + (signed.query.map { "?" + $0 } ?? "")
        let status =
            call.fault == .slow
            ? try await SlowPost.send(
                to: address, headers: signed.headers.map { ($0.name, $0.value) }, body: signed.body)
            : await post(signed, to: address, within: habit.answerSeconds)
        guard let status else {
            guard !retries else { return 0 }
            Output.complaint("\(url) is out of reach: is `mogate serve` running?")
            throw Exit.unavailable
        }
        return status
    }

    private func post(_ signed: SignedRequest, to address: String, within seconds: Int) async -> Int? {
        guard let address = URL(string: address) else { return nil }
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.httpBody = Data(signed.body)
        for header in signed.headers { request.setValue(header.value, forHTTPHeaderField: header.name) }
        let whole = request
        guard retries else { return await Self.status(of: whole) }
        // A request's own time-out is not kept here by the library.
        return await withTaskGroup(of: Int?.self) { group in
            group.addTask { await Self.status(of: whole) }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private static func status(of request: URLRequest) async -> Int? {
        let answer = try? await URLSession.shared.data(for: request)
        return (answer?.1 as? HTTPURLResponse)?.statusCode
    }
}
