import Model
import Providers
import Testing

/// Goal: read all that Telesign documents, in each spelling it may have.
///
/// Method: its tables, row by row. Whole callbacks are among the fixtures.
struct TelesignTests {
    private func event(_ body: String, for source: Source? = nil) throws -> Event {
        try #require(try TS.decode(body, for: source).events.first)
    }

    private func message(_ body: String, for source: Source? = nil) throws -> Event.Message {
        guard case .received(let message) = try event(body, for: source).body else {
            throw Mismatch(expected: "a message")
        }
        return message
    }

    struct Mismatch: Error {
        let expected: String
    }

    // MARK: Ids

    /// One message has one id and goes through several states, on one channel and the next.
    @Test func tellsTheStatesOfAMessageApart() throws {
        var ids: Set<EventID> = []
        let bodies = [
            #"{"reference_id":"A","status":{"code":290}}"#,
            #"{"reference_id":"A","status":{"code":200}}"#,
            #"{"reference_id":"B","status":{"code":200}}"#,
            #"{"reference_id":"A","status":{"code":3001},"channel_status":[{"rcs":{"code":3001}}]}"#,
            #"{"reference_id":"A","status":{"code":3001},"channel_status":[{"rcs":{"code":3002}}]}"#,
            #"{"reference_id":"A","status":{"code":3001},"channel_status":[{"rcs":{"code":3056}},{"sms":{"code":3001}}]}"#,
            #"{"reference_id":"A","status":{"code":3001,"last_channel":"viber"}}"#,
            #"{"reference_id":"A","status":{"code":3001,"last_channel":"sms"}}"#,
            #"{"reference_id":"A","status":{"code":3001},"channel_status":[{"kakao":{"code":3001}}]}"#,
            #"{"reference_id":"A","status":{"code":3001},"channel_status":[{"line":{"code":3001}}]}"#,
            #"{"reference_id":"A","name":"T","status":{"code":3850}}"#,
            #"{"reference_id":"A","name":"T","status":{"code":3851,"updated_on":"2026-10-21T14:05:36Z"}}"#,
            #"{"reference_id":"A","name":"T","status":{"code":3851,"updated_on":"2026-10-21T15:05:36Z"}}"#,
            #"{"reference_id":"A","state":"PENDING"}"#,
            #"{"reference_id":"A","state":"VERIFIED"}"#,
        ]
        for body in bodies { ids.formUnion(try TS.decode(body).events.map(\.id)) }
        #expect(ids.count == bodies.count)
    }

    /// All reports about a bulk have one id, also those that name no recipient.
    @Test func tellsTheRecipientsOfABulkApart() throws {
        func id(_ recipient: String, at second: Int, code: Int = 200) throws -> EventID {
            let status = #"{"code":\#(code),"updated_on":"2026-10-21T14:05:\#(second).181346Z"}"#
            return try event(
                #"{"reference_id":"A","sub_resource":"bulk_sms","session_id":\#(recipient),"status":\#(status)}"#
            ).id
        }
        #expect(try id(#""r1""#, at: 10) == id(#""r1""#, at: 10))
        #expect(try id(#""r1""#, at: 10) != id(#""r2""#, at: 10))
        #expect(try id(#""r1""#, at: 10) != id(#""r1""#, at: 10, code: 290))
        #expect(try id("null", at: 10) == id("null", at: 10))
        #expect(try id("null", at: 10) != id("null", at: 11))
    }

