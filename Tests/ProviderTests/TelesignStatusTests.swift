import Model
import Providers
import Testing

/// Goal: know what each of Telesign's status codes comes to.
///
/// Method: its tables, code by code.
struct TelesignStatusTests {
    private func event(_ body: String) throws -> Event {
        try #require(try TS.decode(body).events.first)
    }

    private func status(_ body: String) throws -> Event.Status {
        let event = try event(body)
        guard case .status(let status) = event.body else { throw TelesignTests.Mismatch(expected: "a status") }
        return status
    }

    /// Codes of the vendor's tables that come to the same.
    struct Codes: Sendable {
        let codes: [Int]
        let state: Event.Status.State
        let isFinal: Bool
    }

    static let sms: [Codes] = [
        Codes(codes: [200], state: .delivered, isFinal: true),
        Codes(codes: [201], state: .sent, isFinal: true),
        Codes(codes: [203], state: .sent, isFinal: false),
        Codes(codes: [290], state: .sending, isFinal: false),
        Codes(codes: [292, 293], state: .queued, isFinal: false),
        Codes(codes: [210, 221, 511, 512, 513, 514], state: .undelivered, isFinal: true),
        Codes(codes: [250], state: .unconfirmed, isFinal: true),
        Codes(codes: [251, 295, 599], state: .unconfirmed, isFinal: false),
        Codes(
            codes: [207, 211, 220, 222, 231, 500, 502, 505, 506, 507, 508, 509, 516, 10_000, 11_000], state: .failed,
            isFinal: true),
        Codes(
            codes: [
                229, 230, 233, 237, 238, 286, 501, 503, 504, 510, 515, 517, 518, 519, 520, 521, 10_030, 10_031, 10_032,
            ], state: .rejected, isFinal: true),
    ]

    static let messaging: [Codes] = [
        Codes(codes: [3000], state: .delivered, isFinal: true),
        Codes(codes: [3001], state: .sending, isFinal: false),
        Codes(codes: [3002], state: .sent, isFinal: false),
        Codes(codes: [3004], state: .unconfirmed, isFinal: false),
        Codes(codes: [201, 3005], state: .read, isFinal: true),
        Codes(codes: [3030, 3033, 3047, 3048, 3049, 3050], state: .undelivered, isFinal: true),
        Codes(codes: [3056], state: .undelivered, isFinal: false),
        Codes(codes: [3039], state: .unconfirmed, isFinal: true),
        Codes(codes: [3040], state: .queued, isFinal: false),
        Codes(codes: [3060], state: .unknown, isFinal: false),
        Codes(
            codes: [
                516, 3003, 3011, 3012, 3031, 3032, 3034, 3035, 3043, 3044, 3045, 3054, 3055, 3057, 3059, 3061, 3062,
                3102, 3103, 3104, 3105, 3106, 3107, 3108, 3109, 3110, 3112, 3113, 3114, 3115, 3300, 3301, 3302, 3303,
                3304, 3305, 3500, 3601,
            ], state: .failed, isFinal: true),
        Codes(codes: [3100, 3101, 3306], state: .failed, isFinal: false),
        Codes(
            codes: [
                3006, 3036, 3037, 3038, 3041, 3042, 3046, 3051, 3052, 3053, 3058, 3071, 3072, 3073, 3203, 3204, 3205,
                3206, 3207, 3208, 3209, 3400, 3405, 3406, 3408, 3409, 3410, 3411, 3412, 3413,
            ], state: .rejected, isFinal: true),
        Codes(codes: [3200, 3202], state: .rejected, isFinal: false),
    ]

    @Test(arguments: sms)
    func readsEveryStatusOfSMS(_ row: Codes) throws {
        for code in row.codes {
            for body in [
                #"{"reference_id":"A","status":{"code":\#(code),"description":"d"}}"#,
                #"{"reference_id":"A","sub_resource":"sms","status":{"code":"\#(code)","description":"d"}}"#,
            ] {
                let decoding = try TS.decode(body)
                #expect(decoding.faults.isEmpty && decoding.sightings.isEmpty && decoding.events.count == 1, "\(code)")
                let expected = Event.Status(
                    state: row.state, isFinal: row.isFinal, providerCode: "\(code)", description: "d")
                #expect(try status(body) == expected, "\(code)")
                #expect(decoding.events.first?.channel == .sms)
            }
        }
    }

    @Test(arguments: messaging)
    func readsEveryStatusOfMessaging(_ row: Codes) throws {
        for code in row.codes {
            let body = """
                {"reference_id":"A","status":{"code":\(code),"last_channel":"sms"},
                 "channel_status":[{"sms":{"code":\(code),"reference_id":"B"}}]}
                """
            let decoding = try TS.decode(body)
            #expect(decoding.faults.isEmpty && decoding.sightings.isEmpty && decoding.events.count == 1, "\(code)")
            let channel = Event.ChannelStatus(
                channel: .sms, state: row.state, providerCode: "\(code)", providerMessageId: "B")
            let expected = Event.Status(
                state: row.state, isFinal: row.isFinal, providerCode: "\(code)", channels: [channel])
            #expect(try status(body) == expected, "\(code)")
        }
    }

    @Test(arguments: [202, 299, 522, 598, 10_001, 19_999, 3007, 3111, 3201, 3404, 3849, 3999])
    func keepsAStatusThatIsNotInTheTables(_ code: Int) throws {
        let decoding = try TS.decode(#"{"reference_id":"A","status":{"code":\#(code)}}"#)
        guard case .status(let status) = try #require(decoding.events.first).body else {
            throw TelesignTests.Mismatch(expected: "a status")
        }
        #expect(status == Event.Status(state: .unknown, isFinal: false, providerCode: "\(code)"))
        #expect(decoding.sightings == [Sighting(kind: .word, path: "$.status.code", word: "\(code)")])
    }

    @Test(arguments: ["viber", "whatsapp", "rcs"])
    func deliveredIsNotTheEndWhereItMayBeRead(_ channel: String) throws {
        let delivered = #"{"reference_id":"A","status":{"code":3000,"last_channel":"\#(channel)"}}"#
        #expect(try status(delivered).isFinal == false)
        #expect(try event(delivered).channel == Channel(rawValue: channel))
        #expect(try status(#"{"reference_id":"A","status":{"code":3005,"last_channel":"\#(channel)"}}"#).isFinal)
    }

    @Test(arguments: ["sms", "mms", "email"])
    func deliveredIsTheEndWhereNothingTellsMore(_ channel: String) throws {
        #expect(try status(#"{"reference_id":"A","status":{"code":3000,"last_channel":"\#(channel)"}}"#).isFinal)
    }

    @Test(arguments: [100, 103, 300, 301, 400, 499, 600, 1501, 1900, 2000, 2800, 4501, 5000, 9999, 20_000])
    func knowsNoCodesOfOtherProducts(_ code: Int) throws {
        let decoding = try TS.decode(#"{"reference_id":"A","status":{"code":\#(code)}}"#)
        #expect(decoding.events.isEmpty && decoding.faults == [Fault(path: "$", reason: "unrecognised shape")])
    }

    @Test(arguments: 3850...3857)
    func readsEveryTemplateCode(_ code: Int) throws {
        let body = #"{"reference_id":"A","name":"T","channel":"sms","status":{"code":\#(code)}}"#
        #expect(try event(body).body == .notice(kind: "template"))
    }
}
