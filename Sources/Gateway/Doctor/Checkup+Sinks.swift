internal import Foundation
internal import Model
internal import Sinks
internal import Threads

extension Checkup {
    /// Whether a sink could be written to now.
    func finding(on sink: Settings.Sink, probing: Bool) async -> Finding {
        let subject = "sink \(sink.name)"
        switch sink.kind {
        case .file(let file):
            let folder = URL(filePath: file.path).deletingLastPathComponent().path
            let isThere = FileManager.default.fileExists(atPath: folder)
            guard isThere else { return Finding(subject, .warn, "\(folder) is not there, and will be made") }
            return FileManager.default.isWritableFile(atPath: folder)
                ? Finding(subject, .ok, "\(folder) can be written to")
                : Finding(subject, .fail, "\(folder) cannot be written to")
        case .http(let http):
            do throws(ThreadError) {
                let loop = try EventLoop(name: "doctor")
                defer { loop.stop() }
                return probing
                    ? await probe(http, on: loop, as: subject) : await connect(to: http, on: loop, as: subject)
            } catch {
                return Finding(subject, .fail, "\(error)")
            }
        case .nats(let nats):
            let settings = NATSSink.Settings(nats)
            let problem = await NATSSink.problem(connectingWith: settings, for: probeEntry.event)
            return problem.map { Finding(subject, .fail, $0) } ?? Finding(subject, .ok, "a stream takes its events")
        }
    }

    private func connect(to http: Settings.HTTP, on loop: EventLoop, as subject: String) async -> Finding {
        guard let problem = await HTTPSink.problem(connectingWith: HTTPSink.Settings(http), on: loop) else {
            return Finding(subject, .ok, "can be connected to; --probe asks whether it takes our signature")
        }
        return Finding(subject, .fail, problem)
    }

    /// Sends one event that says of itself that it is none.
    private func probe(_ http: Settings.HTTP, on loop: EventLoop, as subject: String) async -> Finding {
        do throws(SinkError) {
            let sink = try HTTPSink(HTTPSink.Settings(http), on: loop, now: time.now)
            let delivered = await sink.deliver([probeEntry])
            await sink.close()
            return switch delivered.outcomes.first {
            case .taken?:
                Finding(subject, .ok, "took a probe event\(http.secrets.isEmpty ? ", unsigned" : " and its signature")")
            case .later(let reason, _)?, .never(let reason)?, .gone(let reason)?:
                Finding(subject, .fail, "did not take a probe event: \(reason)")
            case nil: Finding(subject, .fail, "said nothing to a probe event")
            }
        } catch {
            return Finding(subject, .fail, error.description)
        }
    }

    /// A notice of the provider `mogate`, which no vendor is, about nobody.
    private var probeEntry: Entry {
        let now = time.now()
        let id = EventID(high: UInt64(bitPattern: now.microseconds), low: .random(in: .min ... .max))
        let event = Event(
            id: id, subject: nil, provider: "mogate", source: "doctor", channel: .unknown, direction: .outbound,
            providerMessageId: nil, from: nil, to: nil, occurredAt: nil, receivedAt: now,
            authenticity: Authenticity(method: .none, key: nil),
            provenance: Provenance(
                requestId: id, bodySha256: String(repeating: "0", count: 64), decoder: "mogate/doctor", index: 0,
                idBasis: .body),
            body: .notice(kind: "probe"))
        return Entry(sequence: 0, event: FrozenEvent(event), receivedAt: now)
    }
}
