import ArgumentParser
import Gateway
import Journal

/// Which journal to look into: the configured one, or a file by its path.
struct JournalOption: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The journal's file; without it, the one that the configuration names.")
    var journal: String?

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    /// Where the journal is.
    var path: String {
        get throws { try journal ?? configuration.journalPath() }
    }

    /// What is configured. Where no configuration can be read there are no sinks, and decoders take their own defaults.
    var workshopConfiguration: Workshop.Configuration {
        (try? ConfigurationOption.read(configuration.config)).map { Workshop.Configuration($0) }
            ?? Workshop.Configuration(sources: [], sinks: [])
    }

    /// Runs a body with the journal open for reading; what fails is said, and the command exits.
    func browse<Result>(_ body: (JournalBrowser) async throws(JournalError) -> Result) async throws -> Result {
        let path = try path
        do throws(JournalError) {
            let browser = try JournalBrowser(path: path)
            let result = try await body(browser)
            await browser.close()
            return result
        } catch .unusable(let reason) {
            Output.complaint(reason)
            throw Exit.noInput
        } catch {
            Output.complaint("\(path): \(error)")
            throw Exit.ioError
        }
    }
}
