import Testing

@testable import Model

struct EventIDTests {
    @Test func textAndBytesComeBack() throws {
        let id = EventID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(id.description == "01234567-89ab-cdef-fedc-ba9876543210")
        #expect(EventID(id.description.uppercased()) == id)
        #expect(EventID(bytes: id.bytes) == id)
    }

    @Test(arguments: [
        "", "01234567-89ab-cdef-fedc-ba987654321", "0123456789abcdeffedcba9876543210",
        "01234567-89ab-cdef-fedc-ba987654321g", "01234567_89ab-cdef-fedc-ba9876543210",
        "é1234567-89ab-cdef-fedc-ba987654321",
    ])
    func whatIsNoID(_ text: String) {
        #expect(EventID(text) == nil)
    }

    @Test(arguments: [0, 15, 17])
    func sixteenBytesAndNoOther(_ count: Int) {
        #expect(EventID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
}

struct HeadersTests {
    private let headers = Headers([("X-Signature", "abc"), ("Content-Type", "a/b"), ("x-signature", "second")])

    @Test func namesHaveNoCaseAndTheFirstWins() {
        #expect(headers["x-SIGNATURE"] == "abc")
        #expect(headers["X-Signatur"] == nil)
        #expect(headers["X-Signature "] == nil)
        #expect(headers.sole("X-SIGNATURE") == nil && headers.sole("Absent") == nil)
        #expect(headers.sole("content-type") == "a/b")
        #expect(headers.pairs.map(\.name) == ["X-Signature", "Content-Type", "x-signature"])
    }

    @Test func aRepeatedNameIsTold() throws {
        let repeated = try #require(headers.first("X-SIGNATURE"))
        #expect(Array(repeated.value) == Array("abc".utf8) && !repeated.isOnly)
        let only = try #require(headers.first("content-type"))
        #expect(Array(only.value) == Array("a/b".utf8) && only.isOnly)
        #expect(headers.first("Absent") == nil)
    }

    @Test func onlyLettersHaveCase() {
        // `[` and `{` differ by the same bit as `A` and `a`.
        #expect(Headers([("a[", "1")])["a{"] == nil)
    }
}
