internal import Model
internal import Wire

/// How far a file was written: what is kept beside the cursor, so that the two can never disagree.
///
/// As text it is `v1`, the number of bytes, when the file was started, and the SHA-256 of the last bytes before that
/// place. The digest tells the file from any other that happens to bear its name, whatever it was copied to or from.
struct FilePosition: Equatable {
    let offset: Int64
    let startedAt: Instant
    /// The digest, in hexadecimal.
    let tailDigest: String

    init(offset: Int64, startedAt: Instant, tail: [UInt8]) {
        self.offset = offset
        self.startedAt = startedAt
        tailDigest = Hex.encode(Digest.sha256(tail))
    }

    /// How many bytes before the position the digest covers, where there are so many.
    static let tailBytesMax = 4_096

    var tailBytes: Int { Int(min(offset, Int64(Self.tailBytesMax))) }

    /// Whether these are the bytes that were written before the position.
    func matches(tail: [UInt8]) -> Bool {
        Hex.encode(Digest.sha256(tail)) == tailDigest
    }

    var bytes: [UInt8] {
        Array("v1 \(offset) \(startedAt.rfc3339) \(tailDigest)".utf8)
    }

    /// Nil where the bytes are not a position that this version wrote.
    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard
            words.count == 4, words[0] == "v1", let offset = Int64(words[1]), offset >= 0,
            let startedAt = Instant(rfc3339: String(words[2])), Hex.decode(String(words[3]))?.count == 32
        else { return nil }
        self.offset = offset
        self.startedAt = startedAt
        tailDigest = String(words[3])
    }
}
