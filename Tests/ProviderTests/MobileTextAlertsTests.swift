import Model
import Providers
import Testing

/// Goal: read all that Mobile Text Alerts documents, in each spelling it may have.
///
/// Method: its tables, row by row. Whole callbacks are among the fixtures.
struct MobileTextAlertsTests {
    // MARK: Status codes

    /// A row of the vendor's table, and what it means.
    struct Code: Sendable {
        let number: Int
        let name: String
        let state: Event.Status.State
        let isFinal: Bool
    }

    static let codes: [Code] = [
        Code(number: 1, name: "QUEUED", state: .queued, isFinal: false),
        Code(number: 2, name: "SENDING", state: .sending, isFinal: false),
        Code(number: 3, name: "SENT", state: .sent, isFinal: false),
        Code(number: 4, name: "DELIVERED", state: .delivered, isFinal: true),
        Code(number: 5, name: "SENDING_FAILED", state: .failed, isFinal: true),
        Code(number: 6, name: "DELIVERY_FAILED", state: .failed, isFinal: true),
        Code(number: 7, name: "DELIVERY_UNCONFIRMED", state: .unconfirmed, isFinal: false),
        Code(number: 8, name: "DELIVERY_REJECTED", state: .rejected, isFinal: true),
        Code(number: 9, name: "UNDELIVERED", state: .undelivered, isFinal: true),
        Code(number: 10, name: "INVALID_NUMBER", state: .failed, isFinal: true),
        Code(number: 11, name: "STOPPED_NUMBER", state: .rejected, isFinal: true),
        Code(number: 12, name: "LANDLINE", state: .failed, isFinal: true),
        Code(number: 13, name: "SEND_REJECTED", state: .rejected, isFinal: true),
        Code(number: 14, name: "QUEUEING_FAILED", state: .failed, isFinal: true),
    ]

