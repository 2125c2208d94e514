internal import Journal
internal import Model
internal import Providers
internal import Threads

/// The way of a request: from its bytes to the disk, and only then to its answer.
struct Intake: Sendable {
    /// After how many seconds a vendor is asked to come back when nothing can be stored.
    static let retryAfterSeconds = 5

    private let routes: Lock<Routes>
    private let journal: any Journal
    private let now: @Sendable () -> Instant
    private let report: Reporter
    private let accessLog: AccessLog?

    init(
        routes: Lock<Routes>, journal: any Journal, now: @escaping @Sendable () -> Instant, report: Reporter,
        accessLog: AccessLog?
    ) {
        self.routes = routes
        self.journal = journal
        self.now = now
        self.report = report
        self.accessLog = accessLog
    }

    /// What a request is answered. It runs on the thread of whoever asks, and leaves it only while the disk is written.
    nonisolated(nonsending) func answer(_ webhook: Webhook) async -> Reply {
        let route = routes.withLock { $0.find(webhook.path) }
        let reply = await reply(to: webhook, by: route)
        accessLog?.note(webhook, source: route?.source.name, reply)
        return reply
    }

    private nonisolated(nonsending) func reply(to webhook: Webhook, by route: Routes.Route?) async -> Reply {
        guard let route else { return turnedAway(404) }
        guard webhook.method == "POST" else { return turnedAway(405) }
        guard isPlain(webhook.headers) else { return turnedAway(415) }
        let (provider, source, meter) = (route.provider, route.source, route.meter)
        do {
            let request = try provider.authenticate(webhook, for: source)
            let decoding = provider.decode(request, for: source)
            let receipt = Receipt(request, decoding, keeping: provider.headers(toKeepOf: request), for: source)
            let decodedAt = now()
            meter.decoding.note(microseconds: decodedAt.microseconds - webhook.receivedAt.microseconds)
            let appended = try await journal.append(receipt)
            meter.committing.note(microseconds: now().microseconds - decodedAt.microseconds)
            tell(appended, receipt, decoding, meter)
            return provider.success
        } catch let refusal as Refusal {
            meter.refused.add()
            report(.refused(source: source.name, why: refusal))
            return .failure(401, "unauthorized")
        } catch let error as JournalError {
            meter.unavailable.add()
            report(.unavailable(source: source.name, error: error))
            return .unavailable
        } catch {
            preconditionFailure("an error that neither room throws: \(type(of: error))")
        }
    }

    private func turnedAway(_ status: Int) -> Reply {
        report.metrics.countMisdirected(status)
        report(.misdirected(status: status))
        return switch status {
        case 404: .failure(404, "not found")
        case 405: .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "POST")])
        default: .failure(status, "content encoding not supported")
        }
    }

    /// Signatures are over the bytes as they came, and nothing is ever inflated.
    private func isPlain(_ headers: Headers) -> Bool {
        headers["Content-Encoding"].map { $0.lowercased() == "identity" } ?? true
    }

    private func tell(_ appended: Appended, _ receipt: Receipt, _ decoding: Decoding, _ meter: SourceMeter) {
        guard !appended.isDuplicate else {
            meter.duplicate.add()
            return
        }
        meter.accept(decoding, at: receipt.receivedAt)
        for fault in receipt.faults {
            report(.quarantined(source: receipt.source, requestId: receipt.requestId, fault: fault))
        }
        for sighting in decoding.sightings { report(.drift(provider: receipt.provider, sighting: sighting)) }
    }
}

extension Reply {
    /// Nothing could be stored, so nothing is pretended.
    static let unavailable = failure(
        503, "unavailable", headers: [.init(name: "Retry-After", value: String(Intake.retryAfterSeconds))])
}

extension Receipt {
    /// What the journal keeps of a request: its bytes, the header fields worth keeping, and what it came to.
    init(_ request: Authentic, _ decoding: Decoding, keeping headers: [Header], for source: Source) {
        self.init(
            requestId: request.requestId, receivedAt: request.receivedAt, source: source.name,
            provider: source.provider,
            headers: headers
                + ["Content-Type", "User-Agent", "traceparent"].compactMap { name in
                    request.header(name).map { Header(name: name, value: $0) }
                },
            body: request.body, bodyDigest: request.bodyDigest, events: decoding.events.map { FrozenEvent($0) },
            faults: decoding.faults, authenticity: request.authenticity, sightings: decoding.sightings)
    }
}
