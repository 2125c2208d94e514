import Foundation
import Model
import Providers
import Testing
import Wire

@testable import Casebook

/// Goal: whoever asks why a signature does not match learns the cause, and nothing that would let him sign.
///
/// Method: a request is signed in each of the wrong ways that are usual, and its explanation must name just that way.
struct SignatureExplanationTests {
    private static let body = #"{"fromNumber": "+15555550123", "message": "Été/1", "a": {"c": 1, "b": 2}}"#
    private static let mtaKey = "abc123-abc2-cde1-1234-xyz123456"
    private static let customer = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"

    private func mta(_ keys: [String] = [mtaKey], named name: String = "mta") throws -> Source {
        let secrets = try keys.enumerated().map { index, key in
            Secret(name: "secret-\(index + 1)", key: try MobileTextAlerts.signingKey(from: key))
        }
        return Source(name: name, provider: MobileTextAlerts.name, secrets: secrets)
    }

    private static let telesignKey = Base64.encode(Array("thirty-two bytes of a secret key".utf8))

    private func telesign(_ customer: String? = customer) throws -> Source {
        Source(
            name: "telesign", provider: Telesign.name,
            secrets: [Secret(name: "secret-1", key: try Telesign.signingKey(from: Self.telesignKey))],
            customerID: customer)
    }

    private func webhook(_ body: [UInt8], _ headers: [(String, String)]) -> Webhook {
        Webhook(
            method: "POST", path: "/in/mta", query: nil, headers: Headers(headers), body: body, peer: "127.0.0.1",
            receivedAt: Case.receivedAt)
    }

    private func code(_ body: [UInt8], by key: [UInt8]) -> [UInt8] {
        HMACSHA256(key: key).code(for: body)
    }

    private func explain(
        signed: [UInt8], received: [UInt8] = Array(body.utf8), key: [UInt8] = Array(mtaKey.utf8)
    ) throws -> SignatureExplanation {
        let header = Hex.encode(code(signed, by: key))
        return try SignatureExplanation(of: webhook(received, [("X-Signature", header)]), for: mta())
    }

    private func steps(_ explanation: SignatureExplanation) -> [String] {
        explanation.causes.map { $0.steps.joined(separator: " and ") }
    }

    @Test func aRightSignatureNeedsNoCause() throws {
        let explanation = try explain(signed: Array(Self.body.utf8))
        #expect(explanation.refusal == nil && explanation.causes.isEmpty)
        #expect(explanation.trials == [.init(secret: "secret-1", matches: true)])
        #expect(explanation.bodyBytes == Self.body.utf8.count)
        #expect(explanation.bodySHA256 == Hex.encode(Digest.sha256(Array(Self.body.utf8))))
    }

    // MARK: The body

    struct Signed: Sendable, CustomTestStringConvertible {
        let signed: [UInt8]
        var received = Array(SignatureExplanationTests.body.utf8)
        let cause: String

        var testDescription: String { cause }

        init(_ signed: String, _ cause: String) {
            self.signed = Array(signed.utf8)
            self.cause = cause
        }

        init(received: [UInt8], signed: [UInt8] = Array(SignatureExplanationTests.body.utf8), _ cause: String) {
            self.signed = signed
            self.received = received
            self.cause = cause
        }
    }

    static let bodies = [
        Signed(body + "\n", "the signed body has a line end behind it"),
        Signed(body + "\r\n", "the signed body has a line end of two characters (CRLF) behind it"),
        Signed(received: Array((body + "\n").utf8), "the signed body has no line end behind it"),
        Signed(received: Array((body + "\r\n\r\n").utf8), "the signed body has no line end behind it"),
        Signed(received: Array(("  " + body + "\n").utf8), "the signed body has no white space around it"),
        Signed(
            received: Array("{\r\n\"a\":1\r\n}".utf8), signed: Array("{\n\"a\":1\n}".utf8),
            "the signed body has line ends of one character (LF)"),
        Signed(
            received: Array("{\n\"a\":1\n}".utf8), signed: Array("{\r\n\"a\":1\r\n}".utf8),
            "the signed body has line ends of two characters (CRLF)"),
        Signed(received: [0xEF, 0xBB, 0xBF] + Array(body.utf8), "the signed body has no byte order mark"),
        Signed("", "the signed body is empty"),
        Signed(
            #"{"fromNumber":"+15555550123","message":"Été/1","a":{"c":1,"b":2}}"#,
            "the signed body is written anew: without white space"),
        Signed(
            #"{"a":{"b":2,"c":1},"fromNumber":"+15555550123","message":"Été/1"}"#,
            "the signed body is written anew: without white space, its members sorted by name"),
        Signed(
            #"{"fromNumber": "+15555550123", "message": "\u00c9t\u00e9/1", "a": {"c": 1, "b": 2}}"#,
            "the signed body is written anew: with blanks behind commas and colons, all but ASCII escaped"),
        Signed(
            #"{"fromNumber":"+15555550123","message":"\u00c9t\u00e9\/1","a":{"c":1,"b":2}}"#,
            "the signed body is written anew: without white space, slashes and all but ASCII escaped"),
        Signed(
            "{\n  \"fromNumber\": \"+15555550123\",\n  \"message\": \"Été/1\",\n  \"a\": {\n    \"c\": 1,\n    \"b\": 2\n  }\n}",
            "the signed body is written anew: indented by two"),
    ]

