import Foundation
import Testing

@testable import Model

/// Goal: a moment is read as it is meant, printed in one spelling, and nonsense is no moment.
struct InstantTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-02-10T03:37:28.425Z", 1_770_694_648_425_000),
            ("2023-10-31T14:47:10.490130Z", 1_698_763_630_490_130),
            ("2023-10-31T14:47:10.4901309999Z", 1_698_763_630_490_130),
            ("2023-10-31t14:47:10z", 1_698_763_630_000_000),
            ("2023-10-31 14:47:10Z", 1_698_763_630_000_000),
            ("2023-10-31T16:47:10+02:00", 1_698_763_630_000_000),
            ("2023-10-31T09:17:10-05:30", 1_698_763_630_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)])
    func readsRFC3339(_ text: String, _ microseconds: Int64) {
        #expect(Instant(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2023", "2023-10-31", "2023-10-31T14:47Z", "2023-10-31T14:47:10", "2023-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-10-00T00:00:00Z", "2023-10-31T24:00:00Z",
        "2023-10-31T23:60:00Z", "2023-10-31T23:59:61Z", "2023-10-31T14:47:10.Z", "2023-10-31T14:47:10Zz",
        "2023-10-31T14:47:10+24:00", "2023-10-31T14:47:10+0200", "-023-10-31T14:47:10Z", "２０２３-10-31T14:47:10Z",
        "2023-10-31T14:47:10 Z", " 2023-10-31T14:47:10Z", "99999-01-01T00:00:00Z",
    ])
    func refusesWhatIsNoRFC3339(_ text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func everyDayOfFourHundredYearsIsReadAsItIsPrinted() {
        for day in stride(from: Int64(-110_000), through: 40_000, by: 1) {
            let instant = Instant(microseconds: day * 86_400_000_000 + 1)
            #expect(Instant(rfc3339: instant.rfc3339) == instant)
        }
    }

    @Test func agreesWithFoundationsCalendar() {
        let formatter = ISO8601DateFormatter()
        for day in stride(from: Int64(-25_000), through: 60_000, by: 37) {
            let seconds = day * 86_400 + 12_345
            let printed = Instant(microseconds: seconds * 1_000_000).rfc3339
            let foundation = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(printed == foundation.replacingOccurrences(of: "Z", with: ".000000Z"))
        }
    }

    @Test func arithmeticStopsAtTheEnds() {
        #expect(Instant(microseconds: 5).advanced(byMilliseconds: 2).microseconds == 2_005)
        #expect(Instant(microseconds: .max).advanced(byMilliseconds: 1).microseconds == .max)
        #expect(Instant(microseconds: .min).advanced(byMilliseconds: -1).microseconds == .min)
        #expect(Instant(microseconds: 0).advanced(byMilliseconds: .max).microseconds == .max)
        #expect(Instant(microseconds: .max).milliseconds(since: Instant(microseconds: .min)) == .max)
        #expect(Instant(microseconds: .max).rfc3339 == "9999-12-31T23:59:59.999999Z")
        #expect(Instant(microseconds: .min).rfc3339 == "0000-01-01T00:00:00.000000Z")
    }
}
