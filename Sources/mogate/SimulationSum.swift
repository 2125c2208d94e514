import Foundation
import Model

/// What came of all callbacks together.
struct SimulationSum {
    private(set) var callbacks = 0
    private(set) var retried = 0
    /// How many were not answered as they must be.
    private(set) var unexpected = 0
    private var byStatus: [Int: Int] = [:]
    private var milliseconds: [Double] = []
    var seconds = 0.0

    mutating func add(_ answer: Vendor.Answer) {
        callbacks += 1
        retried += answer.retried
        if !answer.isExpected { unexpected += 1 }
        for status in answer.statuses { byStatus[status, default: 0] += 1 }
        milliseconds.append(answer.milliseconds)
    }

    private func quantile(_ share: Double) -> Double {
        let sorted = milliseconds.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }

    private var statuses: [(status: Int, count: Int)] { byStatus.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    var text: String {
        let answers = statuses.map { "\($0.count) x \($0.status == 0 ? "nothing" : String($0.status))" }
        let figures = String(
            format: "%.0f a second, p50 %.1f ms, p99 %.1f ms", seconds > 0 ? Double(callbacks) / seconds : 0,
            quantile(0.5),
            quantile(0.99))
        let again = retried > 0 ? "; tried again \(retried) times" : ""
        return """
            \(callbacks) callbacks posted, \(unexpected) not answered as they must be
            answered \(answers.joined(separator: ", "))\(again)
            \(figures)
            """
    }

    var members: Verbatim {
        [
            "callbacks": .integer(Int64(callbacks)), "unexpected": .integer(Int64(unexpected)),
            "retried": .integer(Int64(retried)), "seconds": .real(seconds),
            "p50Ms": .real(quantile(0.5)), "p99Ms": .real(quantile(0.99)),
            "answers": .object(statuses.map { .init(name: String($0.status), value: .integer(Int64($0.count))) }),
        ]
    }
}
