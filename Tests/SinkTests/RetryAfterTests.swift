import Model
import Testing

@testable import Sinks

/// Goal: every form of date that HTTP has is read, and nothing else is taken for one.
struct RetryAfterTests {
    private let now = Instant(microseconds: 784_111_777_000_000)

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(0)), ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0), ("Sun Nov  6 08:49:38 1994", 1_000), ("Sun, 06 Nov 1994 08:50:37 GMT", 60_000),
        ("Monday, 06-Nov-95 08:49:37 GMT", 31_536_000_000), ("Sunday, 06-Nov-45 08:49:37 GMT", 0),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 0), ("3", 3_000), (" 3 ", 3_000),
    ])
    func readsSecondsAndDates(_ field: String, _ waitMs: Int64) {
        #expect(RetryAfter(field, at: now)?.waitMs == waitMs)
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1 2", "1s", "0x10", "\u{0661}", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 19945 08:49:37 GMT", "1994-11-06T08:49:37Z",
    ])
    func passesOverWhatIsNeither(_ field: String) {
        #expect(RetryAfter(field, at: now) == nil)
    }

    @Test func readsTwoDigitsAsTheYearThatIsNear() {
        let years = ["94", "95", "43", "44", "45"].map { HTTPDate("Friday, 06-Nov-\($0) 08:49:37 GMT", at: now) }
        #expect(years.map { $0?.instant.rfc3339.prefix(4) } == ["1994", "1995", "2043", "2044", "1945"])
    }
}
