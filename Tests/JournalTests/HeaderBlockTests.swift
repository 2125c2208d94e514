import Model
import Testing

@testable import Journal

/// Goal: header fields come back as they were, and no bytes whatever bring the reading down.
struct HeaderBlockTests {
    @Test func comesBack() {
        let headers = [
            Receipt.Header(name: "a", value: ""), Receipt.Header(name: "", value: "nul \u{0} and 🙂"),
            Receipt.Header(name: "x", value: String(repeating: "y", count: 70_000)),
        ]
        #expect(HeaderBlock.headers(from: HeaderBlock.bytes(of: headers)) == headers)
        #expect(HeaderBlock.headers(from: []) == [])
    }

    @Test func survivesEveryTruncation() {
        let bytes = HeaderBlock.bytes(of: [Receipt.Header(name: "name", value: "value")])
        for count in 1..<bytes.count { #expect(HeaderBlock.headers(from: Array(bytes.prefix(count))) == nil) }
        #expect(HeaderBlock.headers(from: [0xFF, 0xFF, 0xFF, 0xFF, 1]) == nil)
    }
}