    /// What the vendor sends again is the same, though the rest of the body were not.
    @Test func aMessageIsNamedByItsIdAndItsWords() throws {
        let one = try event(#"{"reference_id":"A","content":{"text":"one"},"sub_resource":"mo_rcs"}"#)
        let again = try event(
            #"{"sub_resource":"mo_rcs","content":{"text":"one"},"reference_id":"A","status":{"updated_on":"x"}}"#)
        #expect(one.id == again.id && one.provenance.idBasis == .provider)
        let other = try event(#"{"reference_id":"A","content":{"text":"two"},"sub_resource":"mo_rcs"}"#)
        #expect(one.id != other.id)
    }

    /// Should answers to one message of ours all come under its id, none of them is taken for one that was there before.
    @Test func anOptInAfterAnOptOutUnderOneIdIsNew() throws {
        func consents(_ word: String, at second: Int) throws -> [EventID] {
            try TS.decode(
                #"{"reference_id":"A","sub_resource":"mo_sms","submit_timestamp":"2026-10-21T14:05:\#(second).154Z","#
                    + #""user_response":{"action":"\#(word)","mo_message":"\#(word)"}}"#
            ).events.map(\.id)
        }
        let events = try consents("stop", at: 10) + consents("start", at: 20) + consents("stop", at: 30)
        #expect(events.count == 6 && Set(events).count == 6)
        #expect(try consents("stop", at: 10) == Array(events.prefix(2)))
    }

    @Test func aComplaintAfterAnUnsubscriptionIsNew() throws {
        func id(_ word: String) throws -> EventID {
            try event(
                #"{"reference_id":"A","sub_resource":"mo_email","email":"a@example.com","#
                    + #""content":{"end_user_action":{"event":"\#(word)"}}}"#
            ).id
        }
        #expect(try id("unsubscribe") != id("complaint"))
        #expect(try id("unsubscribe") == id("Unsubscribe"))
    }

    /// Documented with a blank behind its name, for SMS Verify.
    @Test func readsWhoAVerifyingSMSWasFrom() throws {
        let report = try event(
            #"{"reference_id":"A","sub_resource":"sms","status":{"code":200},"additional_info":{"sender_id ":"15558675310"}}"#
        )
        #expect(report.from?.value == "+15558675310" && report.extra.isEmpty)
    }

    @Test func withoutAnIdTheBodyStandsIn() throws {
        let one = try event(#"{"content":{"text":"one"},"sub_resource":"mo_rcs"}"#)
        let other = try event(#"{"content":{"text":"two"},"sub_resource":"mo_rcs"}"#)
        #expect(one.id != other.id && one.provenance.idBasis == .body && one.providerMessageId == nil)
    }

    // MARK: Channels

    /// What each channel looks like, without its name.
    static let shapes: [(channel: Channel, fields: String)] = [
        (.sms, #""user_response":{"mo_message":"Hi"}"#),
        (.whatsapp, #""waba_phone_number":"11234567891","content":{"text":"Hi"}"#),
        (.rcs, #""rcs_sender_id":"","content":{"text":"Hi"}"#),
        (.email, #""email":"a@example.com","content":{}"#),
        (.mms, #""content":{"text_1":"Hi"}"#),
        (.mms, #""content":{"url_image_12":"https://example.com"}"#),
        (.whatsapp, #""content":{"type":"text","content":{"body":"Hi"}}"#),
        (.whatsapp, #""content":{"type":"unsupported"}"#),
        (.rcs, #""content":{"file":{"payload":{}}}"#),
        (.rcs, #""content":{"location":{}}"#),
        (.viber, #""content":{"media":"https://example.com"}"#),
        (.viber, #""content":{"file_name":"a"}"#),
        (.viber, #""content":{"tracking_data":"a"}"#),
        (.viber, #""content":{"original_reference_id":"a"}"#),
        (.viber, #""content":{"text":"Hi"}"#),
        (.email, #""content":{"end_user_action":{"event":"unsubscribe"}}"#),
        (.unknown, #""content":{"end_user_action":{"text":"Hi"}}"#),
    ]

    @Test(arguments: shapes.indices)
    func tellsTheChannelByItsFields(_ index: Int) throws {
        let (channel, fields) = Self.shapes[index]
        for status in [#""status":{"code":1500},"#, ""] {
            let event = try event(#"{"reference_id":"A",\#(status)\#(fields)}"#)
            #expect(event.channel == channel && event.direction == .inbound)
        }
    }

    /// The callback's own name for itself comes before the configuration, which comes before the fields.
    @Test(arguments: shapes.indices, ["sms", "mms", "rcs", "viber", "whatsapp", "email"])
    func theNameComesBeforeTheConfigurationBeforeTheFields(_ index: Int, _ name: String) throws {
        let (channel, fields) = Self.shapes[index]
        let named = try #require(Channel(rawValue: name))
        let byName = try event(#"{"reference_id":"A","sub_resource":"mo_\#(name)",\#(fields)}"#)
        #expect(byName.channel == named)
        for configured in [Channel.sms, .email] {
            let source = try TS.source(channel: configured)
            let event = try event(#"{"reference_id":"A","sub_resource":"mo_\#(name)",\#(fields)}"#, for: source)
            #expect(event.channel == named)
            let isWarned = event.provenance.warnings.contains { $0.hasPrefix("sub_resource says \(name), configured") }
            #expect(isWarned == (configured != named))
        }
        let byConfiguration = try event(#"{"reference_id":"A",\#(fields)}"#, for: try TS.source(channel: named))
        #expect(byConfiguration.channel == named)
        let isWarned = byConfiguration.provenance.warnings.contains { $0.hasPrefix("configured as \(name), with") }
        let isWeak = fields.contains(#""content":{"text""#) || fields.contains(#"{"end_user_action":{"text""#)
        if channel != named, !isWeak { #expect(isWarned) }
        if channel == named { #expect(!isWarned) }
    }

    /// What stands there is read, whatever it is called.
    @Test(arguments: ["sms", "mms", "rcs", "viber", "whatsapp"])
    func readsEveryShapeUnderEveryName(_ name: String) throws {
        let contents = [
            #""user_response":{"mo_message":"Hi"}"#, #""content":{"text_1":"Hi"}"#, #""content":{"text":"Hi"}"#,
            #""content":{"type":"text","content":{"body":"Hi"}}"#,
            #""content":{"end_user_action":{"action":"generic","text":"Hi"}}"#,
        ]
        for content in contents {
            let body = #"{"reference_id":"A","sub_resource":"mo_\#(name)",\#(content)}"#
            #expect(try message(body).content == [.text("Hi")], "\(body)")
        }
    }

    // MARK: Keywords

    struct Verdict: Sendable {
        let fields: String
        let keyword: Keyword?
        let consent: Event.Consent.State?
    }

    private static func keyword(
        _ action: Keyword.Action, _ keyword: String? = nil, raw: String? = nil
    ) -> Keyword {
        Keyword(action: action, rawAction: raw, keyword: keyword, detectedBy: .provider, match: .provider)
    }

    static let verdicts: [Verdict] = [
        Verdict(fields: #""action":"stop","keyword":"end""#, keyword: keyword(.stop, "end"), consent: .optedOut),
        Verdict(fields: #""action":"start","keyword":"start""#, keyword: keyword(.start, "start"), consent: .optedIn),
        Verdict(fields: #""action":"help","keyword":"aide""#, keyword: keyword(.help, "aide"), consent: nil),
        Verdict(fields: #""action":"generic","keyword":"""#, keyword: keyword(.generic), consent: nil),
        Verdict(fields: #""action":"STOP""#, keyword: keyword(.stop, raw: "STOP"), consent: .optedOut),
        Verdict(fields: #""action":"Start""#, keyword: keyword(.start, raw: "Start"), consent: .optedIn),
        Verdict(fields: #""action":"pause""#, keyword: keyword(.other, raw: "pause"), consent: nil),
        Verdict(fields: #""action":"other""#, keyword: keyword(.other), consent: nil),
        Verdict(fields: #""action":null,"keyword":"STOP""#, keyword: keyword(.stop, raw: "STOP"), consent: .optedOut),
        Verdict(fields: #""action":"","keyword":"HELP""#, keyword: keyword(.help, raw: "HELP"), consent: nil),
        Verdict(fields: #""keyword":"arrêt""#, keyword: keyword(.stop, "arrêt"), consent: .optedOut),
        Verdict(fields: #""keyword":"ARRET""#, keyword: keyword(.stop, "ARRET"), consent: .optedOut),
        Verdict(fields: #""keyword":"cancel""#, keyword: keyword(.stop, "cancel"), consent: .optedOut),
        Verdict(fields: #""keyword":"quit""#, keyword: keyword(.stop, "quit"), consent: .optedOut),
        Verdict(fields: #""keyword":"unsubscribe""#, keyword: keyword(.stop, "unsubscribe"), consent: .optedOut),
        Verdict(fields: #""keyword":"contact""#, keyword: keyword(.help, "contact"), consent: nil),
        Verdict(fields: #""keyword":"info""#, keyword: keyword(.help, "info"), consent: nil),
        Verdict(fields: #""keyword":"balance""#, keyword: keyword(.other, "balance"), consent: nil),
        Verdict(fields: #""keyword":"""#, keyword: nil, consent: nil),
    ]

    @Test(arguments: verdicts)
    func takesTheVendorsVerdict(_ verdict: Verdict) throws {
        let fields = verdict.fields
        let action = #""content":{"end_user_action":{\#(fields),"text":"yo"}}"#
        let bodies = [
            (#"{"reference_id":"A","user_response":{\#(fields),"mo_message":"yo"}}"#, false),
            (#"{"reference_id":"A","sub_resource":"mo_rcs",\#(action)}"#, true),
            (#"{"reference_id":"A","waba_phone_number":"11234567891",\#(action)}"#, true),
        ]
        for (body, isTextBeside) in bodies {
            var expected = verdict.keyword
            if isTextBeside { expected?.text = "yo" }
            #expect(try message(body).keyword == expected, "\(body)")
            let events = try TS.decode(body).events
            guard let state = verdict.consent else {
                #expect(events.count == 1)
                continue
            }
            let consent = Event.Consent(state: state, cause: .keyword, evidence: events.first?.id)
            #expect(events.count == 2 && events.last?.body == .consent(consent))
        }
    }

    @Test(arguments: ["help", "generic", "other"])
    func neverMatchesAgainWhatTheVendorMatched(_ action: String) throws {
        let body = #"{"reference_id":"A","user_response":{"action":"\#(action)","mo_message":"STOP"}}"#
        let decoding = try TS.decode(body)
        #expect(decoding.events.count == 1)
        #expect(try message(body).keyword?.detectedBy == .provider)
    }

    @Test func theSourceDecidesWhereTheVendorDoesNot() throws {
        let body = #"{"reference_id":"A","user_response":{"mo_message":"STOP"}}"#
        #expect(try message(body).keyword?.detectedBy == .gateway)
        #expect(try TS.decode(body).events.count == 2)
        #expect(try TS.decode(body, for: TS.source(keywords: nil)).events.count == 1)
        let question = #"{"reference_id":"A","user_response":{"mo_message":"When does it stop"}}"#
        #expect(try TS.decode(question).events.count == 1)
    }

    // MARK: Files

    static let fileKinds: [(type: String, name: String, kind: Content.Media.Kind)] = [
        ("image/jpeg", "a", .image), ("IMAGE/PNG", "a.pdf", .image), ("video/mp4", "a", .video),
        ("audio/ogg; codecs=opus", "a", .audio), ("text/plain", "a", .document), ("text/vcard", "a", .document),
        ("application/pdf", "a", .document), ("application/octet-stream", "a.MP4", .video),
        ("application/octet-stream", "a", .file), ("", "a.jpeg", .image), ("", "", .file), ("image", "a", .image),
        ("imagery/x", "a", .file),
    ]

    @Test(arguments: fileKinds.indices)
    func tellsTheKindOfAFile(_ index: Int) throws {
        let (type, name, kind) = Self.fileKinds[index]
        let payload = #"{"uri":"https://example.com/f","mime_type":"\#(type)","name":"\#(name)"}"#
        let body = #"{"reference_id":"A","sub_resource":"mo_rcs","content":{"file":{"payload":\#(payload)}}}"#
        guard case .media(let media)? = try message(body).content.first else { throw Mismatch(expected: "a file") }
        #expect(media.kind == kind)
    }

    static let expiries: [(query: String, expiry: String?)] = [
        ("?Expires=1697283961", "2023-10-14T11:46:01.000000Z"),
        ("?a=b&Expires=1697283961&Signature=x", "2023-10-14T11:46:01.000000Z"),
        ("?Expires=0", "1970-01-01T00:00:00.000000Z"),
        ("?Expires=99999999999", "5138-11-16T09:46:39.000000Z"),
        ("?X-Amz-Date=20231013T114600Z&X-Amz-Expires=60", "2023-10-13T11:47:00.000000Z"),
        ("?X-Amz-Expires=60&X-Amz-Date=20231013T114600Z", "2023-10-13T11:47:00.000000Z"),
        ("", nil), ("?", nil), ("?Expires", nil), ("?Expires=", nil), ("?Expires=-1", nil), ("?Expires=1e9", nil),
        ("?Expires=123456789012", nil), ("?expires=1697283961", nil), ("#?Expires=a", nil), ("?a#&Expires=1", nil),
        ("?X-Amz-Expires=60", nil), ("?X-Amz-Date=20231013T114600Z", nil),
        ("?X-Amz-Date=20231313T114600Z&X-Amz-Expires=60", nil), ("?X-Amz-Date=2023&X-Amz-Expires=60", nil),
        ("?X-Amz-Date=äöü31013T114600Z&X-Amz-Expires=60", nil), ("Expires=1697283961", nil),
    ]

    @Test(arguments: expiries.indices)
    func readsWhenAnAddressExpires(_ index: Int) throws {
        let (query, expiry) = Self.expiries[index]
        let content = #"{"url_image_1":"https://example.com/i\#(query)"}"#
        let body = #"{"reference_id":"A","sub_resource":"mo_mms","content":\#(content)}"#
        guard case .media(let media)? = try message(body).content.first else { throw Mismatch(expected: "a file") }
        #expect(media.expiresAt?.rfc3339 == expiry, "\(query)")
        #expect(media.url == "https://example.com/i\(query)")
    }

    @Test func ordersPartsByNumber() throws {
        let names = (1...12).map { #""text_\#($0)":"\#($0)""# }.shuffled(by: [11, 3, 7, 0, 9, 1, 10, 5, 2, 8, 6, 4])
        let body = #"{"reference_id":"A","sub_resource":"mo_mms","content":{\#(names.joined(separator: ","))}}"#
        #expect(try message(body).content == (1...12).map { .text("\($0)") })
    }

    // MARK: Times

    static let times: [(text: String, instant: String?, isWarned: Bool)] = [
        ("2023-10-31T14:47:10.490130Z", "2023-10-31T14:47:10.490130Z", false),
        ("2023-10-31T16:47:10+02:00", "2023-10-31T14:47:10.000000Z", false),
        ("2020-05-04 22:07:01:226", "2020-05-04T22:07:01.226000Z", true),
        ("2020-05-04 22:07:01.226", "2020-05-04T22:07:01.226000Z", true),
        ("2020-05-04T22:07:01", "2020-05-04T22:07:01.000000Z", true),
        ("Thu, 23 Jun 2022 19:03:44 GMT", "2022-06-23T19:03:44.000000Z", false),
        ("Thu, 23 Jun 2022 19:03:44 CET", nil, true), ("Thu, 3 Jun 2022 19:03:44 GMT", nil, true),
        ("Thu, 31 Jun 2022 19:03:44 GMT", nil, true), ("Day, 23 Jun 2022 19:03:44 GMT", nil, true),
        ("Thu, 23 June 2022 19:03:44 GMT", nil, true), ("Thu, 23 Jun 2022 19:03 GMT", nil, true),
        ("2020-05-04 22:07:01:", nil, true), ("2020-05-04 25:07:01:226", nil, true),
        ("2020-05-04", nil, true), ("1588630021", nil, true), ("", nil, true), ("😎😎😎😎😎😎", nil, true),
        ("2038-01-19T03:14:08Z", nil, true), ("1999-12-31 23:59:59:000", nil, true),
    ]

    @Test(arguments: times.indices)
    func readsTimesInEveryForm(_ index: Int) throws {
        let (text, instant, isWarned) = Self.times[index]
        let event = try event(#"{"reference_id":"A","status":{"code":200,"updated_on":"\#(text)"}}"#)
        #expect(event.occurredAt?.rfc3339 == instant, "\(text)")
        #expect(event.time == event.occurredAt ?? event.receivedAt)
        #expect(event.provenance.warnings.isEmpty == !isWarned, "\(text)")
    }
}

extension [String] {
    /// The elements in a given order.
    fileprivate func shuffled(by order: [Int]) -> [String] {
        order.map { self[$0] }
    }
}
