import FolderKit
import Foundation
import Providers
import Testing

@testable import Gateway

/// Goal: secrets are read from where they are kept, and from nowhere that others could read or change them.
@Suite(.timeLimit(.minutes(2)))
struct SecretStoreTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func put(_ text: String, into name: String, mode: Int = 0o400) throws {
        #expect(
            FileManager.default.createFile(
                atPath: folder.path(name), contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
    }

    /// The secret, or why there is none.
    private func fetched(_ reference: String, hasCredentials: Bool = true) -> String {
        let environment = hasCredentials ? ["CREDENTIALS_DIRECTORY": folder.url.path] : [:]
        do {
            return try SecretStore(environment: environment).fetch(reference)
        } catch {
            return error.reason
        }
    }

    @Test func whatTheServiceManagerHandsOverIsRead() throws {
        try put("hush\n", into: "telesign")
        #expect(fetched("credential:telesign") == "hush")
        #expect(fetched("credential:mta") == "`credential:mta` cannot be read")
        #expect(
            fetched("credential:telesign", hasCredentials: false).contains(
                "`CREDENTIALS_DIRECTORY=/etc/mogate/secrets mogate check`"))
    }

    @Test(arguments: ["", ".", "..", "../telesign", "a/b", "/etc/hostname"])
    func aCredentialIsAFileOfThatFolder(_ name: String) {
        #expect(fetched("credential:\(name)") == "`credential:\(name)` names no credential")
    }

    @Test(arguments: [(0o400, true), (0o640, true), (0o644, false), (0o660, false), (0o604, false)])
    func whatOthersCanReadOrChangeIsRefused(_ mode: Int, _ isTaken: Bool) throws {
        try put("hush", into: "secret", mode: mode)
        for reference in ["file:\(folder.path("secret"))", "credential:secret"] {
            let said = fetched(reference)
            #expect(isTaken ? said == "hush" : said.contains("chmod 0640 or less") && !said.contains("hush"))
        }
    }

    @Test func whatIsNoSecretIsRefused() throws {
        try put(" \n", into: "blank")
        try put(String(repeating: "a", count: 70_000), into: "long")
        #expect(
            fetched("credential:blank").contains("is empty: is it in the file that the unit's LoadCredential names?"))
        #expect(fetched("file:\(folder.path("blank"))").hasSuffix("is empty"))
        #expect(fetched("credential:long").contains("bytes at most"))
    }

    @Test func aSourceIsProvedByACredential() async throws {
        try put(RunningMogate.secrets["TELESIGN_KEY"]! + "\n", into: "telesign")
        let mogate = try await RunningMogate(
            in: folder, sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#,
            sources: #"  - {name: telesign, provider: telesign, secrets: ["credential:telesign"]}"#,
            secrets: ["CREDENTIALS_DIRECTORY": folder.url.path])
        let callback = Callback.telesign("R1")
        let taken = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(taken.status == 200)
        let changed = callback.body + Data(" ".utf8)
        #expect(try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: changed).status == 401)
        #expect(mogate.stop() == 0)
    }
}
