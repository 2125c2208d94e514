import Casebook
import Model
import Providers
import Testing
import Wire

/// Goal: a case made of a real callback tells nothing of anybody, and is read as the callback was.
///
/// Method: every recorded body is replaced; what it comes to must be of the same kind, and nothing of what its personal
/// fields said may be left in it.
struct AnonymiserTests {
    private static let key = Array("a key for tests".utf8)

    private func anonymised(_ body: String, key: [UInt8] = key, keeping names: Set<String> = []) throws -> String {
        var anonymiser = Anonymiser(key: key, keeping: names)
        return String(decoding: try anonymiser.anonymise(Array(body.utf8)), as: UTF8.self)
    }

    private func members(_ body: String) throws -> JSON {
        try JSON(Array(try anonymised(body).utf8))
    }

    @Test func bodiesAreThere() {
        #expect(Recorded.json.count > 300)
        #expect(Recorded.json.flatMap { Leaf.all(in: $0.webhook.body) }.count(where: Self.isPersonal) > 800)
    }

    // MARK: All recorded bodies

    @Test(arguments: Recorded.json)
    func comesToTheSameKindOfThing(_ fixture: Case) throws {
        var anonymiser = Anonymiser(
            key: Self.key, keywords: fixture.source.keywords, keeping: Self.readByItsText[fixture.description] ?? [])
        let body = try anonymiser.anonymise(fixture.webhook.body)
        let before = OutcomeShape(fixture.outcome(of: fixture.signed().webhook()))
        let after = OutcomeShape(fixture.outcome(of: fixture.signed(body).webhook()))
        #expect(before.difference(from: after) == nil)
    }

    /// Cases that are about a text of the vendor's own, or about a name with a long number in it: `--keep` keeps them.
    private static let readByItsText: [String: Set<String>] = [
        "telesign/mms-unknown-fields": ["text_99999999999999999999"],
        "mobile-text-alerts/v3-message-reply-automatic-text": ["message"],
        "mobile-text-alerts/v3-message-reply-automatic-text-within": ["message"],
    ]

    @Test(arguments: Recorded.json)
    func nothingPersonalIsLeft(_ fixture: Case) throws {
        var anonymiser = Anonymiser(key: Self.key, keywords: fixture.source.keywords)
        let body = try anonymiser.anonymise(fixture.webhook.body)
        let text = String(decoding: body, as: UTF8.self)
        for leaf in Leaf.all(in: fixture.webhook.body) where Self.isPersonal(leaf) {
            #expect(!text.contains(leaf.text), "\(leaf.name) is still there")
        }
    }

    private static func isPersonal(_ leaf: Leaf) -> Bool {
        let isLongEnough = leaf.text.utf8.count >= 5 && leaf.text.contains { $0.isLetter || $0.isNumber }
        let word = leaf.text.filter { $0.isLetter }.lowercased()
        return personalNames.contains(leaf.name) && isLongEnough && KeywordPack.standard.words[word] == nil
    }

    private static let personalNames: Set<String> = [
        "fromNumber", "toNumber", "originationNumber", "destinationNumber", "phone_number", "to_phone_number",
        "from_phone_number", "waba_phone_number", "sender_id", "rcs_sender_id", "senderName", "message", "mo_message",
        "text", "text_1", "text_2", "body", "caption", "email", "externalId", "external_id", "reference_id", "replyId",
        "messageId", "previousMessageId", "original_reference_id", "session_reference_id", "mo_reference_id",
        "tracking_data", "postback_data", "url", "uri", "media", "url_image", "url_image_1", "url_video_1", "address",
        "ABCompanyId", "sha256", "session_id", "code_entered",
    ]

    @Test(arguments: Recorded.json)
    func whatIsNoValueStaysAsItWasSpelled(_ fixture: Case) throws {
        var anonymiser = Anonymiser(key: Self.key)
        let body = try anonymiser.anonymise(fixture.webhook.body)
        #expect(try Leaf.frame(of: body) == Leaf.frame(of: fixture.webhook.body))
    }

    // MARK: Kinds of values

    @Test func aNumberIsTheSameHoweverItIsSpelled() throws {
        let json = try members(
            """
            {"a":"+15555550123","b":"15555550123","c":"5555550123","d":5555550123,"e":"+1 (555) 555-0123",
             "text":"call +15555550123 or 5555550123 now"}
            """)
        let number = try #require(json["c"]?.string)
        #expect(number != "5555550123" && number.count == 10)
        #expect(number.dropFirst(3).hasPrefix("55501"), "no number kept for fiction")
        #expect(json["a"]?.string == "+1" + number)
        #expect(json["b"]?.string == "1" + number)
        #expect(json["d"]?.integer == Int64(number))
        #expect(json["e"]?.string?.filter(\.isNumber) == "1" + number)
        #expect(json["e"]?.string?.hasPrefix("+1 (") == true)
        let words = json["text"]?.string?.split(separator: " ") ?? []
        #expect(words.dropFirst().first == "+1\(number)" && words.dropFirst(3).first == Substring(number))
    }

