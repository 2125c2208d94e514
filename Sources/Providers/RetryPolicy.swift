/// What a vendor does where its callback is not answered as it should be: for whoever plays its part.
public struct RetryPolicy: Sendable, Equatable {
    /// How long it waits for an answer; nil where it does not tell.
    public let answerSeconds: Int?
    /// How long it waits before each further try; empty where there is none, or none is told of.
    public let waitsMs: [Int]

    public init(answerSeconds: Int? = nil, waitsMs: [Int] = []) {
        self.answerSeconds = answerSeconds
        self.waitsMs = waitsMs
    }
}
