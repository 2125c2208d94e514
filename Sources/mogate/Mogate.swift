import ArgumentParser
import Gateway
import Threads

/// The command line: one file for each subcommand.
@main
struct Mogate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mogate",
        abstract: "One durable intake for everything that end users send through your messaging vendors.",
        discussion: """
            Vendors' webhooks come in, each becomes one canonical event, the event is on the disk before the vendor \
            hears 200, and from there it goes to files, HTTP endpoints and NATS at their own pace.
            """,
        version: Version.current,
        subcommands: [
            Serve.self, Init.self, Check.self, Decode.self, Events.self, QuarantineCommand.self, DeadLetters.self,
            Replay.self, Sinks.self, Trace.self, Erase.self, Simulate.self, Redecode.self, Drift.self, PageCommand.self,
            Verify.self, Backup.self, Schema.self, FixturesCommand.self, ExplainSignature.self,
            Bench.self, Doctor.self,
        ])

    static func main() async {
        ProxyVariables.forget()
        await main(nil)
    }
}
