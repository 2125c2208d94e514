import Front
import Model
import Testing

/// Goal: who does not come to an end with the handshake does not stay.
///
/// Method: real sockets, and a clock that the test moves. The numbers are those of the catalogue of hostile inputs.
@Suite(.timeLimit(.minutes(1)))
struct HandshakeTests {
    /// Case 71: not a byte.
    @Test func case71() async throws {
        try await OpenDoor.with(tls: Self.context) { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            await door.pass(milliseconds: 4_999)
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 1)
            #expect(try await client.rest() == "")
            #expect(await door.front.counters.connectionsTimedOut == 1)
        }
    }

    /// Case 72: a byte now and then buys no more time.
    @Test func case72() async throws {
        try await OpenDoor.with(tls: Self.context) { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            // The beginning of a hello of 512 bytes.
            for byte in [0x16, 0x03, 0x01, 0x02, 0x00] as [UInt8] {
                #expect(await door.front.counters.connectionsOpen == 1)
                try await client.send([byte])
                await door.pass(milliseconds: 1_000)
            }
            #expect(await client.countToAnyEnd() == 0)
            #expect(await door.front.counters.connectionsOpen == 0)
        }
    }

    @Test func hangsUpOnWhatIsNoTLS() async throws {
        try await OpenDoor.with(tls: Self.context) { door in
            let client = try door.client()
            try await client.send(.post())
            _ = await client.countToAnyEnd()
            try await door.until { $0.connectionsOpen == 0 }
            let counters = await door.front.counters
            #expect(counters.requests == 0 && counters.bytesRead == 0 && counters.refusals == [:])
        }
    }

    @Test func closesOnWhoIsOneTooMany() async throws {
        var limits = Limits()
        limits.connectionsMax = 1
        try await OpenDoor.with(tls: Self.context, limits: limits) { door in
            let first = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            // It takes a handshake to say why, which is what there is no room for.
            let second = try door.client()
            #expect(await second.countToAnyEnd() == 0)
            #expect(await door.front.counters.connectionsTurnedAway == 1)
            await first.endSending()
            try await door.until { $0.connectionsOpen == 0 }
        }
    }

    @Test func waitsForNoHandshakeWhenItCloses() async throws {
        try await OpenDoor.with(tls: Self.context) { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            await door.front.drain(withinMs: 10_000)
            #expect(await client.countToAnyEnd() == 0)
        }
    }

    /// What is sent behind a hello is a request, which no sender wants reset.
    @Test func goesOnWithAHelloThatCameBeforeItClosed() async throws {
        try await OpenDoor.with(tls: Self.context) { door in
            let known = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            var clients: [Client] = []
            let drained = try await door.front.drained {
                clients = [known, try door.client()]
                for client in clients {
                    try await client.send(Self.hello)
                    try await client.untilDelivered()
                }
            }
            // The door's own hello, and what it has to say behind it.
            for client in clients { #expect(try await client.first() == 0x16) }
            #expect(await door.front.counters.connectionsOpen == 2)
            await door.pass(milliseconds: 5_000)
            await drained.value
        }
    }

    /// A hello of TLS 1.2 that offers one way to agree on keys, and nothing besides.
    private static let hello: [UInt8] =
        [0x16, 3, 1, 0, 67, 1, 0, 0, 63, 3, 3] + Array(repeating: 7, count: 32)
        + [0, 0, 2, 0xC0, 0x2B, 1, 0, 0, 20]
        // Groups: X25519, and P-256 for the certificate's key. Signatures: ECDSA.
        + [0, 10, 0, 6, 0, 4, 0, 29, 0, 23] + [0, 13, 0, 6, 0, 4, 4, 3, 8, 4]

    @Test func tellsWhenItsCertificateEnds() throws {
        #expect(try Self.context.expiresAt.rfc3339.hasPrefix("2126-"))
    }

    @Test(arguments: [
        ("", Self.key, TLSFault.noCertificate), (Self.key, Self.key, .noCertificate),
        (Self.certificate, "", .noKey), (Self.certificate, Self.certificate, .noKey),
    ])
    func saysWhatItCannotUse(_ certificate: String, _ key: String, _ fault: TLSFault) {
        #expect(throws: fault) { try TLSContext(certificate: Array(certificate.utf8), key: Array(key.utf8)) }
    }

    private static var context: TLSContext {
        get throws { try TLSContext(certificate: Array(certificate.utf8), key: Array(key.utf8)) }
    }

    // Made for these tests and used nowhere else.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUXfm40zG0gPIQa5B/pqtdDFqceAMwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODEzNDUyNVoYDzIxMjYxMTA0
        MTM0NTI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARdvl9qwukps4QMRxSrH4rys+2ixsmpb79eF9Z9+yJPtUu5tFomPrzK
        UMt76mpCQcMY9Ogz/o+8TIi2BS338HrFo28wbTAdBgNVHQ4EFgQUTz4fRWZbbDPW
        snEZQnslGd1+UvMwHwYDVR0jBBgwFoAUTz4fRWZbbDPWsnEZQnslGd1+UvMwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgEYZFp0xM9VDgvYgnZvtpmaf8ndvgjLydg7O2+wUg8MYCIDhG
        xrWmJ51lmUS8jZ237jGWpLpHpfWHLTTueKpFmb7E
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtzuE5Yow/FhYj9qo
        PHAwM+gW2hwl6AKeqnQBzGzaVkShRANCAARdvl9qwukps4QMRxSrH4rys+2ixsmp
        b79eF9Z9+yJPtUu5tFomPrzKUMt76mpCQcMY9Ogz/o+8TIi2BS338HrF
        -----END PRIVATE KEY-----
        """
}
