/// Reads the fields of a head or of a trailer as their bytes come, up to the empty line, and knows where they lie.
///
/// Positions count from the first byte of the section: of the request for a head, of what follows the last chunk for a
/// trailer.
struct HTTPFieldScanner: Sendable {
    private enum Place {
        case lineStart, name, value, lineFeed, lastLineFeed, finished
    }

    /// Most requests bring no more than this, so that room is made for them once.
    private static let fieldsReserved = 16

    private(set) var fields: [HTTPRequest.Field] = []
    private var place = Place.lineStart
    private var lineStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    /// Behind the last byte of the value that was no blank.
    private var valueEnd = 0

    var isFinished: Bool { place == .finished }

    /// Tells where the first field starts, which is 0 unless told.
    mutating func start(at position: Int) {
        lineStart = position
        fields.reserveCapacity(Self.fieldsReserved)
    }

    /// Reads on to the end of the section or of the bytes. The byte at index 0 lies at `origin` in the section.
    mutating func scan(
        _ bytes: Span<UInt8>, _ position: inout Int, origin: Int, sectionBytesMax: Int,
        limits: HTTPRequestReader.Limits
    ) throws(HTTPFault) {
        while position < bytes.count && place != .finished {
            let byte = bytes[position]
            let offset = origin + position
            guard offset < sectionBytesMax else { throw .headTooLarge }
            let fieldBytesLeft = limits.fieldBytes - (offset - lineStart)
            guard fieldBytesLeft > 0 || byte.isLineEnd else { throw .fieldTooLong }
            let runEnd = position + min(bytes.count - position, sectionBytesMax - offset, fieldBytesLeft)
            position += 1
            switch place {
            case .lineStart where byte == .carriageReturn:
                place = .lastLineFeed
            case .lineStart:
                guard fields.count < limits.fields else { throw .tooManyFields }
                // A blank would fold this line into the one before it, which no sender of today does honestly.
                guard ByteSet.token.contains(byte) else { throw .malformed("a field does not start with a name") }
                place = .name
                position = ByteSet.token.endOfRun(in: bytes, from: position, to: runEnd)
            case .name:
                if ByteSet.token.contains(byte) {
                    position = ByteSet.token.endOfRun(in: bytes, from: position, to: runEnd)
                } else {
                    guard byte == UInt8(ascii: ":") else { throw .malformed("a field's name is no token") }
                    nameEnd = offset
                    valueStart = offset + 1
                    valueEnd = valueStart
                    place = .value
                }
            case .value:
                if byte.isFieldText {
                    if valueStart == valueEnd { valueStart = offset }
                    position = bytes.endOfFieldText(from: position, to: runEnd)
                    valueEnd = origin + position
                } else if byte == .carriageReturn {
                    fields.append((lineStart..<nameEnd, valueStart..<valueEnd))
                    place = .lineFeed
                } else {
                    guard byte.isBlank else { throw .malformed("a field's value has a control byte") }
                }
            case .lineFeed, .lastLineFeed:
                guard byte == .lineFeed else { throw .malformed("a line ends in a carriage return alone") }
                lineStart = offset + 1
                place = place == .lineFeed ? .lineStart : .finished
            case .finished:
                return
            }
        }
    }
}