    @Test(arguments: [
        ("+447900900123", "+44"), ("4915112345678", "49"), ("+35312345678", "+353"), ("07700900123", "0"),
        ("+79161234567", "+7"),
    ])
    func theCountryStays(_ number: String, _ prefix: String) throws {
        let replaced = try #require(try members(#"{"phone":"\#(number)"}"#)["phone"]?.string)
        #expect(replaced != number && replaced.count == number.count && replaced.hasPrefix(prefix))
        #expect(replaced.dropFirst().allSatisfy { $0.isNumber })
    }

    @Test func anIdIsTheSameAsTextAndAsNumber() throws {
        let json = try members(
            #"{"replyId":"987654321","messageId":987654321,"short":"4442","same":4442,"big":9223372036854775807}"#)
        #expect(json["replyId"]?.string == json["messageId"]?.integer.map { String($0) })
        #expect(json["replyId"]?.string != "987654321")
        #expect(json["short"]?.string == json["same"]?.integer.map { String($0) })
        #expect(json["short"]?.string?.count == 4)
        #expect(json["big"]?.integer.map { String($0).count } == 19)
    }

    @Test func anAddressStaysOne() throws {
        let json = try members(#"{"a":"Ada.Lovelace@Example-Post.org","b":"ada.lovelace@example-post.org"}"#)
        let parts = json["a"]?.string?.split(separator: "@").map(String.init) ?? []
        #expect(parts.count == 2 && parts[0].count == "Ada.Lovelace".count && parts[0].dropFirst(3).hasPrefix("."))
        #expect(parts[1].hasSuffix(".EXAMPLE") && parts[1].count == "Example-Post.org".count)
        #expect(json["b"]?.string == json["a"]?.string?.lowercased())
    }

    @Test func ofALinkTheFormStays() throws {
        let json = try members(
            #"{"url":"https://user:pw@files.vendor.com:8443/a/Holiday%20Ada.jpg?token=abc123&Expires=1697200000#Ada"}"#)
        let url = try #require(json["url"]?.string)
        #expect(
            url.contains(
                /^https:\/\/[a-z]{4}:[a-z]{2}@[a-z]+\.example:8443\/[a-z]\/[A-Za-z]{7}%[0-9A-Fa-f]{2}[A-Za-z]{3}\.jpg\?/
            ))
        #expect(url.contains(/\?token=[a-z]{3}[0-9]{3}&Expires=1697200000#[A-Za-z]{3}$/))
        for personal in ["user", "files", "vendor", "Holiday", "abc123", "Ada"] { #expect(!url.contains(personal)) }
    }

    @Test func aKeywordStaysAndAWordAmongOthersDoesNot() throws {
        let json = try members(#"{"a":"STOP","b":" \"Stop!\" ","c":"Arrêt","d":"please stop","e":"stop?"}"#)
        #expect(json["a"]?.string == "STOP" && json["b"]?.string == #" "Stop!" "# && json["c"]?.string == "Arrêt")
        #expect(json["e"]?.string == "stop?")
        #expect(json["d"]?.string?.contains("stop") == false && json["d"]?.string?.count == 11)
    }

    @Test func aTextKeepsItsLengthItsCaseAndItsScripts() throws {
        let text = "Où est Ada? 世界 مرحبا 👍🏽 n° 12"
        let replaced = try #require(try members(#"{"text":"\#(text)"}"#)["text"]?.string)
        #expect(replaced.unicodeScalars.count == text.unicodeScalars.count && replaced.utf8.count == text.utf8.count)
        #expect(replaced.first?.isUppercase == true && replaced.contains("👍🏽") && replaced.contains("?"))
        for word in ["Où", "Ada", "世界", "مرحبا"] { #expect(!replaced.contains(word)) }
    }

    @Test func theSameWordInAnotherCaseIsTheSameWord() throws {
        let json = try members(#"{"keyword":"bastagia pura","mo_message":"Bastagia Pura"}"#)
        #expect(json["mo_message"]?.string?.lowercased() == json["keyword"]?.string)
        #expect(json["keyword"]?.string != "bastagia pura")
    }

    @Test func wordsAndCodesOfTheVendorStay() throws {
        let body =
            #"{"status":{"code":1500,"description":"Delivered to customer"},"sub_resource":"mo_sms","type":"voice","mime_type":"audio/ogg; codecs=opus","price":"0.01","isOptOutMessage":true,"size_bytes":335861}"#
        #expect(try anonymised(body) == body)
    }

    @Test func whatOnlyStandsWhereAWordShouldDoesNot() throws {
        let json = try members(#"{"type":"Ada Lovelace","status":"+15555550123","code":123456,"description":"Ada"}"#)
        #expect(json["type"]?.string != "Ada Lovelace" && json["status"]?.string != "+15555550123")
        #expect(json["code"]?.integer != 123_456 && json["description"]?.string != "Ada")
    }

    @Test func tagsKeepTheirNamesAndNotTheirValues() throws {
        let json = try members(#"{"tags":{"type":"gold","status":4711,"+15555550123":"x","ok":true}}"#)
        let tags = json["tags"]?.members ?? []
        #expect(tags.map(\.name).filter { $0 != tags[2].name } == ["type", "status", "ok"])
        #expect(tags[2].name.hasPrefix("+1") && tags[2].name != "+15555550123")
        #expect(tags[0].value.string != "gold" && tags[1].value.integer != 4_711 && tags[3].value.bool == true)
    }

    @Test func aPlaceBecomesAnotherPlaceOnEarth() throws {
        let json = try members(#"{"latitude":-44.8237574,"longitude":120.5}"#)
        let latitude = try #require(json["latitude"]?.double)
        let longitude = try #require(json["longitude"]?.double)
        #expect((-90...(-1)).contains(latitude) && latitude != -44.8237574)
        #expect((100...180).contains(longitude) && longitude != 120.5)
    }

    @Test(arguments: [
        ("2026-02-10T03:37:28.425Z", "2026-02-07T03:37:28.425Z"),
        ("2026-03-01T04:37:28.4251239+01:00", "2026-02-26T04:37:28.4251239+01:00"),
        ("2020-05-04 22:07:01:226", "2020-05-01 22:07:01:226"),
        ("Thu, 23 Jun 2022 19:03:44 GMT", "Mon, 20 Jun 2022 19:03:44 GMT"),
        ("20231013T114600Z", "20231010T114600Z"),
    ])
    func timesAreMovedByWholeDays(_ time: String, _ moved: String) throws {
        var anonymiser = Anonymiser(key: Self.key, movingDays: -3)
        let body = try anonymiser.anonymise(Array(#"{"updated_on":"\#(time)"}"#.utf8))
        #expect(String(decoding: body, as: UTF8.self) == #"{"updated_on":"\#(moved)"}"#)
    }

    @Test func secondsSince1970AreMovedToo() throws {
        var anonymiser = Anonymiser(key: Self.key, movingDays: 1)
        let body = try anonymiser.anonymise(Array(#"{"timestamp":1698763630,"time":"1698763630123"}"#.utf8))
        #expect(String(decoding: body, as: UTF8.self) == #"{"timestamp":1698850030,"time":"1698850030123"}"#)
    }

    // MARK: Keys, and what is left alone

    @Test func theKeyDecides() throws {
        let body = #"{"message":"See you at ten, Ada"}"#
        #expect(try anonymised(body) == anonymised(body))
        #expect(try anonymised(body) != anonymised(body, key: Array("another key".utf8)))
    }

    @Test func substitutesAreSpreadOverTheAlphabet() throws {
        let text = try anonymised(#"{"message":"\#(String(repeating: "e", count: 2_000))"}"#)
        #expect(Set(text.dropFirst(12)).isSuperset(of: "abcdefghijklmnopqrstuvwxyz"))
    }

    @Test func twoNumbersNeverBecomeOne() throws {
        let numbers = (0..<2_000).map { String(5_550_000_000 + $0) }
        let list = numbers.map { "\"\($0)\"" }.joined(separator: ",")
        let json = try members(#"{"numbers":[\#(list)]}"#)
        #expect(Set(json["numbers"]?.elements.compactMap(\.string) ?? []).count == numbers.count)
    }

    @Test func aFieldThatIsKeptIsKept() throws {
        #expect(try anonymised(#"{"a":"Ada","b":7654321}"#, keeping: ["a", "b"]) == #"{"a":"Ada","b":7654321}"#)
    }

    @Test func escapesStayEscapes() throws {
        let text = try anonymised(#"{"url":"https:\/\/vendor.com\/x","message":"\u00c9t\u00e9 \ud83d\udc4d"}"#)
        #expect(text.contains(#"https:\/\/"#) && text.contains(#"\ud83d\udc4d"#))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test(arguments: ["", "hello", "{\"a\":1,}", "{\"a\":1}{\"a\":2}", "{'a':'+15555550123'}"])
    func whatIsNoJSONIsRefused(_ body: String) {
        #expect(throws: CasebookError.self) { try anonymised(body) }
    }
}

/// A text or a number in a body, and the member it stands in.
struct Leaf {
    let name: String
    let text: String

    static func all(in body: [UInt8]) -> [Leaf] {
        guard let json = try? JSON(body) else { return [] }
        var leaves: [Leaf] = []
        collect(json, named: "", into: &leaves)
        return leaves
    }

    private static func collect(_ json: JSON, named name: String, into leaves: inout [Leaf]) {
        for member in json.members { collect(member.value, named: member.name, into: &leaves) }
        for element in json.elements { collect(element, named: name, into: &leaves) }
        if let text = json.string ?? json.integer.map({ String($0) }) { leaves.append(Leaf(name: name, text: text)) }
    }

    /// A body without the inside of its texts and its numbers: marks, white space and literals.
    static func frame(of body: [UInt8]) throws -> String {
        let text = String(decoding: body, as: UTF8.self)
        return text.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"").replacing(/[0-9]/, with: "0")
    }
}
