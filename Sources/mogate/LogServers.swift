import Foundation
import FoundationNetworking
import Gateway

/// What the servers of a log tell of themselves on their monitoring addresses: how they sync, which nothing else can ask.
struct LogServers {
    /// Such as `http://n1:8222`.
    let monitors: [String]

    private static let patienceSeconds: TimeInterval = 3

    /// What a server answers at `/varz`, as far as it matters.
    private struct Variables: Decodable {
        let serverName: String
        let version: String
        let jetstream: JetStream

        struct JetStream: Decodable {
            let config: Config?
        }

        struct Config: Decodable {
            let syncAlways: Bool?

            enum CodingKeys: String, CodingKey {
                case syncAlways = "sync_always"
            }
        }

        enum CodingKeys: String, CodingKey {
            case serverName = "server_name"
            case version, jetstream
        }
    }

    /// A finding for each server.
    var findings: [Finding] {
        get async {
            var findings: [Finding] = []
            for monitor in monitors { findings.append(await finding(on: monitor)) }
            return findings
        }
    }

    private func finding(on monitor: String) async -> Finding {
        guard let url = URL(string: monitor + "/varz"),
            let (data, response) = try? await URLSession.direct.data(
                for: URLRequest(url: url, timeoutInterval: Self.patienceSeconds)),
            (response as? HTTPURLResponse)?.statusCode == 200,
            let server = try? JSONDecoder().decode(Variables.self, from: data)
        else { return Finding("log's disks", .warn, "\(monitor) does not answer as a server of NATS does") }
        let name = "\(server.serverName) (\(server.version))"
        guard let config = server.jetstream.config else {
            return Finding("log's disks", .warn, "\(name) has no JetStream, and holds nothing")
        }
        guard Self.isRecent(server.version) else {
            return Finding(
                "log's disks", .fail,
                "\(name) is older than 2.10 and cannot sync before it acknowledges: a power cut at most of the servers "
                    + "loses what was answered")
        }
        guard config.syncAlways == true else {
            return Finding(
                "log's disks", .fail,
                "\(name) acknowledges what it has not synced: set `sync_interval: always`, or a power cut at most of the "
                    + "servers loses what was answered")
        }
        return Finding("log's disks", .ok, "\(name) syncs before it acknowledges")
    }

    /// From 2.10 on there is `sync_interval: always`.
    private static func isRecent(_ version: String) -> Bool {
        let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        return parts.count == 2 && (parts[0], parts[1]) >= (2, 10)
    }
}
