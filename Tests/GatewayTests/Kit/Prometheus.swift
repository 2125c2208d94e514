import FolderKit
import Foundation
import FoundationNetworking
import Glibc
import Testing

/// A real Prometheus that looks at one address, ten times a second.
final class Prometheus: Sendable {
    private let process: Process
    private let folder: TemporaryFolder
    private let url: URL

    init(watching port: Int) async throws {
        folder = try TemporaryFolder()
        let own = try Self.freePort()
        url = URL(string: "http://127.0.0.1:\(own)/api/v1/")!
        let configuration = """
            global: {scrape_interval: 100ms, scrape_timeout: 100ms}
            scrape_configs: [{job_name: mogate, static_configs: [{targets: ["127.0.0.1:\(port)"]}]}]
            """
        try Data(configuration.utf8).write(to: folder.url.appending(path: "prometheus.yaml"))
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/prometheus")
        process.arguments = [
            "--config.file", folder.path("prometheus.yaml"), "--storage.tsdb.path", folder.path("data"),
            "--web.listen-address", "127.0.0.1:\(own)", "--log.level", "error",
        ]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    /// The values of all series that a query comes to; none while it does not answer yet.
    func values(_ query: String) async throws -> [Double] {
        struct Answer: Decodable {
            let data: Data
            struct Data: Decodable { let result: [Series] }
            struct Series: Decodable { let value: Value }
            struct Value: Decodable {
                let number: Double

                init(from decoder: any Decoder) throws {
                    var pair = try decoder.unkeyedContainer()
                    _ = try pair.decode(Double.self)
                    number = try #require(Double(try pair.decode(String.self)))
                }
            }
        }
        guard let found = try await ask("query", [URLQueryItem(name: "query", value: query)], Answer.self) else {
            return []
        }
        return found.data.result.map(\.value.number)
    }

    /// What a label is in the series of a name.
    func labels(_ label: String, of series: String) async throws -> [String] {
        struct Answer: Decodable { let data: [String] }
        return try await ask("label/\(label)/values", [URLQueryItem(name: "match[]", value: series)], Answer.self)?.data
            ?? []
    }

    private func ask<Answer: Decodable>(
        _ path: String, _ items: [URLQueryItem], _ type: Answer.Type
    ) async throws -> Answer? {
        var address = try #require(URLComponents(url: url.appending(path: path), resolvingAgainstBaseURL: false))
        address.queryItems = items
        // Foundation leaves a plus as it is, which means a blank there.
        let query = address.percentEncodedQuery?.replacing("+", with: "%2B")
        address.percentEncodedQuery = query
        let place = try #require(address.url)
        guard let (data, response) = try? await URLSession.shared.data(from: place) else { return nil }
        let status = (response as? HTTPURLResponse)?.statusCode
        // While it starts.
        guard status != 503 else { return nil }
        try #require(status == 200, "\(items): \(String(decoding: data, as: UTF8.self))")
        return try JSONDecoder().decode(type, from: data)
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
