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
    enum Place {
        case file(String)
        case log(NATSJournal.Settings)
    }

    var place: Place {
        get throws {
            if let journal { return .file(journal) }
            let configured = try configuration.settings().journal
            return configured.log.map { .log($0) } ?? .file(configured.path)
        }
    }

    /// Where the journal's file is; says so where there is none, and exits.
    func path(instead: String) throws -> String {
        try journal ?? configuration.journalPath(instead: instead)
    }

    /// What is configured. Where no configuration can be read there are no sinks, and decoders take their own defaults.
    var contextConfiguration: ActionContext.Configuration {
        (try? ConfigurationOption.read(configuration.config)).map { ActionContext.Configuration($0) }
            ?? ActionContext.Configuration(sources: [], sinks: [])
    }

    /// Runs a body with the journal open for reading; what fails is said, and the command exits.
    func browse<Result>(_ body: (any JournalBrowser) async throws(JournalError) -> Result) async throws -> Result {
        let place = try place
        do throws(JournalError) {
            let browser: any JournalBrowser
            switch place {
            case .file(let path): browser = try SQLiteBrowser(path: path)
            case .log(let log): browser = try await NATSBrowser.open(log)
            }
            do throws(JournalError) {
                let result = try await body(browser)
                await browser.close()
                return result
            } catch {
                await browser.close()
                throw error
            }
        } catch .unusable(let reason) {
            Output.complaint(reason)
            throw place.isLog ? Exit.unavailable : Exit.noInput
        } catch {
            Output.complaint("\(place): \(error)")
            throw Exit.ioError
        }
    }
}

extension JournalOption.Place: CustomStringConvertible {
    var isLog: Bool { if case .log = self { true } else { false } }

    var description: String {
        switch self {
        case .file(let path): path
        case .log(let log): "the log \(log.stream)"
        }
    }
}
