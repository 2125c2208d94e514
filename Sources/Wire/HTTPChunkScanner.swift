/// Reads a body that comes in chunks, up to the end of the last chunk's line; what follows is the trailer.
struct HTTPChunkScanner: Sendable {
    private enum Place {
        case size, sizeLineFeed, data, dataCarriageReturn, dataLineFeed, finished
    }

    /// More than any body needs that we take; leading zeros count, since a line of them would never end.
    private static let sizeDigitsMax = 8

    private var place = Place.size
    /// What the chunk's line says, and then how much of the chunk is still to come.
    private var size = 0
    private var sizeDigits = 0

    var isFinished: Bool { place == .finished }

    /// Reads on to the end of the chunks or of the bytes.
    mutating func scan(
        _ bytes: Span<UInt8>, _ position: inout Int, into body: inout [UInt8], bodyBytesMax: Int
    ) throws(HTTPFault) {
        while position < bytes.count && place != .finished {
            if place == .data {
                let end = position + min(size, bytes.count - position)
                body.append(bytes.extracting(position..<end))
                size -= end - position
                position = end
                if size == 0 { place = .dataCarriageReturn }
                continue
            }
            let byte = bytes[position]
            position += 1
            switch place {
            case .size where byte == .carriageReturn && sizeDigits > 0:
                place = .sizeLineFeed
            case .size:
                // Extensions are refused with all else: nobody sends them, and readers disagree about them.
                guard let digit = byte.hexadecimalDigit else { throw .malformed("a chunk's size is no number") }
                guard sizeDigits < Self.sizeDigitsMax else { throw .malformed("a chunk's size has too many digits") }
                sizeDigits += 1
                size = size << 4 | digit
                guard size <= bodyBytesMax - body.count else { throw .bodyTooLarge }
            case .sizeLineFeed:
                guard byte == .lineFeed else { throw .malformed("a line ends in a carriage return alone") }
                place = size == 0 ? .finished : .data
            case .dataCarriageReturn:
                guard byte == .carriageReturn else { throw .malformed("a chunk is longer than its size") }
                place = .dataLineFeed
            case .dataLineFeed:
                guard byte == .lineFeed else { throw .malformed("a line ends in a carriage return alone") }
                sizeDigits = 0
                place = .size
            case .data, .finished:
                return
            }
        }
    }
}
