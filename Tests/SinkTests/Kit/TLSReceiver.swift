import FolderKit
import Foundation
import Model
import Testing

/// Other people's server for TLS, with certificates of an authority that nobody else knows of.
///
/// It answers each request with 200, and tells in `Retry-After` how many came over the connection; or with what `X-Say` says, at
/// once.
final class TLSReceiver {
    let port: Int
    /// What makes a client trust the authority, and nothing more.
    let trust: ClientTLS
    /// What proves a client besides.
    let proof: ClientTLS
    private let folder: TemporaryFolder
    private let server = Process()

    /// - Parameter asksForCertificate: whether it talks to nobody who has none of its authority's.
    init(asksForCertificate: Bool = false) throws {
        folder = try TemporaryFolder()
        let authority = folder.path("ca.pem")
        try Self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=an authority", "-keyout", folder.path("ca.key"), "-out", authority)
        for name in ["server", "client"] {
            try Self.openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost", "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-CA", authority, "-CAkey", folder.path("ca.key"), "-keyout", folder.path("\(name).key"), "-out",
                folder.path("\(name).pem"))
        }
        trust = ClientTLS(authorities: try String(contentsOfFile: authority, encoding: .utf8))
        proof = ClientTLS(
            authorities: trust.authorities,
            certificate: try String(contentsOfFile: folder.path("client.pem"), encoding: .utf8),
            key: Secret(name: "1", key: Array(try Data(contentsOf: folder.url.appending(path: "client.key")))))
        server.executableURL = URL(filePath: "/usr/bin/env")
        server.arguments = [
            "python3", "-c", Self.script, folder.path("server.pem"), folder.path("server.key"), authority,
            asksForCertificate ? "asks" : "",
        ]
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "the server did not start")
    }

    deinit {
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
    }

    private static let script = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            count = 0
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.count += 1
                if "x-say" in self.headers:
                    self.connection.sendall(self.headers["x-say"].encode().decode("unicode_escape").encode())
                    return
                self.send_response(200)
                self.send_header("Retry-After", str(self.count))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        context.set_alpn_protocols(["h2", "http/1.1"])
        if sys.argv[4]:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(sys.argv[3])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    private static func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments.first ?? "") failed")
    }
}
