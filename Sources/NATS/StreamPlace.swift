/// Where a message that a consumer brings stands in its stream, which its reply subject tells.
public struct StreamPlace: Sendable, Equatable {
    public let consumer: String
    /// Its number in the stream.
    public let sequence: Int64
    /// Which of the messages it is that this consumer brought, from 1, without a gap.
    public let delivery: Int64
    /// How many more the consumer has to bring, as of this one.
    public let pending: Int64

    /// Nil where the subject is none of a consumer's.
    ///
    /// `$JS.ACK.stream.consumer.tries.sequence.delivery.time.pending`, as servers 2.9 and 2.15 were seen to write it; they
    /// may put the domain and the account before the stream, and more behind.
    init?(reply: String) {
        let words = reply.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count >= 9, words[0] == "$JS", words[1] == "ACK" else { return nil }
        let stream = words.count >= 11 ? 4 : 2
        guard words.count > stream + 6, let sequence = Int64(words[stream + 3]),
            let delivery = Int64(words[stream + 4]), let pending = Int64(words[stream + 6])
        else { return nil }
        consumer = String(words[stream + 1])
        self.sequence = sequence
        self.delivery = delivery
        self.pending = pending
    }
}

extension NATSMessage {
    /// Where it stands in the stream that it comes from; nil where it comes from none.
    public var place: StreamPlace? { reply.flatMap { StreamPlace(reply: $0) } }
}
