internal import Foundation
internal import Journal
internal import Model
internal import Wire

/// What the operator's page asks, under `/api/v1/`: JSON, on the admin's loop, from a connection that only reads.
struct OperatorDesk: Sendable {
    let browser: any JournalBrowser
    let trends: Trends
    /// How everything stands now.
    let status: @Sendable () async -> Verbatim
    /// The sinks as they are configured now.
    let sinks: @Sendable () async -> [Settings.Sink]
    /// The sources as they are configured now.
    let sources: @Sendable () async -> [Source]

    /// What a request is answered; nil for what is not there.
    nonisolated(nonsending) func answer(_ request: Webhook) async -> Reply? {
        let start = ActionDoor.pathStart
        guard request.path.hasPrefix(start) else { return nil }
        let parts = request.path.dropFirst(start.count).split(separator: "/", omittingEmptySubsequences: false)
        let query = QueryItems(request.query)
        do throws(JournalError) {
            switch (parts.first, parts.count) {
            case ("status", 1): return .json(await status())
            case ("history", 1): return .json(await history(after: query.integer("after") ?? 0))
            case ("events", 1): return .json(try await events(query))
            case ("events", 2): return try await event(String(parts[1]), query)
            case ("redecodings", 2): return try await redecoding(String(parts[1]), query)
            case ("quarantine", 1): return .json(try await quarantine(query))
            case ("quarantine", 2): return try await quarantined(String(parts[1]), query)
            case ("dead-letters", 1): return .json(try await deadLetters(query))
            case ("drift", 1): return .json(try await drift(query))
            default: return nil
            }
        } catch {
            return .failure(503, "the journal cannot be read")
        }
    }

    // MARK: Events

    /// The newest first, or those behind a number; by what they are, or by what stands in them.
    private func events(_ query: QueryItems) async throws(JournalError) -> Verbatim {
        let search = EventQuery(
            from: query.integer("before") ?? query.integer("after"),
            order: query["after"] == nil ? .newestFirst : .oldestFirst,
            filter: EntryFilter(
                types: query.all("type"), channels: query.all("channel"), sources: query.all("source")),
            subject: query["subject"], limit: query.limit)
        guard let text = query["q"] else {
            let page = try await browser.events(search)
            return Self.page(page.events, next: page.next)
        }
        if let id = EventID(text) {
            if let event = try await browser.event(id) { return Self.page([event]) }
            return Self.page(try await events(ofRequest: id))
        }
        let found = try await browser.events(
            holding: Self.digits(of: text) ?? text, before: query.integer("before"), limit: query.limit)
        return Self.page(found.events.filter { search.filter.matches($0.entry.event.label) }, next: found.next)
    }

    private func events(ofRequest id: EventID) async throws(JournalError) -> [StoredEvent] {
        guard let request = try await browser.request(id) else { return [] }
        var events: [StoredEvent] = []
        for run in request.eventRuns {
            events += try await browser.events(numbered: run, limit: run.count)
        }
        return events
    }

    /// A telephone number as events have it, however it was typed; nil for what is none.
    static func digits(of text: String) -> String? {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        let isNumber = digits.count >= 6 && text.allSatisfy { $0.isASCII && $0.isNumber || " +-().".contains($0) }
        return isNumber && digits.count < text.count ? digits : nil
    }

    private static func page(_ events: [StoredEvent], next: Int64? = nil) -> Verbatim {
        [
            "events": .array(events.map { EventRow(entry: $0.entry).members }),
            "next": next.map { .integer($0) } ?? .null,
        ]
    }

    /// An event beside the request that it came with. What people wrote is hidden unless it is asked for.
    private func event(_ text: String, _ query: QueryItems) async throws(JournalError) -> Reply? {
        guard let id = EventID(text), let event = try await browser.event(id) else { return nil }
        let isRevealed = query["reveal"] == "true"
        let json = event.entry.json
        let request = try await browser.request(of: event)
        let history = try await browser.history(of: event.entry.sequence)
        let story = EventTrace(event, request: request, history: history, sinks: await sinks())
        return .json([
            "event": EventRow(entry: event.entry).members, "isRevealed": .bool(isRevealed),
            "canonical": .string(String(decoding: isRevealed ? json : Mask.event(json), as: UTF8.self)),
            "request": request.map { Self.request($0, isRevealed: isRevealed) } ?? .null,
            "happenings": story.steps,
        ])
    }

