import Glibc
internal import Threads

/// A call to the system that failed, told as what was being done and the system's own words.
struct SystemFailure: Error, Equatable {
    let doing: String
    let code: Int32

    /// To be made right after the call: it reads the number that the call left.
    init(_ doing: String) {
        self.doing = doing
        code = errno
    }

    var words: String { "\(doing): \(SystemError.words(of: code))" }
}
