/// Bytes that are put together piece by piece, and become an array at the end.
///
/// An array checks at each append that nobody else holds its memory, which is most of the work where pieces are as small
/// as those of JSON. This type cannot be copied, so it need not check: it writes straight into the memory of an array
/// that it alone holds, and hands that array out at the end.
@safe struct ByteWriter: ~Copyable {
    /// As long as its whole capacity; what lies behind ``count`` means nothing. It is left alone until ``finish()``, so
    /// that its memory stays where ``start`` points.
    private var room: [UInt8]
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0

    /// - Parameter capacity: how many bytes there is room for before more is made.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
        room = []
        var memory = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
        // Not by the initialiser that lends such memory, which looks the array's type up anew each time. The pointer
        // outlives the closure: it is good for as long as `room` is left alone.
        room.append(addingCapacity: self.capacity) { output in
            unsafe output.withUnsafeMutableBufferPointer { lent, count in
                unsafe memory = lent
                count = lent.count
            }
        }
        guard let start = memory.baseAddress else { preconditionFailure("memory was asked for, and is none") }
        unsafe self.start = start
    }

    /// What was written.
    consuming func finish() -> [UInt8] {
        room.removeLast(room.count - count)
        return room
    }

    mutating func append(_ byte: UInt8) {
        if count == capacity { makeRoom(for: 1) }
        unsafe start[count] = byte
        count += 1
    }

    /// Appends a text of the program's own.
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe append($0) }
    }

    mutating func append(_ text: String) {
        append(text.utf8Span.span)
    }

    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
    }

    /// Appends a number in decimal digits.
    mutating func append(_ number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        let digits = DecimalDigits(number.magnitude)
        let span = digits.filled.span
        append(span.extracting(digits.start...))
    }

    /// Appends a number as four bytes, the highest first.
    mutating func append(bigEndian number: UInt32) {
        if capacity - count < 4 { makeRoom(for: 4) }
        unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: number.bigEndian, as: UInt32.self)
        count += 4
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count > capacity - count { makeRoom(for: bytes.count) }
        guard let source = bytes.baseAddress else { return }
        unsafe (start + count).initialize(from: source, count: bytes.count)
        count += bytes.count
    }

    /// Appends a name of the program's own as a member begins in JSON: between quotation marks, with a colon behind it.
    mutating func append(name: StaticString, behindComma: Bool) {
        let length = name.utf8CodeUnitCount
        if length + 4 > capacity - count { makeRoom(for: length + 4) }
        var end = unsafe start + count
        if behindComma {
            unsafe end.pointee = UInt8(ascii: ",")
            unsafe end += 1
        }
        unsafe end.pointee = UInt8(ascii: "\"")
        unsafe (end + 1).initialize(from: name.utf8Start, count: length)
        unsafe end[length + 1] = UInt8(ascii: "\"")
        unsafe end[length + 2] = UInt8(ascii: ":")
        count = unsafe end + length + 3 - start
    }

    /// Appends a text between quotation marks, as a string in JSON.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        append(endOfQuoted: text)
    }

    /// Appends the rest of a string in JSON that was begun, and the quotation mark at its end.
    mutating func append(endOfQuoted text: String) {
        unsafe text.utf8Span.span.withUnsafeBufferPointer { bytes in
            if bytes.count + 1 > capacity - count { makeRoom(for: bytes.count + 1) }
            // To its end, nearly always.
            let plain = unsafe bytes.countBeforeEscape(copyingTo: start + count)
            count += plain
            for index in plain..<bytes.count { unsafe append(escaped: bytes[index]) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(#"\""#)
        case UInt8(ascii: "\\"): append(#"\\"#)
        case 0x08: append(#"\b"#)
        case 0x09: append(#"\t"#)
        case 0x0A: append(#"\n"#)
        case 0x0C: append(#"\f"#)
        case 0x0D: append(#"\r"#)
        case ..<0x20:
            append(#"\u"#)
            append(fourHexDigitsOf: UInt64(byte))
        default: append(byte)
        }
    }

    /// Appends the last four hexadecimal digits of a number, in lower case.
    mutating func append(fourHexDigitsOf number: UInt64) {
        if capacity - count < 4 { makeRoom(for: 4) }
        // Their values, in a byte each, the first one in the lowest.
        let pairs = UInt32(UInt16(truncatingIfNeeded: number).byteSwapped)
        let apart = (pairs | pairs << 8) & 0x00FF_00FF
        let values = apart >> 4 & 0x000F_000F | (apart & 0x000F_000F) << 8
        // 1 in the bytes of those from ten on, which are letters.
        let letters = (values + 0x0606_0606) >> 4 & 0x0101_0101
        let toLetter = UInt32(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
        let digits = values + 0x0101_0101 * UInt32(UInt8(ascii: "0")) + letters * toLetter
        unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: digits.littleEndian, as: UInt32.self)
        count += 4
    }

    /// Doubles the room, or makes as much as is asked for.
    private mutating func makeRoom(for more: Int) {
        var larger = ByteWriter(capacity: max(2 * capacity, count + more))
        unsafe larger.append(UnsafeBufferPointer(start: start, count: count))
        self = larger
    }
}

/// A number in decimal digits, with zeros before it where it has fewer than the most there can be.
struct DecimalDigits {
    private(set) var filled = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    /// Where its own digits begin, of which 0 has one.
    private(set) var start: Int

    init(_ number: UInt64) {
        start = filled.count
        var rest = number
        repeat {
            start -= 1
            filled[start] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Copies the bytes up to the first that a string in JSON can hold only by another spelling, and says how many that are.
    /// The target has room for all of them.
    fileprivate func countBeforeEscape(copyingTo target: UnsafeMutablePointer<UInt8>) -> Int {
        let source = UnsafeRawBufferPointer(self)
        let target = UnsafeMutableRawPointer(target)
        var index = 0
        while index + 8 <= count {
            let eight = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if eight.holdsByteToEscape { break }
            unsafe target.storeBytes(of: eight, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        // The last eight once more, with those before them that were copied already: fewer steps than one byte at a time.
        if index < count, index + 8 > count, count >= 8 {
            let eight = unsafe source.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            if !eight.holdsByteToEscape {
                unsafe target.storeBytes(of: eight, toByteOffset: count - 8, as: UInt64.self)
                return count
            }
        }
        while index < count, unsafe !source[index].needsEscape {
            unsafe target.storeBytes(of: source[index], toByteOffset: index, as: UInt8.self)
            index += 1
        }
        return index
    }
}

extension UInt8 {
    fileprivate var needsEscape: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }
}

extension UInt64 {
    /// Whether any of the eight bytes needs an escape. As `EightBytes` of Wire does, which this room cannot import.
    ///
    /// Subtracting borrows into a byte's highest bit just where the byte is smaller than what is taken off. Borrows that go
    /// further come from a byte that is found anyway.
    fileprivate var holdsByteToEscape: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = self ^ ones &* UInt64(UInt8(ascii: "\""))
        let backslashes = self ^ ones &* UInt64(UInt8(ascii: "\\"))
        let found = (self &- ones &* 0x20) & ~self | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return found & 0x8080_8080_8080_8080 != 0
    }
}
