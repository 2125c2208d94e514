import CCurl

/// What libcurl learns from one connection and uses for the next: what names stand for, for a minute, and sessions of TLS, which
/// make a handshake shorter.
///
/// It belongs to one loop's thread, so that libcurl needs no locks for it.
@safe final class CurlMemory {
    private let share: UnsafeMutableRawPointer

    init() {
        guard let share = unsafe curl_share_init() else { fatalError("memory for libcurl could not be had") }
        unsafe self.share = share
        for kind in [CURL_LOCK_DATA_DNS, CURL_LOCK_DATA_SSL_SESSION] {
            let code = unsafe shim_share(share, kind)
            precondition(code == CURLSHE_OK, "libcurl cannot share what it learns")
        }
    }

    deinit {
        let code = unsafe curl_share_cleanup(share)
        precondition(code == CURLSHE_OK, "what is shared was let go before those who share it")
    }

    /// - Parameter easy: a handle that is cleaned up before this object goes.
    func share(with easy: UnsafeMutableRawPointer) {
        let code = unsafe shim_set_share(easy, share)
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }
}
