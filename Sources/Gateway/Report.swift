internal import Journal
public import Logging
public import Model
internal import Threads

/// Everything that the gateway can say about itself in its log. What is only counted is counted by ``Metrics``.
///
/// None carries a secret, a body, a signature or an end user's address.
enum Report: Sendable {
    case quarantined(source: String, requestId: EventID, fault: Fault)
    case refused(source: String, why: Refusal)
    case misdirected(status: Int)
    case throttled(source: String)
    case unavailable(source: String, error: JournalError)
    case drift(provider: String, sighting: Sighting)

    case undelivered(sink: String, id: EventID, outcome: Delivery)
    case damaged(sink: String, sequence: Int64)
    case givenUp(sink: String, id: EventID, reason: String)
    case sinkDown(sink: String, reason: String)
    case sinkBack(sink: String)
    case sinkHalted(sink: String)
    case sinkUnopened(sink: String, problem: String)
    case journalUnreadable(sink: String, error: JournalError)
    case journalUnwritable(sink: String, error: JournalError)
    case journalBroken(error: JournalError)
    case journalMended(MendedPage)
    case diskWeak(JournalDisk.Weakness)
    case logWeak(words: String)
    case spill(SpillingJournal.News)
    case sinkElsewhere(sink: String)
    case sinkOurs(sink: String)
    case journalFull
    case journalHasRoom
    case journalHeld
    case journalFree
    case pruned(Pruned)
    case pruningFailed(error: JournalError)

    case acted(action: String, peer: String)
    case actionFailed(action: String, why: String)
    case actionForged(peer: String)

    case descriptorsFew(connections: Int)
    case started(listen: [String], admin: String?, sources: Int, sinks: Int)
    case draining
    case drained
    case overdue
    case reloaded(sources: Int, sinks: Int)
    case reloadNeedsRestart(key: String)
    case reloadRefused(fault: String)
}

extension Report {
    /// What it says in the log; nil for nothing.
    var line: (level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata)? {
        switch self {
        case .quarantined(let source, let requestId, let fault):
            (
                .warning, "quarantined",
                [
                    "source": "\(source)", "requestId": "\(requestId)", "path": "\(fault.path.safePath)",
                    "reason": "\(fault.reason)",
                ]
            )
        case .refused(let source, .forged(let why)):
            (.notice, "refused", ["source": "\(source)", "why": "\(why.rawValue)"])
        case .misdirected(let status): (.info, "not taken", ["status": "\(status)"])
        case .throttled(let source): (.notice, "too many requests", ["source": "\(source)"])
        case .unavailable(let source, let error): (.error, "unavailable", ["source": "\(source)", "error": "\(error)"])
        case .drift(let provider, let sighting):
            (
                .notice, "drift",
                [
                    "provider": "\(provider)", "kind": "\(sighting.kind.rawValue)", "path": "\(sighting.path.safePath)",
                ]
            )
        case .undelivered(_, _, .taken), .undelivered(_, _, .never): nil
        case .undelivered(let sink, let id, .later(let reason, _)), .undelivered(let sink, let id, .gone(let reason)):
            (.info, "delivery failed, will be tried again", ["sink": "\(sink)", "id": "\(id)", "reason": "\(reason)"])
        case .givenUp(let sink, let id, let reason):
            (.error, "delivery given up", ["sink": "\(sink)", "id": "\(id)", "reason": "\(reason)"])
        case .damaged(let sink, let sequence):
            (.critical, "event is damaged on the disk, not sent", ["sink": "\(sink)", "sequence": "\(sequence)"])
        case .sinkDown(let sink, let reason):
            (.error, "sink is down, its events wait", ["sink": "\(sink)", "reason": "\(reason)"])
        case .sinkUnopened(let sink, let problem):
            (.error, "sink cannot be opened, its events wait", ["sink": "\(sink)", "problem": "\(problem)"])
        case .sinkHalted(let sink):
            (
                .error, "sink wants nothing more, its events wait until `mogate sinks resume` is given its name",
                ["sink": "\(sink)"]
            )
        case .sinkBack(let sink): (.notice, "sink is back", ["sink": "\(sink)"])
        case .journalUnreadable(let sink, let error):
            (.error, "journal cannot be read", ["sink": "\(sink)", "error": "\(error)"])
        case .journalUnwritable(let sink, let error):
            (.error, "progress cannot be recorded", ["sink": "\(sink)", "error": "\(error)"])
        case .journalBroken(let error):
            (.critical, "the journal is not to be trusted any more, stopping", ["error": "\(error)"])
        case .journalMended(let page):
            (
                .critical, "the journal had a page that was damaged on the disk",
                ["page": "\(page.page)", "what": "\(page)"]
            )
        case .diskWeak(let weakness):
            (
                .critical, "what is accepted here does not outlast what it should: see `mogate doctor`",
                ["journal": weakness == .memory ? "in memory" : "in a container's own layer"]
            )
        case .logWeak(let words): (.error, "what is answered may be lost", ["reason": "\(words)"])
        case .spill(.spilling(let reason)):
            (.error, "the log is not used, requests go into the spill", ["reason": "\(reason)"])
        case .spill(.moved(let count)):
            (.notice, "the log is used again, and has what was spilled", ["requests": "\(count)"])
        case .spill(.setAside(let requestId, let reason)):
            (
                .error, "a request stays in the spill until the next start, which tries it once more",
                ["requestId": "\(requestId)", "reason": "\(reason)"]
            )
        case .sinkElsewhere(let sink): (.info, "another node serves the sink", ["sink": "\(sink)"])
        case .sinkOurs(let sink): (.notice, "this node serves the sink now", ["sink": "\(sink)"])
        case .descriptorsFew(let connections):
            (
                .error, "there are fewer descriptors than limits.connections needs: see `mogate doctor`",
                ["connections": "\(connections)"]
            )
        case .journalFull: (.error, "the journal has no room, nothing is accepted", [:])
        case .journalHeld:
            (
                .error,
                "another program reads the journal and does not end, nothing is accepted: see fuser on its -shm", [:]
            )
        case .journalFree: (.notice, "nobody holds the journal any more", [:])
        case .journalHasRoom: (.notice, "the journal has room again", [:])
        case .pruned(let pruned):
            (
                pruned.eventsForRoom > 0 ? .warning : .notice, "pruned",
                [
                    "events": "\(pruned.events)", "toMakeRoom": "\(pruned.eventsForRoom)",
                    "requests": "\(pruned.requests)", "quarantine": "\(pruned.faults)",
                    "sightings": "\(pruned.sightings)",
                ]
            )
        case .pruningFailed(let error): (.error, "pruning failed, will be tried again", ["error": "\(error)"])
        case .acted(let action, let peer): (.notice, "action performed", ["action": "\(action)", "peer": "\(peer)"])
        case .actionFailed(let action, let why): (.error, "action failed", ["action": "\(action)", "why": "\(why)"])
        case .actionForged(let peer): (.warning, "action without its token refused", ["peer": "\(peer)"])
        case .started(let listen, let admin, let sources, let sinks):
            (
                .notice, "started",
                [
                    "listen": "\(listen.joined(separator: " "))", "admin": "\(admin ?? "none")",
                    "sources": "\(sources)", "sinks": "\(sinks)",
                ]
            )
        case .draining: (.notice, "draining", [:])
        case .drained: (.notice, "stopped", [:])
        case .overdue: (.critical, "stopping takes too long, leaving what is under way", [:])
        case .reloaded(let sources, let sinks):
            (.notice, "configuration reloaded", ["sources": "\(sources)", "sinks": "\(sinks)"])
        case .reloadNeedsRestart(let key): (.warning, "takes a restart to change", ["key": "\(key)"])
        case .reloadRefused(let fault): (.error, "configuration not reloaded, the old one stays", ["fault": "\(fault)"])
        }
    }
}

