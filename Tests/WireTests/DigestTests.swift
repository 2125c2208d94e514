import Testing
import Wire

/// Goal: digests and encodings are those that the vendors and RFC 2104, 4231 and 4648 mean.
struct DigestTests {
    private static let fox = Array("The quick brown fox jumps over the lazy dog".utf8)

    @Test func knownDigests() {
        #expect(Hex.encode(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// Of "abc" and a zero, by sha1sum.
    @Test func aKnownName() {
        var name = SHA1Stream()
        name.add(terminated: "abc")
        let (high, low) = name.finish()
        #expect(high == 0x6864_8380_5AC4_7CA1 && low == 0x4E03_514F_7481_A797)
    }

    /// The pair that circulates with Mobile Text Alerts' scheme.
    @Test func aKnownCode() {
        let code = HMACSHA256(key: Array("key".utf8)).code(for: Self.fox)
        #expect(Hex.encode(code) == "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8")
    }

    /// RFC 4231, test cases 2 and 6: a short key, and one that is longer than a block.
    @Test func codesOfTheStandard() {
        let short = HMACSHA256(key: Array("Jefe".utf8)).code(for: Array("what do ya want for nothing?".utf8))
        #expect(Hex.encode(short) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = HMACSHA256(key: [UInt8](repeating: 0xAA, count: 131))
            .code(for: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(Hex.encode(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func aStateSignsAnyNumberOfMessages() {
        let hmac = HMACSHA256(key: Array("key".utf8))
        let code = hmac.code(for: Self.fox)
        #expect(hmac.code(for: []) != code)
        #expect(hmac.code(for: Self.fox) == code)
        #expect(hmac.isValid(code, for: Self.fox))
        for index in code.indices {
            var other = code
            other[index] ^= 1
            #expect(!hmac.isValid(other, for: Self.fox))
        }
        #expect(!hmac.isValid([], for: Self.fox))
        #expect(!hmac.isValid(code + [0], for: Self.fox))
    }
}

struct EncodingTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        #expect(Base64.decodeLeniently(encoded.replacing("=", with: "")) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", "Zm 9v", "Z-_v", "====", "Zg===", "Zm9vé"])
    func strictBase64Refuses(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func lenientBase64PassesOverWhatIsForeign() {
        #expect(Base64.decodeLeniently("Z-m 9\nv") == Array("foo".utf8))
        #expect(Base64.decodeLeniently("Z") == nil)
    }

    @Test func everyByteComesBack() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes).uppercased()) == bytes)
    }

    @Test(arguments: ["a", "0x", "g0", " 0", "0é"])
    func hexRefuses(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
