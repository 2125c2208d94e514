import Model
import Providers
import Testing

/// Goal: believe Telesign, and nobody else.
///
/// Method: signatures that the vendor or others have published, and some that were computed apart from this code.
struct TelesignSignatureTests {
    /// A key as an operator would paste it, a body and its signature.
    struct Vector: Sendable {
        let key: String
        let body: String
        let signature: String
    }

    static let vectors: [Vector] = [
        // From a test of the vendor's own Python library; its key is not quite base64, and its body no JSON.
        Vector(
            key: "EXAMPLE----TE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==",
            body: "{'test': 123}", signature: "B97g3N9lPdVaptvifxRau7bzVAC5hhRBZ6HKXABN744="),
        // The same key as a strict decoder has it.
        Vector(
            key: "EXAMPLETE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==",
            body: "{'test': 123}", signature: "B97g3N9lPdVaptvifxRau7bzVAC5hhRBZ6HKXABN744="),
        // From the test of a receiver of somebody else's.
        Vector(
            key: "c2VjcmV0X2FwaV9rZXk=", body: "{:ref_id=>\"ref_id\"}",
            signature: "PJRdTwXX+/+nksJwXkEDLslxkX2rwUyyCHnlGslCsto="),
        // Computed, with the example key of the vendor's page.
        Vector(
            key: TS.apiKey,
            body: """
                {"status":{"code":1500,"description":"Delivered to customer",\
                "updated_on":"2023-10-31T14:47:10.490130Z"},"reference_id":"0123456789ABCDEF0123456789ABCDEF",\
                "user_response":{"sender_id":"4442","iso_country_code":"RS","action":"start","keyword":"start",\
                "phone_number":"11234567890","mo_message":"Start"},"sub_resource":"mo_sms","errors":[],\
                "submit_timestamp":"2023-10-31T14:47:10.154000Z"}
                """, signature: "W9jyM6+7rks94mZ5y1A0tHjHcxu6JF0thhpRZ9VAfxQ="),
        Vector(
            key: TS.apiKey,
            body: """
                {"content":{"text":"Thank you! 😎"},"phone_number":"11234567890","status":\
                {"updated_on":"2023-09-25T14:04:51.000000Z","code":1500,"description":"Delivered to customer"},\
                "reference_id":"0123456789ABCDEF0123456789ABCDEF"}
                """, signature: "CV97wcACWbmuqk/w3GuH8AwK1hS2xSVYZ+8+FsDKSZI="),
        Vector(key: TS.apiKey, body: "", signature: "W0asG61f+zKIfGXhFwQhku4YQUG1wZLM0BGOwdYVDlc="),
    ]

    /// A source that has a vector's key.
    private func source(_ vector: Vector, customerID: String? = TS.customerID) throws -> Source {
        try TS.source(secrets: [TS.secret(vector.key)], customerID: customerID)
    }

    private func account(_ signature: String, of customerID: String = TS.customerID) -> (String, String) {
        ("Authorization", "TSA \(customerID):\(signature)")
    }

    private func bare(_ signature: String) -> (String, String) {
        ("X-TS-Authorization", signature)
    }

    private func refusal(_ vector: Vector, _ headers: (String, String)..., body: String? = nil) throws -> Refusal? {
        TS.refusal(of: TS.webhook(body ?? vector.body, headers: headers), for: try source(vector))
    }

    // MARK: Right

    @Test(arguments: vectors)
    func takesTheRightSignatureInEveryForm(_ vector: Vector) throws {
        let signature = vector.signature
        let forms: [[(String, String)]] = [
            [account(signature)],
            [bare(signature)],
            [bare("TSA \(TS.customerID):\(signature)")],
            [account(signature), bare(signature)],
            [account(signature), bare("TSA \(TS.customerID):\(signature)")],
            [account(signature, of: TS.customerID.lowercased())],
            [("authorization", "tsa  \(TS.customerID):\(signature)")],
            [("Authorization", "Basic dXNlcjpwYXNz"), bare(signature)],
            [("Authorization", "Bearer abc"), ("x-ts-authorization", signature)],
        ]
        for headers in forms {
            let request = try Telesign.verify(TS.webhook(vector.body, headers: headers), for: try source(vector))
            #expect(request.authenticity == Authenticity(method: "telesign-hmac-sha256", key: "secret-1"))
            #expect(request.body == Array(vector.body.utf8))
        }
    }