/// Takes reports in, and writes those that are worth a line; and knows where things are counted.
public struct Reporter: Sendable {
    /// So many lines of one kind are written in a second, and no more: who sends us nonsense shall not fill the log.
    static let linesPerSecondMax = 20

    let metrics: Metrics
    /// Where lines go that are no reports, such as those of the access log; nil where nobody wants them.
    let output: LogOutput?
    private let logger: Logger
    private let now: @Sendable () -> Instant
    /// How many lines of each kind were written, or would have been, in the second that is named.
    private let budgets = Lock<[String: (second: Int64, lines: Int)]>([:])

    public init(
        logger: Logger, metrics: Metrics, output: LogOutput? = nil, now: @escaping @Sendable () -> Instant
    ) {
        self.output = output
        self.logger = logger
        self.metrics = metrics
        self.now = now
    }

    func callAsFunction(_ report: Report) {
        guard let line = report.line, line.level >= logger.logLevel, isWithinBudget(line.message.description) else {
            return
        }
        logger.log(level: line.level, line.message, metadata: line.metadata)
    }

    private func isWithinBudget(_ message: String) -> Bool {
        let second = now().microseconds / 1_000_000
        let (isWithin, left) = budgets.withLock { budgets -> (Bool, Int) in
            let last = budgets[message] ?? (second, 0)
            let lines = last.second == second ? last.lines + 1 : 1
            budgets[message] = (second, lines)
            return (lines <= Self.linesPerSecondMax, last.second == second ? 0 : Self.linesLeftOut(of: last.lines))
        }
        tellLeftOut(left, of: message)
        return isWithin
    }

    /// Tells how many lines were left out in the seconds that are over. To be called every second or so: without another
    /// line of its kind nobody would hear of them.
    func tellLeftOut() {
        let second = now().microseconds / 1_000_000
        let over = budgets.withLock { budgets in
            let over = budgets.filter { $0.value.second != second }
            for message in over.keys { budgets[message] = nil }
            return over
        }
        for (message, last) in over { tellLeftOut(Self.linesLeftOut(of: last.lines), of: message) }
    }

    private static func linesLeftOut(of lines: Int) -> Int { max(0, lines - linesPerSecondMax) }

    private func tellLeftOut(_ lines: Int, of message: String) {
        guard lines > 0 else { return }
        logger.notice("lines left out", metadata: ["message": "\(message)", "lines": "\(lines)"])
    }
}

extension String {
    /// A place in a body, as far as its names look like a vendor's fields. A name may also be an end user's number or
    /// address, where a vendor makes such the key of something: from there on it is left out.
    var safePath: String {
        let names = split(separator: ".", omittingEmptySubsequences: false)
        let plain = names.prefix { $0.utf8.allSatisfy(\.isOfAName) && !$0.contains(/[0-9]{5}/) }
        return plain.joined(separator: ".") + (plain.count < names.count ? ".…" : "")
    }
}

extension UInt8 {
    /// Whether it is a letter, a digit, or a mark that stands in paths to fields.
    fileprivate var isOfAName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "$_-[]".utf8.contains(self)
        }
    }
}
