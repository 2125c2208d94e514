import Casebook
import Foundation
import FoundationNetworking
import Model
import Providers
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

    /// How long an answer is waited for where the vendor does not tell how long it does.
    private static let answerSecondsUntold = 30

    func post(_ call: SimulationPlan.Call) async throws -> Answer {
        let clock = ContinuousClock()
        let start = clock.now
        let policy = provider(named: call.provider)?.retryPolicy ?? RetryPolicy()
        var statuses: [Int] = []
        var retried = 0
        for _ in 0..<call.times {
            var status = try await post(call, policy)
            for waitMs in retries ? policy.waitsMs : [] where status != call.expectedStatus {
                try await Task.sleep(for: .milliseconds(waitMs))
                retried += 1
                status = try await post(call, policy)
            }
            statuses.append(status)
        }
        return Answer(
            call: call, statuses: statuses, retried: retried, milliseconds: (clock.now - start) / .milliseconds(1))
    }

    /// What it is answered; 0 where nothing is, and somebody means to try again.
    private func post(_ call: SimulationPlan.Call, _ policy: RetryPolicy) async throws -> Int {
        let signed = call.request
        let address = url + signed.path + (signed.query.map { "?" + $0 } ?? "")
        let status =
            call.fault == .slow
            ? try await SlowPost.send(
                to: address, headers: signed.headers.map { ($0.name, $0.value) }, body: signed.body)
            : await post(signed, to: address, within: policy.answerSeconds ?? Self.answerSecondsUntold)
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
        let answer = try? await URLSession.direct.data(for: request)
        return (answer?.1 as? HTTPURLResponse)?.statusCode
    }
}
