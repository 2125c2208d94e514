import Model
import Providers
import Testing

/// Goal: believe Mobile Text Alerts, and nobody else.
///
/// Method: bodies and signatures that were computed apart from this code, with the vendor's published secret.
struct MobileTextAlertsSignatureTests {
    /// A body and its signature.
    struct Vector: Sendable {
        let body: String
        let signature: String
    }

    @Test(arguments: vectors)
    func takesTheRightSignature(_ vector: Vector) throws {
        let request = try MobileTextAlerts.verify(
            MTA.webhook(vector.body, signature: vector.signature), for: MTA.source())
        #expect(request.authenticity == Authenticity(method: "mta-hmac-sha256", key: "secret-1"))
        #expect(request.body == Array(vector.body.utf8))
    }

    @Test(arguments: vectors)
    func signsAsTheVendorDoes(_ vector: Vector) {
        let headers = MobileTextAlerts.sign(Array(vector.body.utf8), with: MTA.secret, for: MTA.source())
        #expect(headers == [Receipt.Header(name: "X-Signature", value: vector.signature)])
    }

    @Test func signsAsTheTextbookDoes() {
        let headers = MobileTextAlerts.sign(
            Array("The quick brown fox jumps over the lazy dog".utf8),
            with: Secret(name: "textbook", key: Array("key".utf8)), for: MTA.source())
        #expect(headers.map(\.value) == ["f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"])
    }

    @Test(arguments: vectors)
    func refusesTheSignatureOfAnotherBody(_ vector: Vector) {
        for other in Self.vectors where other.body != vector.body {
            let webhook = MTA.webhook(vector.body, signature: other.signature)
            #expect(MTA.refusal(of: webhook) == .forged(.mismatch))
        }
    }

    @Test(arguments: vectors)
    func refusesEveryOtherDigit(_ vector: Vector) {
        for index in vector.signature.indices {
            var signature = vector.signature
            signature.replaceSubrange(index...index, with: signature[index] == "0" ? "1" : "0")
            #expect(MTA.refusal(of: MTA.webhook(vector.body, signature: signature)) == .forged(.mismatch))
        }
    }

    @Test(arguments: vectors)
    func refusesEveryChangeOfTheBody(_ vector: Vector) {
        for change in ["\(vector.body)\n", " \(vector.body)", String(vector.body.dropLast()), ""] {
            let webhook = MTA.webhook(change, signature: vector.signature)
            #expect(MTA.refusal(of: webhook) == .forged(.mismatch))
        }
    }

