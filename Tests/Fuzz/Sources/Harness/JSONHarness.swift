internal import JSONJudge

/// Goal: our reader of JSON takes, refuses and reads what another strict reader does.
public struct JSONHarness: Sendable {
    public init() {}

    public func check(_ bytes: [UInt8]) {
        let difference = JSONJudge.difference(on: bytes)
        require(difference == nil, difference ?? "")
    }
}
