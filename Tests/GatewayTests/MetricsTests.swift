import FolderKit
import Foundation
import Model
import Testing

@testable import Gateway

/// Goal: what is counted is what happened, and is told as Prometheus wants it.
@Suite(.timeLimit(.minutes(2)))
struct MetricsTests {
    private static let deploy = Repository.root.appending(path: "deploy")

    @Test func aHistogramCountsEachSpanOnceAndUpToItsBoundInclusively() {
        let histogram = Histogram([10, 100])
        for span: Int64 in [0, 10, 11, 100, 101, -5] { histogram.note(microseconds: span) }
        #expect(histogram.reading == Histogram.Reading(counts: [3, 2, 1], sumUs: 222))
        #expect(histogram.reading.since(Histogram.Reading(counts: [1, 1, 1], sumUs: 22)).counts == [2, 1, 0])
    }

    @Test(arguments: [
        (0.5, [4, 0, 0], Int64(5)), (0.5, [0, 4, 0], 55), (0.99, [1, 0, 1], 100), (1.0, [2, 2, 0], 100),
    ])
    func aQuantileLiesWhereItsShareDoes(_ share: Double, _ counts: [Int64], _ expected: Int64) {
        #expect(Histogram.Reading(counts: counts, sumUs: 0).quantile(share, boundsUs: [10, 100]) == expected)
    }

    @Test func nothingHasNoQuantile() {
        #expect(Histogram([10]).reading.quantile(0.5, boundsUs: [10]) == nil)
    }

    @Test(arguments: [(0, "0"), (1, "0.000001"), (1_500_000, "1.5"), (-250_000, "-0.25"), (60_000_000, "60")])
    func microsecondsAreToldAsSeconds(_ us: Int64, _ text: String) {
        #expect(Exposition.seconds(us) == text)
    }

    @Test func aReloadLosesNoCount() {
        let metrics = Metrics()
        metrics.source("a", of: "telesign").duplicate.add()
        #expect(metrics.source("a", of: "telesign").duplicate.value == 1)
        #expect(metrics.source("a", of: "mobile-text-alerts").duplicate.value == 0)
    }

    @Test func twoSourcesOfOneProviderAreAddedUp() {
        let metrics = Metrics()
        for name in ["a", "b"] {
            let receipt = Receipt(
                requestId: EventID(high: 0, low: 1), receivedAt: Instant(microseconds: 1_500_000), source: name,
                provider: "telesign", headers: HeaderBlock([]), body: [], bodyDigest: [], events: [], faults: [],
                authenticity: Authenticity(method: .none, key: nil),
                sightings: [Sighting(kind: .field, path: "$.x")])
            metrics.source(name, of: "telesign").accept(receipt, eventsAt: [])
        }
        var exposition = Exposition()
        exposition.write(metrics)
        #expect(exposition.text.contains(#"mogate_drift_total{provider="telesign",kind="field"} 2"# + "\n"))
        #expect(exposition.text.contains(#"mogate_drift_total{provider="telesign",kind="word"} 0"# + "\n"))
        #expect(exposition.text.contains(#"mogate_source_last_event_timestamp_seconds{source="a"} 1.5"# + "\n"))
    }

