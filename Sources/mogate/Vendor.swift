import Casebook
import Foundation
import FoundationNetworking
import Model

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

    func post(_ call: SimulationPlan.Call) async throws -> Answer {
        let clock = ContinuousClock()
        let start = clock.now
        var statuses: [Int] = []
        var retried = 0
        for _ in 0..<call.times {
            var status = try await post(call.request)
            for waitMs in retries ? Self.waitsMs(of: call.provider) : [] where status != call.expectedStatus {
                try await Task.sleep(for: .milliseconds(waitMs))
                retried += 1
                status = try await post(call.request)
            }
            statuses.append(status)
        }
        return Answer(
            call: call, statuses: statuses, retried: retried, milliseconds: (clock.now - start) / .milliseconds(1))
    }

    /// How long each vendor waits before each further try.
    private static func waitsMs(of provider: String) -> [Int] {
        switch provider {
        // Up to two, with exponential backoff; how long is not told, so these are ours.
        // https://developers.mobile-text-alerts.com/tutorials/webhooks (read 2026-11-24)
        case "mobile-text-alerts": [1_000, 2_000]
        // https://developer.telesign.com/enterprise/docs/messaging-receive-inbound-messages (read 2026-11-24)
        case "telesign": [5_000, 10_000, 15_000]
        default: []
        }
    }

    private func post(_ signed: SignedRequest) async throws -> Int {
        guard let address = URL(string: url + signed.path + (signed.query.map { "?" + $0 } ?? "")) else { return 0 }
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.httpBody = Data(signed.body)
        for header in signed.headers { request.setValue(header.value, forHTTPHeaderField: header.name) }
        do {
            let (_, response) = try await URLSession.shared.data(for: request)
            return (response as? HTTPURLResponse)?.statusCode ?? 0
        } catch {
            guard !retries else { return 0 }
            Output.complaint("\(url) is out of reach: is `mogate serve` running?")
            throw Exit.unavailable
        }
    }
}
