import Casebook
import Foundation
import Model
import Providers

/// What the three steps from a callback's bytes to its events' bytes take, for one case or for many.
struct BenchFigures {
    let name: String
    private(set) var verify = BenchTimes()
    private(set) var decode = BenchTimes()
    private(set) var encode = BenchTimes()

    init(name: String) {
        self.name = name
    }

    /// Goes through a case again and again; the rounds of the warm-up are not counted.
    /// - Throws: where the request is refused.
    static func measured(
        _ fixture: Case, by provider: any Provider.Type, rounds: Int, warmUpRounds: Int
    ) throws(Refusal) -> BenchFigures {
        var warmUp = BenchFigures(name: fixture.description)
        for _ in 0..<warmUpRounds { try warmUp.take(fixture, by: provider) }
        var figures = BenchFigures(name: fixture.description)
        for _ in 0..<rounds { try figures.take(fixture, by: provider) }
        return figures
    }

    private mutating func take(_ fixture: Case, by provider: any Provider.Type) throws(Refusal) {
        let source = fixture.source
        let request = try verify.measure { () throws(Refusal) in
            try provider.authenticate(fixture.webhook, for: source)
        }
        let decoding = decode.measure { provider.decode(request, for: source) }
        _ = encode.measure { decoding.events.map(\.canonicalBytes) }
    }

    mutating func add(_ other: BenchFigures) {
        verify.add(other.verify)
        decode.add(other.decode)
        encode.add(other.encode)
    }

    private var steps: [(name: String, times: BenchTimes)] {
        [("verify", verify), ("decode", decode), ("encode", encode)]
    }

    static let heading = Table("", "verify", "p99", "decode", "p99", "encode", "p99")

    var row: [String] {
        [name] + steps.flatMap { [Self.text($0.times.median), Self.text($0.times.p99)] }
    }

    var json: Verbatim {
        .object(
            [Verbatim.Member(name: "name", value: .string(name))]
                + steps.map { step in
                    let times: Verbatim = .object([
                        Verbatim.Member(name: "medianMicroseconds", value: .real(step.times.median)),
                        Verbatim.Member(name: "p99Microseconds", value: .real(step.times.p99)),
                    ])
                    return Verbatim.Member(name: step.name, value: times)
                })
    }

    static func text(_ microseconds: Double) -> String {
        String(format: "%.1f", microseconds)
    }
}