    @Test func prometheusOwnToolFindsNothingToSay() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        let text = try await mogate.send("GET", "/metrics", toAdmin: true).body
        #expect(try Self.promtool(["check", "metrics"], input: text) == "")
        #expect(
            text.contains(/\nmogate_received_bytes_total [1-9]/) && text.contains(/\nmogate_sent_bytes_total [1-9]/))
        // Every series that the dashboard and the alerts ask for is one that there is.
        let known = Set(
            text.matches(of: /# TYPE (\w+) (\w+)/).flatMap { match -> [String] in
                let name = String(match.output.1)
                return match.output.2 == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
            })
        for file in ["grafana/mogate.json", "prometheus/alerts.yaml"] {
            let asked = try String(contentsOf: Self.deploy.appending(path: file), encoding: .utf8)
                .matches(of: /\b(mogate|process)_\w+/).map { String($0.output.0) }
            #expect(asked.count > 10, "\(file)")
            for name in Set(asked) { #expect(known.contains(name), "\(file) asks for \(name)") }
        }
        #expect(mogate.stop() == 0)
    }

    /// What Grafana would ask, asked of a real Prometheus that looks at a real mogate.
    @Test func everyPanelOfTheDashboardHasSomethingToShow() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [503, 200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(),
            sinks: """
                  - {name: crm, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
                     allowNetworks: [127.0.0.0/8], retry: {first: 10ms, longest: 20ms, for: 1h}}
                """)
        let prometheus = try await Prometheus(watching: mogate.adminPort)
        // Rates take two looks with something between them.
        for (number, id) in ["R1", "R2"].enumerated() {
            let callback = Callback.telesign(id)
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            let broken = Callback.signed(#"{"reference_id":"\#(id)"#)
            _ = try await mogate.send("POST", "/in/telesign", headers: broken.headers, body: broken.body)
            for (series, count) in [
                (#"mogate_requests_total{outcome="accepted",source="telesign"}"#, 2), ("mogate_quarantine_items", 1),
                (#"mogate_deliveries_total{outcome="taken"}"#, 1),
            ] {
                try await RunningMogate.eventually {
                    try await prometheus.values(series) == [Double(count * (number + 1))]
                }
            }
        }
        let file = try Data(contentsOf: Self.deploy.appending(path: "grafana/mogate.json"))
        let dashboard = try JSONDecoder().decode(Dashboard.self, from: file)
        let queries = dashboard.panels.flatMap { panel in (panel.targets ?? []).map { (panel.title ?? "", $0.expr) } }
        #expect(queries.count > 30)
        for (title, query) in queries {
            let found = try await prometheus.values(query.replacing("$instance", with: ".*"))
            #expect(!found.isEmpty, "\(title): \(query)")
        }
        // What its list of instances is made of.
        #expect(try await prometheus.labels("instance", of: "mogate_build_info") == ["127.0.0.1:\(mogate.adminPort)"])
        #expect(mogate.stop() == 0)
    }

    private struct Dashboard: Decodable {
        let panels: [Panel]

        struct Panel: Decodable {
            let title: String?
            let targets: [Target]?
        }

        struct Target: Decodable { let expr: String }
    }

    @Test func alertsGoOffWhenTheyShould() throws {
        let folder = Self.deploy.appending(path: "prometheus").path
        #expect(try Self.promtool(["check", "rules", folder + "/alerts.yaml"]).contains("SUCCESS"))
        #expect(try Self.promtool(["test", "rules", folder + "/alerts-test.yaml"]).contains("SUCCESS"))
        #expect(
            try Self.promtool(["check", "config", "--syntax-only", folder + "/prometheus.yaml"]).contains("SUCCESS"))
    }

    /// What promtool says; it must be content.
    private static func promtool(_ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/promtool")
        process.arguments = arguments
        let (inPipe, outPipe) = (Pipe(), Pipe())
        process.standardInput = inPipe
        process.standardOutput = outPipe
        process.standardError = outPipe
        try process.run()
        try inPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inPipe.fileHandleForWriting.close()
        let said = try outPipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: said, as: UTF8.self)
        #expect(process.terminationStatus == 0, "promtool \(arguments): \(text)")
        return text
    }

    @Test func theAccessLogTellsOfEachRequestAndGivesNothingAway() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#,
            limits: "accessLog: true\ntrustedProxies: [127.0.0.0/8]")
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let callback = Callback.telesign("R1", text: "hush")
        _ = try await mogate.send(
            "POST", "/in/telesign?token=hush",
            headers: callback.headers + [("traceparent", trace), ("X-Forwarded-For", "192.0.2.7")],
            body: callback.body)
        _ = try await mogate.send("POST", "/in/nobody-hush")
        let taken = try await mogate.logLine { $0["message"] == "request" && $0["status"] == "200" }
        #expect(taken["source"] == "telesign" && taken["method"] == "POST" && taken["traceparent"] == trace)
        #expect(taken["sender"] == "192.0.2.7")
        #expect(taken["bytes"] == String(callback.body.count))
        let lost = try await mogate.logLine { $0["message"] == "request" && $0["status"] == "404" }
        #expect(lost["source"] == "")
        #expect(!mogate.logText.contains("hush"))
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        #expect(mogate.lines(of: "events.ndjson").joined().contains(#""traceparent":"\#(trace)""#))
        #expect(mogate.stop() == 0)
    }
}
