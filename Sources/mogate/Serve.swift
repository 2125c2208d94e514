import ArgumentParser
import Foundation
import Gateway
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take webhooks in, and forward their events, until told to stop.",
        discussion: """
            SIGTERM or SIGINT: takes no more requests, answers all that were accepted, stops the sinks where they can \
            go on, and exits 0. SIGHUP: reads the configuration anew; a bad file changes nothing and says why.

            Example: mogate serve --config mogate.yaml
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The least level that is logged: debug, info, notice, warning, error or critical.")
    var logLevel = "notice"

    @Flag(help: "Serve beyond this machine although started as root, which is refused otherwise.")
    var allowRoot = false

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("`\(logLevel)` is no log level") }
    }

    func run() async throws {
        Gateway.seclude()
        let settings = try configuration.settings()
        do throws(GatewayFault) {
            if !allowRoot { try Gateway.refuseRoot(settings) }
        } catch {
            Output.complaint("mogate: \(error)")
            throw Exit.noPermission
        }
        // Text for a person at a terminal, JSON for everyone else; on standard error either way.
        let log = LogOutput(Output.isErrorTerminal ? .text : .json)
        let lines = logger(to: log)
        let reporter = Reporter(
            logger: lines, metrics: Metrics(), output: log, now: Time.system.now)
        // Beside the start, which need not wait for it: it is told, and nothing is refused for it.
        let asking = Task {
            for finding in await LogServers(monitors: settings.journal.monitors).findings where finding.verdict != .ok {
                lines.error("what is answered may be lost", metadata: ["reason": "\(finding.words)"])
            }
        }
        defer { asking.cancel() }
        let path = configuration.config
        let isClean: Bool
        do throws(GatewayFault) {
            isClean = try await Gateway.run(
                settings, time: .system, report: reporter, reload: { try ConfigurationOption.read(path) })
        } catch {
            await log.finish()
            Output.complaint("mogate: \(error)")
            throw error.isAboutTheDisk ? Exit.ioError : Exit.unavailable
        }
        await log.finish()
        if !isClean { throw Exit.ioError }
    }

    private func logger(to log: LogOutput) -> Logger {
        var logger = Logger(label: "mogate") { _ in LineLog(to: log, now: Time.system.now) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        return logger
    }
}
