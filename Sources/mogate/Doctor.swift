import ArgumentParser
import Gateway

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at everything that mogate depends on: machine, disk, files, doors, and the way to the sinks.",
        discussion: """
            To be run as the user that serves, on the machine that serves. It connects to each HTTP sink and sends \
            nothing. With --probe it posts one event to each, signed as all are: a `mogate.provider.notice` of the \
            provider `mogate`, source `doctor`, with no end user in it. It exits 0 where nothing fails, 78 where the \
            configuration is faulty, and 69 where anything else does.

            Example: mogate doctor --config mogate.yaml --probe
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Send each HTTP sink an event that says it is a probe.")
    var probe = false

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    func run() async throws {
        let settings = try configuration.settings()
        let checkup = Checkup(settings, time: .system)
        let findings =
            await checkup.findings(configuration: configuration.config, probing: probe)
            + LogServers(monitors: settings.journal.monitors).findings
        if json {
            for finding in findings { Output.object(finding.json) }
        } else {
            var table = Table("", "WHAT", "SEEN")
            table.rows = findings.map { [$0.verdict.rawValue, $0.subject, $0.words] }
            Output.line(table.text)
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw Exit.unavailable }
    }
}
