import ArgumentParser
import Gateway

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration, and say everything that is wrong with it.",
        discussion: "Example: mogate check --config mogate.yaml")

    @OptionGroup var configuration: ConfigurationOption

    func run() throws {
        let settings = try configuration.settings()
        Output.line(
            "\(configuration.config): \(settings.sources.count) sources, \(settings.sinks.count) sinks, no faults")
    }
}