    @Test(arguments: [
        "", " ", "0", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "0", count: 128), String(repeating: "g", count: 64), String(repeating: "é", count: 32),
        "sha256=" + String(repeating: "0", count: 64), String(repeating: "0", count: 63) + " ",
        "0x" + String(repeating: "0", count: 62), String(repeating: "00,", count: 21) + "0",
    ])
    func refusesWhatIsNoSignature(_ signature: String) {
        #expect(MTA.refusal(of: MTA.webhook("{}", signature: signature)) == .forged(.malformed))
    }

    @Test func refusesNoneAndSeveral() {
        let right = MTA.signature(of: "{}")
        #expect(MTA.refusal(of: MTA.webhook("{}")) == .forged(.missing))
        #expect(MTA.refusal(of: MTA.webhook("{}", signature: right, right)) == .forged(.repeated))
        #expect(MTA.refusal(of: MTA.webhook("{}", signature: right, "")) == .forged(.repeated))
    }

    @Test func takesUpperCaseDigits() {
        let signature = MTA.signature(of: "{}").uppercased()
        #expect(signature.contains { $0.isUppercase })
        #expect(MTA.refusal(of: MTA.webhook("{}", signature: signature)) == nil)
    }

    /// One of several secrets is enough, wherever it stands, and the event will say which.
    @Test(arguments: 0..<3)
    func triesEverySecret(_ place: Int) throws {
        let others = (0..<3).map { Secret(name: "secret-\($0)", key: Array("other \($0)".utf8)) }
        var secrets = others
        secrets[place] = Secret(name: "the right one", key: MTA.secret.key)
        let webhook = MTA.webhook("{}", signature: MTA.signature(of: "{}"))
        let request = try MobileTextAlerts.verify(webhook, for: MTA.source(secrets: secrets))
        #expect(request.authenticity.key == "the right one")
        #expect(MTA.refusal(of: webhook, for: MTA.source(secrets: others)) == .forged(.mismatch))
    }

    @Test func believesNobodyWithoutASecret() {
        let webhook = MTA.webhook("{}", signature: MTA.signature(of: "{}"))
        #expect(MTA.refusal(of: webhook, for: MTA.source(secrets: [])) == .forged(.mismatch))
    }

    /// The key is the secret's text, though it may look like hexadecimal; and it may be longer than a block of the digest.
    @Test func takesTheSecretAsItsText() throws {
        let secret = String(repeating: "0123456789abcdef", count: 8)
        #expect(try MobileTextAlerts.signingKey(from: secret) == Array(secret.utf8))
        #expect(throws: KeyFault.self) { try MobileTextAlerts.signingKey(from: "") }
        let key = Secret(name: "long", key: Array(secret.utf8))
        #expect(
            MTA.signature(of: "{}", by: key) == "42c7edd912d83c49ec1ea9a4117e4308762fb2d4c7e634e4065b62ed64fd1626")
    }

    @Test func saysWhatTheVendorNeedsToHear() {
        #expect(MobileTextAlerts.success == Reply(status: 200))
        #expect(MobileTextAlerts.keptHeaders == ["X-Signature"])
    }

    /// One for each event and version; a delivery status is the same in version 1 and 2.
    static let vectors: [Vector] = [
        Vector(
            body: #"""
                {"destinationNumber":"5555550123","messageId":123456789,\#
                "externalId":"RequestId-4e0242e2-d101","status":4,"tags":{"ABCompanyId":"4e0242e2-d101"},\#
                "type":"delivery-status"}
                """#,
            signature: "b5852bf512f48b719dba11418947ad69cab7bb272dd78c2ce10df3684502cb29"),
        Vector(
            body: #"""
                {"fromNumber":"+15555550999","toNumber":"+15555550123","messageId":"123456789",\#
                "externalId":"RequestId-4e0242e2-d101","timestamp":"2026-02-10T03:37:28.425Z","status":4,\#
                "tags":{"ABCompanyId":"4e0242e2-d101"},"type":"delivery-status"}
                """#,
            signature: "2e9a50b08fdb7b67a06ddc3772805b31a0f75296d359e9cf6e2487123729abdd"),
        Vector(
            body: #"""
                {"originationNumber":"5555550123","destinationNumber":5555550999,"message":"STOP",\#
                "messageId":987654321,"externalId":"RequestId-4e0242e2-d101","previousMessageId":"123456789",\#
                "isOptOutMessage":true,"tags":{"ABCompanyId":"4e0242e2-d101"},"type":"message-reply"}
                """#,
            signature: "583afbec94a7876fb724e68c536f36ad765a1b75c60969761b330c464a82130a"),
        Vector(
            body: #"""
                {"originationNumber":"5555550123","destinationNumber":"5555550999",\#
                "message":"Yes, 10am works","messageId":987654321,"externalId":"RequestId-4e0242e2-d101",\#
                "previousMessageId":"123456789","isOptOutMessage":false,\#
                "tags":{"ABCompanyId":"4e0242e2-d101"},"url":"https://media.example.com/inbound/1.jpg",\#
                "type":"message-reply"}
                """#,
            signature: "3835cbb503b45f2ed9c71f90cd31453b67a91e7ef559d5905db6441e027d7374"),
        Vector(
            body: #"""
                {"fromNumber":"+15555550123","toNumber":"+15555550999","replyId":"987654321",\#
                "externalId":"RequestId-4e0242e2-d101","message":"STOP","messageId":987654321,\#
                "timestamp":"2026-02-10T03:37:28.425Z","tags":{"ABCompanyId":"4e0242e2-d101"}}
                """#,
            signature: "d0b9f779800dcf8d04ddcf62bb939389b498388a783de08ba0e4d4d88fe39df1"),
        Vector(
            body: #"""
                {"fromNumber":"+15555550123","toNumber":null,"replyId":"987654322","message":"Sign me up",\#
                "timestamp":"2026-02-10T03:37:28.425Z","senderName":"acme"}
                """#,
            signature: "e6cb8af7ba7dceb05a71a3aeae06501045fe51ade6e6559bf1eaed8274a1235f"),
        Vector(
            body: #"""
                {"destinationNumber":"5555550123","messageId":"123456789",\#
                "externalId":"RequestId-4e0242e2-d101","message":"Your visit is at 10am","url":null,\#
                "tags":{"ABCompanyId":"4e0242e2-d101"},"type":"message-send"}
                """#,
            signature: "d8cd409e302556032a3369887c5d7bc8987d06bf5f2d423604ab7f2a9f3c4f95"),
        Vector(
            body: #"""
                {"destinationNumber":"5555550123","messageId":123456789,\#
                "externalId":"RequestId-4e0242e2-d101","message":"Your visit is at 10am",\#
                "url":"https://media.example.com/out/1.jpg","tags":{"ABCompanyId":"4e0242e2-d101"},\#
                "type":"message-send"}
                """#,
            signature: "365d34218c4adbd9ad73eeb86f2afe1a4c325337dc4f97344be813c838cbde1f"),
        Vector(
            body: #"""
                {"fromNumber":"+15555550999","toNumber":"+15555550123","messageId":"123456789",\#
                "externalId":"RequestId-4e0242e2-d101","message":"Your visit is at 10am",\#
                "timestamp":"2026-02-10T03:37:28.425Z","tags":{"ABCompanyId":"4e0242e2-d101"}}
                """#,
            signature: "6c1a4b85b1f0fe7c86ec1c632cf4160e7f5248ae57530d2173f795c4b3d93407"),
        Vector(
            body: #"""
                {"originationNumber":"5555550123","destinationNumber":"5555550999","senderName":"acme",\#
                "optInType":"imessage","type":"number-opt-in"}
                """#,
            signature: "baf76d1d391118d8c638d6117faeffdef3ceee60b93b59d74535ec3555f95f42"),
        Vector(
            body: #"""
                {"originationNumber":"5555550123","senderName":"acme","optInType":"imessage",\#
                "type":"number-opt-in"}
                """#,
            signature: "a6a988d8ab4bc3b71fbdbbc9a629d5dc23c7b9418d76df30011b547396be5604"),
        Vector(
            body: #"""
                {"fromNumber":"+15555550123","toNumber":"+15555550999","type":"rcs",\#
                "timestamp":"2026-02-10T03:37:28.425Z"}
                """#,
            signature: "d9620f1ed72fb174f3f7ebc979088a9edf4778cc34be73c5bdb2b0873e52877c"),
    ]
}
