import Casebook
import Model

/// What is posted, and in which order: the same for the same seed.
struct SimulationPlan: Sendable {
    enum Fault: String, CaseIterable, Sendable {
        /// The same request twice.
        case duplicate
        /// After the one that comes after it.
        case reorder
        /// The signature of another body.
        case badSignature = "bad-signature"
        /// Half of the body under the signature of the whole.
        case truncate
        /// The body in pieces, over some seconds, as on a bad line.
        case slow
    }

    /// One callback as it is posted.
    struct Call: Sendable {
        let name: String
        let about: String
        let provider: String
        let request: SignedRequest
        let fault: Fault?

        /// What it must be answered.
        var expectedStatus: Int {
            switch fault {
            case .badSignature, .truncate: 401
            case .duplicate, .reorder, .slow, nil: 200
            }
        }

        /// How often it is posted.
        var times: Int { fault == .duplicate ? 2 : 1 }
    }

    let cases: [Case]
    let count: Int
    private let faults: [Fault]
    /// What ids are made of; nil for those that are the same every time.
    private let seed: String?

    /// One callback in so many has a fault.
    private static let faultEvery = 10

    init(cases: [Case], count: Int?, faults: [Fault], seed: String?) {
        self.cases = cases
        self.count = count ?? cases.count
        self.faults = faults
        self.seed = seed
    }

    func call(at position: Int) -> Call {
        let number = number(at: position)
        let fault = fault(of: number)
        let fixture = cases[number % cases.count]
        let body = fixture.freshBody(seed: seed.map { "\($0) \(number / cases.count)" } ?? "")
        var request = fixture.signed(body, for: fixture.commonSource)
        switch fault {
        case .badSignature:
            request = SignedRequest(
                path: request.path, query: request.query,
                headers: fixture.signed(body + [0x20], for: fixture.commonSource).headers, body: body)
        case .truncate:
            request = SignedRequest(
                path: request.path, query: request.query, headers: request.headers,
                body: Array(body.prefix(body.count / 2)))
        case .duplicate, .reorder, .slow, nil: break
        }
        return Call(
            name: "\(fixture)", about: fixture.about, provider: fixture.provider, request: request, fault: fault)
    }

    private func fault(of number: Int) -> Fault? {
        guard !faults.isEmpty, number % Self.faultEvery == Self.faultEvery - 1 else { return nil }
        return faults[number / Self.faultEvery % faults.count]
    }

    /// Which callback is posted at a position: its own, but for those that changed places.
    private func number(at position: Int) -> Int {
        if fault(of: position) == .reorder, position + 1 < count { return position + 1 }
        if position > 0, fault(of: position - 1) == .reorder { return position - 1 }
        return position
    }
}