    @Test(arguments: codes, ["fromNumber", "destinationNumber"])
    func readsEveryStatusInEverySpelling(_ code: Code, _ number: String) throws {
        var ids: Set<EventID> = []
        let name = code.name
        for spelling in ["\(code.number)", "\"\(code.number)\"", "\"\(name)\"", "\"\(name.lowercased())\""] {
            let body = #"{"\#(number)":"+15555550123","messageId":"1","status":\#(spelling),"type":"delivery-status"}"#
            let decoding = try MTA.decode(body)
            let event = try #require(decoding.events.first)
            ids.insert(event.id)
            #expect(decoding.faults.isEmpty && decoding.sightings.isEmpty && decoding.events.count == 1)
            #expect(
                event.body
                    == .status(
                        Event.Status(
                            state: code.state, isFinal: code.isFinal, providerCode: "\(code.number)",
                            providerState: name)))
        }
        #expect(ids.count == 1, "one status has several ids")
    }

    @Test(arguments: [
        "0", "15", "-1", "255", "\"\"", "\"00\"", "\"+4\"", "\"4.0\"", "\"undeliverable\"", "\"unknown\"",
    ])
    func keepsAStatusThatIsNotInTheTable(_ spelling: String) throws {
        let decoding = try MTA.decode(
            #"{"toNumber":"+15555550123","messageId":"1","status":\#(spelling),"type":"delivery-status"}"#)
        let event = try #require(decoding.events.first)
        guard case .status(let status) = event.body else {
            Issue.record("no status")
            return
        }
        let word = spelling.filter { $0 != "\"" }
        #expect(status.state == .unknown && !status.isFinal && status.providerState == nil)
        #expect(status.providerCode == (word.isEmpty ? nil : word))
        #expect(decoding.sightings == (word.isEmpty ? [] : [Sighting(kind: .word, path: "$.status", word: word)]))
    }

    /// One request to the vendor is one message id, many recipients and several states each.
    @Test func tellsRecipientsAndStatesApart() throws {
        var ids: Set<EventID> = []
        for recipient in ["+15555550123", "+15555550124"] {
            for status in 1...4 {
                let body = #"{"toNumber":"\#(recipient)","messageId":"1","status":\#(status)}"#
                ids.formUnion(try MTA.decode(body).events.map(\.id))
            }
        }
        #expect(ids.count == 8)
    }

    /// Where an iMessage cannot be delivered, an SMS goes out in its place, and is told of under the same id.
    @Test func tellsAnIMessageFromTheSMSInItsPlace() throws {
        for rest in [#""status":3"#, #""message":"a""#] {
            let one = try MTA.decode(#"{"toNumber":"+15555550123","messageId":"1","senderName":"A",\#(rest)}"#)
            let other = try MTA.decode(#"{"toNumber":"+15555550123","messageId":"1",\#(rest)}"#)
            #expect(one.events.map(\.channel) == [.imessage] && other.events.map(\.channel) == [.sms])
            #expect(one.events.map(\.id) != other.events.map(\.id))
        }
    }

    /// The vendor says that its times are in UTC, so one without a zone leaves no doubt.
    @Test(arguments: ["2026-02-10T03:37:28", "2026-02-10 03:37:28", "2026-02-10T03:37:28.000"])
    func readsATimeWithoutItsZone(_ time: String) throws {
        let event = try MTA.decode(#"{"replyId":"1","message":"a","timestamp":"\#(time)"}"#).events.first
        #expect(event?.occurredAt == Instant(rfc3339: "2026-02-10T03:37:28Z"))
        #expect(event?.provenance.warnings.contains { $0.contains("without its zone") } == true)
        #expect(event?.extra.map(\.name) == ["timestamp"])
    }

    @Test(arguments: [
        (Channel?.none, Channel.mms), (.sms, .mms), (.mms, .mms), (.rcs, .rcs),
    ])
    func anAttachmentMakesAnMMSOfWhatWouldBeSMS(_ configured: Channel?, _ channel: Channel) throws {
        let body = #"{"replyId":"1","url":"https://example.com/a.jpg"}"#
        #expect(try MTA.decode(body, for: MTA.source(channel: configured)).events.map(\.channel) == [channel])
    }

    @Test(arguments: [
        ("5555550123", "1", "+15555550123"), ("15555550123", "1", "+15555550123"),
        ("07911123456", "44", "+447911123456"), ("7911123456", "44", "+447911123456"),
        ("447911123456", "44", "+447911123456"),
        ("0612345678", "39", "+390612345678"), ("3331234567", "39", "+393331234567"),
        ("393331234567", "39", "+393331234567"),
    ])
    func completesANationalNumber(_ number: String, _ callingCode: String, _ complete: String) throws {
        let source = MTA.source(defaultCallingCode: callingCode)
        let event = try MTA.decode(#"{"originationNumber":"\#(number)","message":"a"}"#, for: source).events.first
        #expect(event?.from?.value == complete && event?.from?.kind == .phone)
    }

    // MARK: Telling apart

    /// Fields, and the type of event they are; nil where they wait in quarantine.
    struct Shape: Sendable {
        let members: String
        let kind: Event.Kind?
    }

    static let shapes: [Shape] = [
        // V3, by its fields.
        Shape(members: #""fromNumber":"+15555550123","replyId":"1","message":"a""#, kind: .messageReceived),
        Shape(members: #""replyId":"1""#, kind: .messageReceived),
        Shape(members: #""replyId":"1","status":4,"toNumber":"+15555550123""#, kind: .messageReceived),
        Shape(members: #""toNumber":"+15555550123","status":4"#, kind: .messageStatus),
        Shape(members: #""toNumber":"+15555550123","messageId":"1","status":4,"message":"a""#, kind: .messageStatus),
        Shape(members: #""toNumber":"+15555550123","messageId":"1","message":"a""#, kind: .messageSent),
        Shape(members: #""toNumber":"+15555550123","messageId":"1","url":"https://example.com/a""#, kind: .messageSent),
        Shape(members: #""toNumber":"+15555550123","messageId":"1","message":null"#, kind: .messageSent),
        Shape(members: #""fromNumber":"+15555550123","message":"a""#, kind: .messageReceived),
        Shape(members: #""fromNumber":"+15555550123","type":"sms""#, kind: .consentChanged),
        Shape(members: #""fromNumber":"+15555550123","optInType":"rcs""#, kind: .consentChanged),
        Shape(members: #""fromNumber":"+15555550123","type":"NUMBER_OPT_IN""#, kind: .consentChanged),
        Shape(members: #""fromNumber":"+15555550123","toNumber":"+15555550999","message":"a""#, kind: nil),
        Shape(members: #""fromNumber":"+15555550123""#, kind: nil),
        Shape(members: #""fromNumber":"+15555550123","type":"opt-out""#, kind: nil),
        Shape(members: #""fromNumber":"+15555550123","messageId":"1","type":"sms""#, kind: nil),
        Shape(members: #""toNumber":"+15555550123","message":"a""#, kind: nil),
        Shape(members: #""toNumber":"+15555550123","messageId":"1""#, kind: nil),
        // V1 and V2, by their type.
        Shape(members: #""originationNumber":"5555550123","type":"message-reply""#, kind: .messageReceived),
        Shape(members: #""destinationNumber":"5555550123","type":"delivery-status""#, kind: .messageStatus),
        Shape(members: #""destinationNumber":"5555550123","type":"message-send""#, kind: .messageSent),
        Shape(members: #""originationNumber":"5555550123","type":"number-opt-in""#, kind: .consentChanged),
        Shape(members: #""messageId":1,"type":"Message_Reply""#, kind: .messageReceived),
        Shape(members: #""originationNumber":"5555550123","status":4,"type":"MESSAGE_REPLY""#, kind: .messageReceived),
        // V1 and V2, by their fields.
        Shape(members: #""originationNumber":"5555550123","message":"a""#, kind: .messageReceived),
        Shape(members: #""originationNumber":"5555550123","isOptOutMessage":false"#, kind: .messageReceived),
        Shape(members: #""originationNumber":"5555550123","previousMessageId":null"#, kind: .messageReceived),
        Shape(members: #""originationNumber":"5555550123","optInType":"sms""#, kind: .consentChanged),
        Shape(members: #""originationNumber":"5555550123","type":"email""#, kind: .consentChanged),
        Shape(members: #""destinationNumber":5555550123,"status":4"#, kind: .messageStatus),
        Shape(members: #""destinationNumber":5555550123,"message":"a""#, kind: .messageSent),
        Shape(members: #""destinationNumber":5555550123,"url":"https://example.com/a""#, kind: .messageSent),
        Shape(members: #""originationNumber":"5555550123","type":"opt-out""#, kind: nil),
        Shape(members: #""originationNumber":"5555550123""#, kind: nil),
        Shape(members: #""destinationNumber":"5555550123""#, kind: nil),
        Shape(members: #""messageId":1"#, kind: nil),
        Shape(members: #""type":"message-reply","message":"a""#, kind: nil),
    ]

    @Test(arguments: shapes)
    func tellsByTheFieldsWhatItIs(_ shape: Shape) throws {
        for body in ["{\(shape.members)}", #"{"data":{\#(shape.members)}}"#] {
            let decoding = try MTA.decode(body)
            #expect(decoding.events.map(\.type) == [shape.kind].compactMap { $0 })
            #expect(decoding.faults == (shape.kind == nil ? [Fault(path: "$", reason: "unrecognised shape")] : []))
            #expect(decoding.sightings.contains { $0.kind == .shape } == (shape.kind == nil))
        }
    }

    /// What the operator says of a source counts, whatever the fields are like; but it makes no consent of a message.
    @Test(arguments: [
        ("message-reply", Event.Kind.messageReceived), ("delivery-status", .messageStatus),
        ("message-send", .messageSent),
    ])
    func believesTheConfiguration(_ event: String, _ kind: Event.Kind) throws {
        for shape in Self.shapes where shape.members.contains("Number") {
            let decoding = try MTA.decode("{\(shape.members)}", for: MTA.source(event: event))
            #expect(decoding.events.map(\.type) == [kind])
            let isContradiction = shape.kind != nil && shape.kind != kind
            let warnings = decoding.events.flatMap(\.provenance.warnings)
            #expect(warnings.contains { $0.hasPrefix("configured as ") } == isContradiction)
        }
        for shape in Self.shapes where shape.kind != nil {
            let decoding = try MTA.decode("{\(shape.members)}", for: MTA.source(event: "number-opt-in"))
            #expect(decoding.events.map(\.type) == [shape.kind])
        }
    }

    // MARK: Words

    @Test(arguments: [
        ("STOP", Keyword.Action.stop), ("stop", .stop), (" Stop\n", .stop), ("Stop.", .stop), ("“STOP!”", .stop),
        ("STOPALL", .stop), ("unsubscribe", .stop), ("Cancel", .stop), ("END", .stop), ("quit", .stop),
        ("ARRÊT", .stop), ("arret", .stop), ("Désabonner", .stop), ("opt-out", .stop),
        // What nobody sees is no further word.
        ("STOP\u{200B}", .stop), ("\u{FEFF}STOP", .stop), ("STOP\u{FFFC}", .stop), ("STOP\u{00A0}", .stop),
        ("STOP  ALL", .stop), ("Opt\u{00A0}out", .stop), ("STOP…", .stop), ("Stop,", .stop),
        ("start", .start), ("UNSTOP", .start), ("resume", .start), ("HELP", .help), ("info", .help), ("Aide", .help),
        ("contact", .help),
    ])
    func findsAKeyword(_ text: String, _ action: Keyword.Action) throws {
        let events = try reply(text)
        guard case .received(let message) = events.first?.body else {
            Issue.record("no message")
            return
        }
        #expect(message.keyword?.action == action)
        #expect(message.keyword?.detectedBy == .gateway && message.keyword?.match == .exact)
        #expect(events.count == (action == .help ? 1 : 2))
        guard action != .help else { return }
        #expect(
            events.last?.body
                == .consent(
                    Event.Consent(
                        state: action == .stop ? .optedOut : .optedIn, cause: .keyword, evidence: events.first?.id)))
    }

    @Test(arguments: [
        "stop?", "please stop", "stop it", "s t o p", "st.op", "nonstop", "YES", "Oui", "no", "", " ", "...", "!", "👍",
        "end of story", "STOP STOP", "help me", String(repeating: "stop", count: 100),
        "stop" + String(repeating: "!", count: 300),
    ])
    func findsNoKeyword(_ text: String) throws {
        let events = try reply(text)
        guard events.count == 1, case .received(let message) = events.first?.body else {
            Issue.record("not one message")
            return
        }
        #expect(message.keyword == nil)
    }

    @Test func findsTheConfiguredWordsToo() throws {
        let words = KeywordPack.standard.merging(KeywordPack(words: ["baja": .stop, "yes": .start, "end": .help]))
        #expect(try reply("Baja!", keywords: words).count == 2)
        #expect(try reply("YES", keywords: words).count == 2)
        #expect(try reply("end", keywords: words).count == 1)
        #expect(try reply("stop", keywords: words).count == 2)
        #expect(try reply("stop", keywords: nil).count == 1)
        // They are spelled as messages are: with what has no width, in whichever case, with any blanks.
        let spelled = KeywordPack(words: [
            "نمی\u{200C}خواهم": .stop, "❤\u{FE0F}": .start, "No  More.": .stop, "!": .stop,
        ])
        for text in ["نمی\u{200C}خواهم", "❤\u{FE0F}", "❤", "NO MORE"] {
            #expect(try reply(text, keywords: spelled).count == 2, "\(text)")
        }
        #expect(try reply("!", keywords: spelled).count == 1)
    }

    private func reply(_ text: String, keywords: KeywordPack? = .standard) throws -> [Event] {
        let escaped = text.replacing("\n", with: "\\n")
        return try MTA.decode(
            #"{"fromNumber":"+15555550123","replyId":"1","message":"\#(escaped)"}"#, for: MTA.source(keywords: keywords)
        ).events
    }

    @Test(arguments: [("sms", Channel.sms), ("email", .email), ("imessage", .imessage), ("rcs", .rcs)])
    func readsEveryWayToOptInInBothSpellings(_ word: String, _ channel: Channel) throws {
        for body in [
            #"{"fromNumber":"+15555550123","type":"\#(word)"}"#,
            #"{"fromNumber":"+15555550123","optInType":"\#(word)","type":"number-opt-in"}"#,
            #"{"originationNumber":"+15555550123","optInType":"\#(word)"}"#,
            #"{"originationNumber":"+15555550123","type":"\#(word)"}"#,
        ] {
            let decoding = try MTA.decode(body)
            #expect(decoding.events.map(\.channel) == [channel])
            #expect(decoding.events.map(\.body) == [.consent(Event.Consent(state: .optedIn, cause: .optIn))])
            #expect(decoding.events.flatMap(\.extra).isEmpty)
        }
    }

    // MARK: Ids

    @Test func namesAReplyAlikeInEveryVersion() throws {
        let bodies = [
            #"{"originationNumber":"5555550123","messageId":7,"message":"a","type":"message-reply"}"#,
            #"{"originationNumber":"5555550123","messageId":"7","message":"a"}"#,
            #"{"fromNumber":"+15555550123","replyId":"7","message":"a"}"#,
            #"{"data":{"fromNumber":"+15555550123","replyId":7,"message":"a"}}"#,
        ]
        #expect(try Set(bodies.flatMap { try MTA.decode($0).events.map(\.id) }).count == 1)
    }

    /// Two opt-ins are two, and the configuration has no say in what they are called.
    @Test func namesAnOptInByWhatItSays() throws {
        func id(_ time: String, _ more: String = "", address: String? = nil) throws -> EventID? {
            try MTA.decode(
                #"{"fromNumber":"+15555550123","type":"sms","timestamp":"2026-02-10T03:37:\#(time)Z"\#(more)}"#,
                for: MTA.source(address: address)
            ).events.first?.id
        }
        #expect(try id("28") == id("28"))
        #expect(try id("28") != id("29"))
        #expect(try id("28") != id("28", #","toNumber":"+15555550999""#))
        #expect(try id("28", #","senderName":"a""#) != id("28", #","senderName":"b""#))
        #expect(try id("28") == id("28", address: "+15555550999"))
    }

    @Test func readsTheSameBytesAlikeInEverySource() throws {
        let body = #"{"fromNumber":"+15555550123","replyId":"7","message":"a"}"#
        let one = try MTA.decode(body).events.map(\.canonicalBytes)
        #expect(try MTA.decode(body, for: MTA.source(defaultCallingCode: "44")).events.map(\.canonicalBytes) == one)
    }
}
