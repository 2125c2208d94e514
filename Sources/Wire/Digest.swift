internal import COpenSSL

/// Digests of bytes, by OpenSSL.
public enum Digest {
    /// SHA-256: 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        // Not by the library's call for all of it at once, which looks the algorithm up anew each time.
        var state = SHA256_CTX()
        unsafe SHA256_Init(&state)
        return Array(sha256(of: bytes.span, behind: state))
    }

    /// The digest of what a state has seen and of bytes behind that.
    fileprivate static func sha256(of bytes: Span<UInt8>, behind state: SHA256_CTX) -> InlineArray<32, UInt8> {
        var state = state
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe SHA256_Update(&state, bytes.baseAddress, bytes.count)
        }
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var room = digest.mutableSpan
        unsafe room.withUnsafeMutableBufferPointer { room in
            _ = unsafe SHA256_Final(room.baseAddress, &state)
        }
        return digest
    }

    /// Whether two digests are the same, in a time that tells nothing about where they differ.
    public static func matches(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        matches(one.span, other.span)
    }

    fileprivate static func matches(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        return unsafe one.withUnsafeBytes { one in
            unsafe other.withUnsafeBytes { other in
                unsafe CRYPTO_memcmp(one.baseAddress, other.baseAddress, one.count) == 0
            }
        }
    }
}

extension [UInt8] {
    fileprivate init(_ digest: InlineArray<32, UInt8>) {
        self = unsafe digest.span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}

/// SHA-256 of what is given to it piece by piece.
public struct SHA256Stream: Sendable {
    private var state = SHA256_CTX()

    /// With nothing added yet.
    public init() {
        unsafe SHA256_Init(&state)
    }

    /// The bytes, without their count.
    public mutating func add(_ bytes: [UInt8]) {
        unsafe SHA256_Update(&state, bytes, bytes.count)
    }

    /// A number, as eight bytes, the highest first.
    public mutating func add(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number.bigEndian) { bytes in
            _ = unsafe SHA256_Update(&state, bytes.baseAddress, bytes.count)
        }
    }

    /// Eight numbers, one after the other: at once, for they are as long as what is hashed in one step.
    public mutating func add(_ numbers: [8 of UInt64]) {
        var numbers = numbers
        for index in numbers.indices { numbers[index] = numbers[index].bigEndian }
        unsafe numbers.span.withUnsafeBytes { bytes in
            _ = unsafe SHA256_Update(&state, bytes.baseAddress, bytes.count)
        }
    }

    /// A text's UTF-8, without its length.
    public mutating func add(_ text: String) {
        unsafe text.utf8Span.span.withUnsafeBytes { bytes in
            _ = unsafe SHA256_Update(&state, bytes.baseAddress, bytes.count)
        }
    }

    /// The digest of all that was added, as four numbers; and begins anew.
    public mutating func finish() -> (UInt64, UInt64, UInt64, UInt64) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &words) { bytes in
            _ = unsafe SHA256_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
        unsafe SHA256_Init(&state)
        return (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }
}

/// SHA-1 of what is given to it piece by piece. For names (UUID version 5) and nothing else; it proves nothing.
public struct SHA1Stream: Sendable {
    private var state = SHA_CTX()

    /// With nothing added yet.
    public init() {
        unsafe SHA1_Init(&state)
    }

    /// A number, as eight bytes, the highest first.
    public mutating func add(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number.bigEndian) { bytes in
            _ = unsafe SHA1_Update(&state, bytes.baseAddress, bytes.count)
        }
    }

    /// A text's UTF-8, and a zero behind it.
    public mutating func add(terminated text: String) {
        unsafe text.utf8Span.span.withUnsafeBytes { bytes in
            _ = unsafe SHA1_Update(&state, bytes.baseAddress, bytes.count)
        }
        var zero: UInt8 = 0
        _ = unsafe SHA1_Update(&state, &zero, 1)
    }

    /// The first sixteen of the digest's twenty bytes, as two numbers.
    public consuming func finish() -> (UInt64, UInt64) {
        var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &words) { bytes in
            _ = unsafe SHA1_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
        return (words.0.bigEndian, words.1.bigEndian)
    }
}

/// A key that is ready to sign: HMAC-SHA256.
///
/// The key's two blocks are hashed once; each message starts from a copy of that state.
public struct HMACSHA256: Sendable {
    private let inner: SHA256_CTX
    private let outer: SHA256_CTX

    /// - Parameter key: of any length; one beyond 64 bytes is replaced by its SHA-256 (RFC 2104).
    public init(key: [UInt8]) {
        let key = key.count > Self.blockBytes ? Digest.sha256(key) : key
        inner = Self.state(after: key, xor: 0x36)
        outer = Self.state(after: key, xor: 0x5C)
    }

    /// The code of a message: 32 bytes.
    public func code(for message: [UInt8]) -> [UInt8] {
        Array(digest(of: message))
    }

    /// Whether the code is that of the message, in constant time.
    public func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        Digest.matches(code.span, digest(of: message).span)
    }

    private func digest(of message: [UInt8]) -> InlineArray<32, UInt8> {
        Digest.sha256(of: Digest.sha256(of: message.span, behind: inner).span, behind: outer)
    }

    private static let blockBytes = 64

    /// The state behind one block: the key with zeros behind it, each byte changed by the same bits.
    private static func state(after key: [UInt8], xor mask: UInt8) -> SHA256_CTX {
        var block = InlineArray<64, UInt8>(repeating: mask)
        for (index, byte) in key.enumerated() { block[index] = byte ^ mask }
        var state = SHA256_CTX()
        unsafe SHA256_Init(&state)
        unsafe block.span.withUnsafeBytes { bytes in
            _ = unsafe SHA256_Update(&state, bytes.baseAddress, bytes.count)
        }
        return state
    }
}
