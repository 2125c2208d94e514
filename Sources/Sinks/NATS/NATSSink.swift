public import Model
public import NATS
internal import Wire

/// Publishes events to a stream of NATS JetStream, each as a CloudEvent under its own id.
///
/// An event is taken when the stream says that it is stored. One that is published again within the stream's window is
/// known by its `Nats-Msg-Id`, which is the event's id, and is not stored twice.
public final class NATSSink: Sink {
    /// Where events go, and how long to wait.
    public struct Settings: Sendable {
        public var servers: NATSSettings
        public var subject: SubjectTemplate
        /// How many batches are under way at once.
        public var concurrency: Int
        /// How long a stream's word is waited for.
        public var timeoutMs: Int64

        public init(servers: NATSSettings, subject: SubjectTemplate, concurrency: Int = 4, timeoutMs: Int64 = 10_000) {
            self.servers = servers
            self.subject = subject
            self.concurrency = concurrency
            self.timeoutMs = timeoutMs
        }
    }

    /// All of a batch are on their way at once; the stream stores them one after the other.
    public let batchMax = 256
    public let concurrency: Int

    private let settings: Settings
    private let client: NATSClient

    public init(_ settings: Settings) {
        self.settings = settings
        concurrency = settings.concurrency
        client = NATSClient(settings.servers)
    }

    public func deliver(_ entries: [Entry]) async -> Delivered {
        let outcomes = await withTaskGroup(of: (Int, Delivery).self) { tasks in
            for (number, entry) in entries.enumerated() {
                tasks.addTask { (number, await self.publish(entry)) }
            }
            return await tasks.reduce(into: entries.map { _ in Delivery.taken }) { $0[$1.0] = $1.1 }
        }
        return Delivered(outcomes: outcomes)
    }

    public func close() async {
        await client.close()
    }

    /// Connects to where events would go, and asks which stream would take them; nothing is published.
    /// - Returns: why that cannot be done; nil where it can.
    public static func problem(connectingWith settings: Settings, for event: FrozenEvent) async -> String? {
        guard let subject = settings.subject.subject(for: event) else { return "the subject would be too long" }
        let client = NATSClient(settings.servers)
        let problem: String?
        do throws(NATSFault) {
            let answer = try await client.ask(
                "STREAM.NAMES", [Verbatim.Member(name: "subject", value: .string(subject))],
                timeoutMs: settings.timeoutMs)
            problem = answer["streams"]?.elements.isEmpty ?? true ? "no stream takes `\(subject)`" : nil
        } catch {
            problem = error.description
        }
        await client.close()
        return problem
    }

    private func publish(_ entry: Entry) async -> Delivery {
        guard let subject = settings.subject.subject(for: entry.event) else {
            return .never(reason: "the subject would be too long")
        }
        let event = CloudEventMessage(structured: entry)
        let headers =
            [NATSMessage.Header(name: "Nats-Msg-Id", value: event.id)]
            + event.headers.map { NATSMessage.Header(name: $0.name, value: $0.value) }
        do throws(NATSFault) {
            let stored = try await client.publish(
                NATSMessage(subject: subject, headers: headers, body: event.body), timeoutMs: settings.timeoutMs)
            // A stream that knows the id of what it has not stored may yet fail to.
            guard stored.sequence > 0 else { return .later(reason: "an earlier try is not stored yet", waitMs: nil) }
            return .taken
        } catch {
            return Delivery(error)
        }
    }
}

extension Delivery {
    /// JetStream's number for a message that is longer than the stream takes.
    private static let tooLargeForStream: Int64 = 10_054

    /// What it means for an event that it could not be published.
    init(_ fault: NATSFault) {
        switch fault {
        case .tooLarge, .unsendable, .refused(Self.tooLargeForStream, _): self = .never(reason: fault.description)
        case .badSetting, .unreachable, .unanswered, .nobody, .refused, .unreadable, .closed:
            self = .later(reason: fault.description, waitMs: nil)
        }
    }
}