    @Test(arguments: bodies)
    func aChangedBodyIsFound(_ case: Signed) throws {
        let explanation = try explain(signed: `case`.signed, received: `case`.received)
        #expect(explanation.refusal == .mismatch)
        #expect(explanation.trials.allSatisfy { !$0.matches })
        #expect(steps(explanation) == [`case`.cause])
        #expect(explanation.causes.first?.secret == "secret-1")
    }

    @Test func latin1IsFoundInBothDirections() throws {
        let latin1 = Self.body.unicodeScalars.map { UInt8($0.value) }
        #expect(steps(try explain(signed: latin1)) == ["the signed body is this one in Latin-1, and not in UTF-8"])
        let twice = try explain(signed: Array(Self.body.utf8).flatMap { Array(String(UnicodeScalar($0)).utf8) })
        #expect(steps(twice) == ["the signed body is this one, taken for Latin-1 and encoded as UTF-8 once more"])
    }

    // MARK: The header

    @Test(arguments: [
        ("the signature is written in Base64", false, ""),
        ("the signature is written in hexadecimal, with `sha256=` before it", true, "sha256="),
        ("the signature is written in hexadecimal, with something before it", true, "hmac "),
    ])
    func anotherSpellingOfTheHexadecimalCodeIsFound(_ cause: String, _ isHex: Bool, _ prefix: String) throws {
        let right = code(Array(Self.body.utf8), by: Array(Self.mtaKey.utf8))
        let value = prefix + (isHex ? Hex.encode(right) : Base64.encode(right))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Signature", value)]), for: mta())
        #expect(explanation.refusal == .malformed)
        #expect(steps(explanation) == [cause])
        #expect(explanation.headers == [.init(name: "X-Signature", value: value)])
    }

