internal import Wire

/// Goal: what is read of a receiver's answers depends on their bytes alone, and what is read does no harm.
///
/// Method: each input is what a receiver sends over a connection. It is read whole, byte by byte and in pieces of other sizes,
/// one answer after the other, and must come to the same answers and the same end.
public struct AnswerHarness: Sendable {
    public init() {}

    public func check(_ bytes: [UInt8]) {
        let whole = Reading(of: bytes, inPiecesOf: max(bytes.count, 1))
        for size in [1, 1 + bytes.count / 2, 2 + bytes.count % 61] {
            require(Reading(of: bytes, inPiecesOf: size) == whole, "pieces of \(size) bytes read otherwise")
        }
    }

    /// What was made of a connection's bytes.
    private struct Reading: Equatable {
        private var answers: [HTTPResponseReader.Answer] = []
        private var fault: HTTPResponseReader.Fault?
        /// What the end of the connection makes of the last one.
        private var rest: HTTPResponseReader.Answer?

        init(of bytes: [UInt8], inPiecesOf size: Int) {
            var reader = HTTPResponseReader()
            do throws(HTTPResponseReader.Fault) {
                var position = 0
                while position < bytes.count {
                    let end = min(position + size, bytes.count)
                    let (consumed, answer) = try reader.read(bytes.span.extracting(position..<end))
                    position += consumed
                    guard let answer else {
                        require(position == end, "bytes were left unread")
                        continue
                    }
                    require(consumed > 0 || !answer.keepsAlive, "an answer of no bytes")
                    require(answer.status >= 200 && answer.status <= 999, "a status that is none")
                    answers.append(answer)
                    // Over a connection that is not kept nothing more is read.
                    guard answer.keepsAlive else { return }
                    reader = HTTPResponseReader()
                }
                rest = try reader.end()
            } catch {
                fault = error
            }
        }
    }
}
