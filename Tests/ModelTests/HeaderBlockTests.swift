import Model
import Testing

/// Goal: header fields come back as they were, and no bytes whatever bring the reading down.
struct HeaderBlockTests {
    @Test func comesBack() {
        let fields = [
            Receipt.Header(name: "a", value: ""), Receipt.Header(name: "", value: "nul \u{0} and 🙂"),
            Receipt.Header(name: "x", value: String(repeating: "y", count: 70_000)),
        ]
        #expect(HeaderBlock.fields(in: HeaderBlock(fields).bytes) == fields)
        #expect(HeaderBlock(fields).fields == fields)
        #expect(HeaderBlock.fields(in: []) == [])
    }

    /// The same bytes, whichever way a block is made: they are in the digests of rows that were written long ago.
    @Test func isMadeOfWhatARequestBrings() {
        let headers = Headers([("CONTENT-type", "a"), ("Cookie", "b"), ("x-kept", "first"), ("X-Kept", "second")])
        let block = headers.block(of: ["X-Kept", "Absent", "Content-Type"])
        let fields = [Receipt.Header(name: "X-Kept", value: "first"), .init(name: "Content-Type", value: "a")]
        #expect(block == HeaderBlock(fields))
        #expect(block.bytes == Array("\0\0\0\u{6}X-Kept\0\0\0\u{5}first\0\0\0\u{C}Content-Type\0\0\0\u{1}a".utf8))
    }

    @Test func survivesEveryTruncation() {
        let bytes = HeaderBlock([Receipt.Header(name: "name", value: "value")]).bytes
        for count in 1..<bytes.count { #expect(HeaderBlock.fields(in: Array(bytes.prefix(count))) == nil) }
        #expect(HeaderBlock.fields(in: [0xFF, 0xFF, 0xFF, 0xFF, 1]) == nil)
    }
}
