import CNATS
import Glibc

/// The two parts of a `.creds` file: who we are, and what proves it. The library asks for them each time it connects.
struct Credentials: Sendable {
    let jwt: String
    let seed: String

    /// Nil where the text is no such file.
    init?(_ text: String) {
        guard let jwt = Self.part("NATS USER JWT", of: text), let seed = Self.part("USER NKEY SEED", of: text) else {
            return nil
        }
        self.jwt = jwt
        self.seed = seed
    }

    /// The line between `-----BEGIN name-----` and the end of that part.
    private static func part(_ name: String, of text: String) -> String? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
        let title = "BEGIN" + name.filter { !$0.isWhitespace }
        guard let start = lines.firstIndex(where: { $0.hasPrefix("-----") && $0.contains(title) }),
            start + 1 < lines.count, !lines[start + 1].isEmpty, !lines[start + 1].hasPrefix("-")
        else { return nil }
        return lines[start + 1]
    }

    /// The token, in memory that the library frees.
    var token: UnsafeMutablePointer<CChar>? {
        unsafe strdup(jwt)
    }

    /// The server's word under our key, in memory that the library frees.
    func sign(
        _ nonce: UnsafePointer<CChar>, _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>,
        _ count: UnsafeMutablePointer<Int32>
    ) -> natsStatus {
        unsafe nats_Sign(seed, nonce, signature, count)
    }
}
