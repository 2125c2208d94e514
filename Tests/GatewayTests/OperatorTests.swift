import Foundation
import Model
import Testing
import Wire

@testable import Gateway

/// Goal: what the page is told is right, and gives away nothing that was written.
struct OperatorTests {
    private static func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func aMaskHidesEveryValueOfABody() {
        let body = Array(#"{"a":"secret","b":[1,true,null,{"c":2.5}],"d":{}}"#.utf8)
        #expect(Self.text(Mask.body(body)) == #"{"a":"•••","b":["•••","•••",null,{"c":"•••"}],"d":{}}"#)
        #expect(Mask.body(Array("secret".utf8)) == nil)
    }

    @Test func aMaskLeavesOfAnEventWhatIsOurs() {
        let event =
            #"{"id":"7","data":{"from":{"value":"+1"},"content":[{"type":"text","text":"secret"},"#
            + #"{"type":"unsupported","raw":{"type":"secret"}}],"keyword":{"action":"stop","keyword":"secret"},"#
            + #""subjectLine":"secret","extra":{"type":"secret"}}}"#
        let masked = Self.text(Mask.event(Array(event.utf8))) ?? ""
        #expect(!masked.contains("secret"))
        for kept in [#""id":"7""#, #""value":"+1""#, #""type":"text""#, #""action":"stop""#] {
            #expect(masked.contains(kept), "\(kept)")
        }
    }

    @Test(arguments: [
        ("+1 (123) 456-7890", "11234567890"), ("1123-456-7890", "11234567890"), ("11234567890", nil), ("12 34", nil),
        ("R1 123456", nil),
    ])
    func aNumberIsFoundHoweverItIsTyped(_ text: String, _ digits: String?) {
        #expect(OperatorDesk.digits(of: text) == digits)
    }

    @Test func queriesAreDecoded() {
        let items = QueryItems("q=%2B1+23&type=a&type=b&empty=&limit=9999&%zz=1")
        #expect(items["q"] == "+1 23")
        #expect(items.all("type") == ["a", "b"])
        #expect(items["empty"] == nil && items["nothing"] == nil)
        #expect(items.limit == 500)
    }

    @Test func trendsTellWhatCameBetweenTwoSamples() async {
        let metrics = Metrics()
        let meter = metrics.source("a", of: "telesign")
        meter.duplicate.add(5)
        let trends = Trends(metrics)
        let start = Instant(microseconds: 1_000_000)
        meter.duplicate.add(2)
        meter.committing.note(microseconds: 90)
        metrics.sink("s").taken.add(3)
        let backlog = Trends.Backlog(sink: "s", lagEvents: 7, oldest: start)
        await trends.take(at: start.advanced(byMilliseconds: 250), backlogs: [backlog], waitingRequests: 1)
        await trends.take(at: start, backlogs: [], waitingRequests: 0)
        let samples = await trends.samples(after: 0)
        #expect(samples.map(\.number) == [1, 2])
        #expect(samples[0].sources.map(\.duplicate) == [2] && samples[1].sources.map(\.duplicate) == [0])
        #expect(samples[0].sources[0].p99Us == 99 && samples[1].sources[0].p99Us == nil)
        #expect(samples[0].sinks.map(\.taken) == [3])
        #expect(samples[0].sinks.map(\.lagMs) == [250] && samples[0].sinks.map(\.lagEvents) == [7])
        #expect(await trends.samples(after: 1).map(\.number) == [2])
        for _ in 0..<Trends.samplesMax { await trends.take(at: start, backlogs: [], waitingRequests: 0) }
        #expect(await trends.samples(after: 0).count == Trends.samplesMax)
    }
}