    @Test(arguments: vectors)
    func signsAsTheVendorDoes(_ vector: Vector) throws {
        let secret = try TS.secret(vector.key)
        let body = Array(vector.body.utf8)
        #expect(
            Telesign.sign(body, with: secret, for: try source(vector)) == [
                Receipt.Header(name: "Authorization", value: "TSA \(TS.customerID):\(vector.signature)"),
                Receipt.Header(name: "X-TS-Authorization", value: vector.signature),
            ])
        #expect(
            Telesign.sign(body, with: secret, for: try source(vector, customerID: nil)) == [
                Receipt.Header(name: "X-TS-Authorization", value: vector.signature)
            ])
    }

    /// A receiver's test names its account in its own way.
    @Test func takesAnAccountThatIsNoGUID() throws {
        let vector = Self.vectors[2]
        let webhook = TS.webhook(vector.body, headers: [account(vector.signature, of: "secret_customer_id")])
        let named = try source(vector, customerID: "secret_customer_id")
        #expect(TS.refusal(of: webhook, for: named) == nil)
        #expect(TS.refusal(of: webhook, for: try source(vector, customerID: nil)) == nil)
        #expect(TS.refusal(of: webhook, for: try source(vector)) == .forged(.wrongAccount))
    }

    @Test func triesEveryKey() throws {
        let vector = Self.vectors[3]
        let secrets = try Self.vectors.enumerated().map { try TS.secret($1.key, name: "secret-\($0 + 1)") }
        let request = try Telesign.verify(
            TS.webhook(vector.body, headers: [bare(vector.signature)]), for: TS.source(secrets: secrets))
        #expect(request.authenticity.key == "secret-4")
    }

    // MARK: Wrong

    @Test(arguments: vectors)
    func refusesTheSignatureOfAnotherBody(_ vector: Vector) throws {
        for other in Self.vectors where other.signature != vector.signature {
            #expect(try refusal(vector, account(other.signature)) == .forged(.mismatch))
            #expect(try refusal(vector, bare(other.signature)) == .forged(.mismatch))
            #expect(try refusal(vector, account(vector.signature), bare(other.signature)) == .forged(.mismatch))
            #expect(try refusal(vector, account(other.signature), bare(vector.signature)) == .forged(.mismatch))
        }
    }

    @Test(arguments: vectors)
    func refusesEveryOtherMark(_ vector: Vector) throws {
        for index in vector.signature.indices {
            var signature = vector.signature
            signature.replaceSubrange(index...index, with: signature[index] == "A" ? "Q" : "A")
            let refusal = try refusal(vector, bare(signature))
            #expect(refusal == .forged(.mismatch) || refusal == .forged(.malformed))
        }
    }

    @Test(arguments: vectors)
    func refusesEveryChangeOfTheBody(_ vector: Vector) throws {
        for change in ["\(vector.body)\n", " \(vector.body)", "\(vector.body)}"] {
            #expect(try refusal(vector, bare(vector.signature), body: change) == .forged(.mismatch))
        }
    }

    /// Published as wrong: by the vendor's test (the same marks with nothing left over are a mismatch), by a receiver's,
    /// by a decoder that takes the key for the URL-safe alphabet, and by code that encodes the body once more.
    @Test func refusesWhatIsPublishedAsWrong() throws {
        let vendor = Self.vectors[0]
        #expect(try refusal(vendor, bare(String(repeating: "B", count: 43) + "=")) == .forged(.malformed))
        #expect(try refusal(vendor, bare(String(repeating: "B", count: 42) + "A=")) == .forged(.mismatch))
        #expect(try refusal(vendor, bare("tx0Yx8BPtsb7TLmS9QHXPBpuZ7gKpWjgKOjRpzV3fd0=")) == .forged(.mismatch))
        let receiver = Self.vectors[2]
        #expect(try refusal(receiver, ("Authorization", "")) == .forged(.malformed))
        #expect(try refusal(receiver, ("Authorization", "wrong auth")) == .forged(.malformed))
        let other = "XYZ \(TS.customerID):\(receiver.signature)"
        #expect(try refusal(receiver, ("Authorization", other)) == .forged(.malformed))
        #expect(try refusal(receiver, account(receiver.signature, of: "wrong")) == .forged(.wrongAccount))
        #expect(try refusal(receiver, account(receiver.signature), body: "wrong") == .forged(.mismatch))
    }

    @Test(arguments: vectors)
    func refusesEveryOtherForm(_ vector: Vector) throws {
        let signature = vector.signature
        let id = TS.customerID
        let malformed = [
            "", " ", "TSA", "TSA ", "TSA :\(signature)", "TSA \(id)", "TSA \(id):", "TSA \(id) \(signature)",
            "TSA \(id):\(signature)=", "TSA\(id):\(signature)", "TSA \(id):\(signature), TSA \(id):\(signature)",
            "TSA \(id):\(signature) ", "TSA \(id):\(signature.dropLast())", "TSA \(id):\(signature.prefix(24))",
            "Basic \(signature)", "\(id):\(signature)", "{\(signature)}", "\u{0}",
        ]
        for value in malformed {
            #expect(try refusal(vector, ("Authorization", value)) == .forged(.malformed), "\(value)")
            #expect(try refusal(vector, bare(value)) == .forged(.malformed), "\(value)")
        }
        #expect(try refusal(vector, ("Authorization", signature)) == .forged(.malformed))
        #expect(try refusal(vector, account(signature), bare("no")) == .forged(.malformed))
        #expect(try refusal(vector) == .forged(.missing))
        #expect(try refusal(vector, ("X-Signature", signature)) == .forged(.missing))
    }

    @Test(arguments: vectors)
    func refusesRepeatedHeaders(_ vector: Vector) throws {
        let signature = vector.signature
        #expect(try refusal(vector, account(signature), account(signature)) == .forged(.repeated))
        #expect(try refusal(vector, bare(signature), bare(signature)) == .forged(.repeated))
        #expect(
            try refusal(vector, ("Authorization", "Basic dXNlcjpwYXNz"), account(signature)) == .forged(.repeated))
    }

    @Test(arguments: vectors)
    func refusesAnotherAccount(_ vector: Vector) throws {
        let signature = vector.signature
        let other = "00000000-EEEE-DDDD-1234-AB1234567890"
        #expect(try refusal(vector, account(signature, of: other)) == .forged(.wrongAccount))
        #expect(try refusal(vector, account(signature, of: other), bare(signature)) == .forged(.wrongAccount))
        #expect(try refusal(vector, account(signature), bare("TSA \(other):\(signature)")) == .forged(.wrongAccount))
    }

    @Test func refusesAllWithoutAKey() throws {
        let vector = Self.vectors[3]
        let webhook = TS.webhook(vector.body, headers: [bare(vector.signature)])
        #expect(TS.refusal(of: webhook, for: try TS.source(secrets: [])) == .forged(.mismatch))
    }

    // MARK: Keys

    @Test func readsKeysStrictlyAndThenLeniently() throws {
        #expect(try Telesign.signingKey(from: "c2VjcmV0X2FwaV9rZXk=") == Array("secret_api_key".utf8))
        #expect(try Telesign.signingKey(from: "c2VjcmV0X2FwaV9rZXk") == Array("secret_api_key".utf8))
        #expect(try Telesign.signingKey(from: " c2VjcmV0X2FwaV9rZXk=\n") == Array("secret_api_key".utf8))
        #expect(try Telesign.signingKey(from: TS.apiKey).count == 55)
        #expect(try Telesign.signingKey(from: Self.vectors[0].key).count == 61)
        #expect(try Telesign.signingKey(from: Self.vectors[0].key) == Telesign.signingKey(from: Self.vectors[1].key))
    }

    @Test(arguments: ["", " ", "----", "=", "A", "äöü", "c2VjcmV0X2FwaV9rZXl="])
    func refusesWhatIsNoKey(_ text: String) {
        #expect(throws: KeyFault.self) { try Telesign.signingKey(from: text) }
    }

    // MARK: What is kept

    @Test func keepsSignaturesAndNoCredentials() throws {
        let vector = Self.vectors[3]
        let source = try source(vector)
        let signature = Receipt.Header(name: "X-TS-Authorization", value: vector.signature)
        for credentials in ["Basic dXNlcjpwYXNz", "Bearer abc", "TSAdXNlcjpwYXNz"] {
            let headers = [("Authorization", credentials), bare(vector.signature), ("Cookie", "a=b")]
            let request = try Telesign.verify(TS.webhook(vector.body, headers: headers), for: source)
            #expect(request.headers.block(of: Telesign.headerNames(toKeepOf: request)).fields == [signature])
        }
        let request = try Telesign.verify(TS.signed(vector.body, for: source), for: source)
        #expect(
            request.headers.block(of: Telesign.headerNames(toKeepOf: request)).fields == [
                Receipt.Header(name: "Authorization", value: "TSA \(TS.customerID):\(vector.signature)"), signature,
            ])
        #expect(Telesign.keptHeaders == ["X-TS-Authorization"])
    }

    /// Documented: 200, and JSON.
    @Test func answersAsTheVendorWants() {
        #expect(Telesign.success == Reply(status: 200, contentType: "application/json", body: Array("{}".utf8)))
        #expect(Telesign.success.headers.isEmpty && !Telesign.success.closes)
    }
}