    private static func request(_ request: StoredRequest, isRevealed: Bool) -> Verbatim {
        [
            "id": .string(request.requestId.description), "receivedAt": .string(request.receivedAt.rfc3339),
            "headers": .array(
                request.headers.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "body": body(request.body, isRevealed: isRevealed),
            "bodyBytes": .integer(Int64(request.body.count)),
            "proof": request.authenticity.map { .string($0.method.rawValue) } ?? .null,
            "events": .integer(Int64(request.eventRuns.reduce(0) { $0 + $1.count })),
        ]
    }

    /// As text; null where it is hidden and its shape cannot be shown.
    private static func body(_ bytes: [UInt8], isRevealed: Bool) -> Verbatim {
        let shown = isRevealed ? bytes : Mask.body(bytes)
        return shown.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
    }

    // MARK: What went wrong

    private func quarantine(_ query: QueryItems) async throws(JournalError) -> Verbatim {
        let page = try await browser.quarantine(after: query.integer("after") ?? 0, limit: query.limit)
        return [
            "items": .array(page.items.map { .object(Self.members(of: $0)) }),
            "next": page.next.map { .integer($0) } ?? .null,
        ]
    }

    private func quarantined(_ number: String, _ query: QueryItems) async throws(JournalError) -> Reply? {
        guard let number = Int64(number), let item = try await browser.quarantined(number) else { return nil }
        let body = Self.body(item.body, isRevealed: query["reveal"] == "true")
        return .json(.object(Self.members(of: item) + [.init(name: "body", value: body)]))
    }

    private static func members(of item: QuarantineItem) -> [Verbatim.Member] {
        [
            .init(name: "number", value: .integer(item.id)), .init(name: "at", value: .string(item.at.rfc3339)),
            .init(name: "source", value: .string(item.source)),
            .init(name: "provider", value: .string(item.provider)),
            .init(name: "path", value: .string(item.fault.path)),
            .init(name: "reason", value: .string(item.fault.reason)),
            .init(name: "requestId", value: .string(item.requestId.description)),
            .init(name: "bodyBytes", value: .integer(Int64(item.body.count))),
        ]
    }

    private func deadLetters(_ query: QueryItems) async throws(JournalError) -> Verbatim {
        let page = try await browser.deadLetters(
            of: query["sink"], after: query["after"].flatMap { DeadLetter.Place($0) }, limit: query.limit)
        return [
            "letters": .array(
                page.letters.map { letter in
                    [
                        "sink": .string(letter.sink), "at": .string(letter.at.rfc3339),
                        "attempts": .integer(Int64(letter.attempts)), "reason": .string(letter.reason),
                        "event": EventRow(entry: letter.entry).members,
                    ]
                }),
            "next": page.next.map { .string($0.description) } ?? .null,
        ]
    }

    private func drift(_ query: QueryItems) async throws(JournalError) -> Verbatim {
        let page = try await browser.sightings(
            of: query["provider"], after: query["after"].flatMap { SightingRecord.Place(text: $0) }, limit: query.limit)
        return [
            "sightings": .array(
                page.records.map { record in
                    [
                        "provider": .string(record.provider), "kind": .string(record.sighting.kind.rawValue),
                        "path": .string(record.sighting.path), "word": .string(record.sighting.word),
                        "count": .integer(record.count), "first": .string(record.first.rfc3339),
                        "last": .string(record.last.rfc3339), "requestId": .string(record.requestId.description),
                    ]
                }),
            "next": page.next.map { .string($0.text) } ?? .null,
        ]
    }

    // MARK: Over time

    private func history(after number: Int64) async -> Verbatim {
        let samples = await trends.samples(after: number)
        return [
            "everyMs": .integer(Trends.everyMs), "samplesMax": .integer(Int64(Trends.samplesMax)),
            "samples": .array(samples.map(\.members)),
        ]
    }
}

extension SightingRecord.Place {
    /// As the page hands it back: a list of its parts in JSON.
    fileprivate var text: String {
        let parts = [provider, sighting.kind.rawValue, sighting.path, sighting.word]
        return String(decoding: Verbatim.array(parts.map { .string($0) }).json, as: UTF8.self)
    }

    fileprivate init?(text: String) {
        let parts = (try? JSON(Array(text.utf8)))?.elements.compactMap(\.string) ?? []
        guard parts.count == 4, let kind = Sighting.Kind(rawValue: parts[1]) else { return nil }
        self.init(provider: parts[0], sighting: Sighting(kind: kind, path: parts[2], word: parts[3]))
    }
}

extension Trends.Sample {
    /// As short as it goes, since there are many: rows of numbers in a fixed order.
    fileprivate var members: Verbatim {
        [
            "n": .integer(number), "at": .integer(at.microseconds / 1_000), "waiting": .integer(waitingRequests),
            "in": .object(
                sources.map { source in
                    .init(
                        name: source.name,
                        value: .numbers([
                            source.accepted, source.duplicate, source.refused, source.unavailable, source.medianUs,
                            source.p99Us,
                        ]))
                }),
            "out": .object(
                sinks.map { sink in
                    .init(
                        name: sink.name,
                        value: .numbers([
                            sink.taken, sink.later, sink.never, sink.lagEvents, sink.lagMs, sink.medianUs, sink.p99Us,
                        ]))
                }),
        ]
    }
}

extension Verbatim {
    fileprivate static func numbers(_ numbers: [Int64?]) -> Verbatim {
        .array(numbers.map { $0.map { .integer($0) } ?? .null })
    }
}

extension Reply {
    static func json(_ value: Verbatim) -> Reply {
        Reply(status: 200, contentType: "application/json", body: value.json)
    }
}
