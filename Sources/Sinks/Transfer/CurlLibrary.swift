import CCurl
import Glibc

/// What is set for libcurl once in the life of the process.
enum CurlLibrary {
    static func prepare() {
        _ = prepared
    }

    private static let prepared: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        precondition(code == CURLE_OK, "libcurl cannot be used")
        // A peer that went away shows as an error of the call that wrote to it, not as the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }()

    /// The words for an answer that did not come in time.
    static var timedOut: String { words(for: CURLE_OPERATION_TIMEDOUT) }

    /// libcurl's words for an error. They are from a table: nothing of a request or an answer is in them.
    static func words(for code: CURLcode) -> String {
        guard let words = unsafe curl_easy_strerror(code) else { return "error \(code.rawValue)" }
        return unsafe String(cString: words)
    }
}