    @Test func anotherSpellingOfTheBase64CodeIsFound() throws {
        let key = try Telesign.signingKey(from: Self.telesignKey)
        // A body whose code has marks in it that the two alphabets of Base64 do not share.
        let bodies = (0..<200).map { Array(#"{"n":\#($0)}"#.utf8) }
        let body = try #require(bodies.first { Base64.encode(code($0, by: key)).contains { "+/".contains($0) } })
        let right = Base64.encode(code(body, by: key))
        let urlSafe = right.replacing("+", with: "-").replacing("/", with: "_")
        let spellings = [
            (Hex.encode(Base64.decode(right) ?? []), "the signature is written in hexadecimal"),
            (urlSafe, "the signature is written in the URL-safe alphabet of Base64"),
            (String(right.dropLast()), "the signature is written in Base64 without its padding"),
        ]
        for (value, cause) in spellings {
            for headers in [
                [("X-TS-Authorization", value)],
                [("Authorization", "TSA \(Self.customer):\(value)"), ("X-TS-Authorization", value)],
            ] {
                let explanation = try SignatureExplanation(of: webhook(body, headers), for: telesign())
                #expect(steps(explanation) == [cause])
            }
        }
    }

    @Test func aSignatureUnderAnotherNameIsFound() throws {
        let value = Hex.encode(code(Array(Self.body.utf8), by: Array(Self.mtaKey.utf8)))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Hub-Signature-256", "sha256=" + value)]), for: mta())
        #expect(explanation.refusal == .missing)
        #expect(steps(explanation) == ["the signature is in `X-Hub-Signature-256`, and not in `X-Signature`"])
    }

    @Test func ofTwoSignaturesTheRightOneIsFound() throws {
        let value = Hex.encode(code(Array(Self.body.utf8), by: Array(Self.mtaKey.utf8)))
        let wrong = String(repeating: "0", count: 64)
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Signature", wrong), ("X-Signature", value)]), for: mta())
        #expect(explanation.refusal == .repeated)
        #expect(steps(explanation) == ["of 2 signatures only number 2 is right, in `X-Signature`"])
    }

    @Test func anotherAccountIsFound() throws {
        let source = try telesign("00000000-EEEE-DDDD-1234-AB1234567890")
        let signed = try telesign()
        let body = Array(Self.body.utf8)
        let headers = Telesign.sign(body, with: signed.secrets[0], for: signed).map { ($0.name, $0.value) }
        let explanation = try SignatureExplanation(of: webhook(body, headers), for: source)
        #expect(explanation.refusal == .wrongAccount)
        #expect(explanation.trials == [.init(secret: "secret-1", matches: true)])
        #expect(steps(explanation) == ["the account in the header is not the customer id of the source"])
    }

    @Test func aPasswordIsNeverShown() throws {
        let password = "Basic " + Base64.encode(Array("user:a password of thirty-two bytes".utf8))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("Authorization", password)]), for: telesign())
        #expect(explanation.headers.isEmpty && explanation.withheld == ["Authorization"])
        #expect(!"\(explanation)".contains(password.dropFirst(6)))
    }

    // MARK: The key

    @Test(arguments: [
        ("00112233445566778899aabbccddeeff", "the key is the secret read as hexadecimal"),
        ("c2VjcmV0X2FwaV9rZXk=", "the key is the secret read as Base64"),
    ])
    func aDecodedTextKeyIsFound(_ secret: String, _ cause: String) throws {
        let key = try #require(cause.hasSuffix("hexadecimal") ? Hex.decode(secret) : Base64.decode(secret))
        let value = Hex.encode(code(Array(Self.body.utf8), by: key))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Signature", value)]), for: mta([secret]))
        #expect(steps(explanation) == [cause])
    }

    @Test func aKeyThatWasNotDecodedIsFound() throws {
        let body = Array(Self.body.utf8)
        let value = Base64.encode(code(body, by: Array(Self.telesignKey.utf8)))
        let explanation = try SignatureExplanation(of: webhook(body, [("X-TS-Authorization", value)]), for: telesign())
        #expect(steps(explanation) == ["the key is the secret as text, and not decoded"])
    }

    @Test func aKeyWithALineEndIsFound() throws {
        let explanation = try explain(signed: Array(Self.body.utf8), key: Array((Self.mtaKey + "\n").utf8))
        #expect(steps(explanation) == ["the key has a line end behind it"])
    }

    @Test func theSecretOfAnotherSourceIsFound() throws {
        let value = Hex.encode(code(Array(Self.body.utf8), by: Array("the other".utf8)))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Signature", value)]), for: mta(),
            others: [mta(), mta(["one", "the other"], named: "mta-replies"), telesign()])
        #expect(
            explanation.causes == [
                .init(steps: ["the secret is that of the source `mta-replies`"], secret: "secret-2")
            ])
    }

    // MARK: Several, and none

    @Test func twoCausesAtOnceAreFound() throws {
        let compact = #"{"fromNumber":"+15555550123","message":"Été/1","a":{"c":1,"b":2}}"#
        let value = Base64.encode(code(Array(compact.utf8), by: Array(Self.mtaKey.utf8)))
        let explanation = try SignatureExplanation(
            of: webhook(Array(Self.body.utf8), [("X-Signature", value)]), for: mta())
        #expect(
            explanation.causes.map(\.steps) == [
                ["the signed body is written anew: without white space", "the signature is written in Base64"]
            ])
    }

    @Test func aForgedSignatureHasNoCause() throws {
        let explanation = try explain(signed: Array(Self.body.utf8), key: Array("nobody's".utf8))
        #expect(explanation.refusal == .mismatch && explanation.causes.isEmpty)
        #expect(explanation.readingCount > 100)
    }

    /// The right code, in neither spelling, and the secret are nowhere in what is told.
    @Test(arguments: bodies)
    func nothingThatLetsAnyoneSignIsTold(_ case: Signed) throws {
        let explanation = try explain(signed: `case`.signed, received: `case`.received)
        let right = code(`case`.received, by: Array(Self.mtaKey.utf8))
        for told in ["\(explanation)", String(reflecting: explanation)] {
            #expect(!told.contains(Hex.encode(right)) && !told.contains(Base64.encode(right)))
            #expect(!told.contains(Self.mtaKey))
        }
    }

    /// What the recorded cases of refused signatures are about is what they are explained by.
    @Test(arguments: [
        ("mobile-text-alerts/signature-base64", "the signature is written in Base64"),
        ("mobile-text-alerts/signature-trailing-newline", "the signed body has no line end behind it"),
        ("mobile-text-alerts/signature-reserialised", "the signed body is written anew: without white space"),
        ("telesign/signature-url-safe", "the signature is written in the URL-safe alphabet of Base64"),
        ("telesign/signature-wrong-account", "the account in the header is not the customer id of the source"),
        (
            "telesign/signature-utf8-encoded",
            "the signed body is this one, taken for Latin-1 and encoded as UTF-8 once more"
        ),
    ])
    func recordedCasesAreExplained(_ name: String, _ cause: String) throws {
        let fixture = try Recorded.named(name)
        let explanation = try SignatureExplanation(of: fixture.webhook, for: fixture.source)
        #expect(steps(explanation) == [cause])
    }
}
