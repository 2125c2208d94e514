import CCurl
import Glibc
internal import Model
internal import Threads

/// A connection as libcurl makes it: it looks the name up, tries its addresses, asks the guard about each, shakes hands, and
/// proves who the other side is. Then it carries bytes, in which libcurl has no part.
///
/// It belongs to the loop's thread.
@safe final class CurlLink {
    /// What came of sending or receiving without waiting.
    enum Moved {
        /// So many bytes; none received means that the other side sends no more.
        case bytes(Int)
        /// None, until the socket is ready.
        case notYet
        case failed
    }

    /// One for each connection: libcurl keeps those of one together, and may close what it takes for a connection at rest.
    private let multi: UnsafeMutableRawPointer
    /// libcurl's handle of the connection. Outside of here it is for tests, which tell it a name server's answers.
    let easy: UnsafeMutableRawPointer
    private let loop: EventLoop
    private let guarding: EgressGuard
    /// What libcurl waits for while it connects.
    private var watches: [curl_socket_t: Watch] = [:]
    private var timer: LoopTimer?
    /// Who waits for the connection to be made.
    private var whenOpen: ((_ problem: String?) -> Void)?
    private var isAddressRefused = false
    private var isClosed = false

    /// - Parameter memory: what it knows from connections before; it outlives the link.
    init(to target: Transfer.Target, on loop: EventLoop, sharing memory: CurlMemory) {
        guard let multi = unsafe curl_multi_init(), let easy = unsafe curl_easy_init() else {
            fatalError("memory for libcurl could not be had")
        }
        unsafe self.multi = multi
        unsafe self.easy = easy
        self.loop = loop
        guarding = target.guarding
        configure(with: target)
        unsafe memory.share(with: easy)
        listen()
    }

    deinit {
        precondition(isClosed, "a link was let go without being closed")
    }

    // MARK: Settings

    private func configure(with target: Transfer.Target) {
        set(CURLOPT_URL, target.address.url)
        set(CURLOPT_PROTOCOLS_STR, target.address.isSecure ? "https" : "http")
        // The connection is all that is wanted of libcurl. It is for HTTP/1.1, also where TLS could agree on another.
        set(CURLOPT_CONNECT_ONLY, 1)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // An empty name keeps libcurl from looking for a proxy in the environment.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(target.connectTimeoutMs))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, 16_384)
        set(CURLOPT_NOSIGNAL, 1)
        // A name server that does not answer is waited for by a thread of libcurl's. When the time is over, the loop does
        // not wait for that thread.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_VERBOSE, 0)
        if let tls = target.tls { configure(tls) }
    }

    private func configure(_ tls: ClientTLS) {
        if let authorities = tls.authorities {
            set(CURLOPT_CAINFO_BLOB, Array(authorities.utf8))
            // The folder of those whom the system trusts would be looked into besides.
            set(CURLOPT_CAPATH, nil)
        }
        if let certificate = tls.certificate { set(CURLOPT_SSLCERT_BLOB, Array(certificate.utf8)) }
        if let key = tls.key { set(CURLOPT_SSLKEY_BLOB, key.key) }
    }

    /// libcurl copies the bytes.
    private func set(_ option: CURLoption, _ bytes: [UInt8]) {
        let code = unsafe shim_set_blob(easy, option, bytes, bytes.count)
        precondition(code == CURLE_OK, "an option that libcurl does not have, or memory could not be had")
    }

    private func set(_ option: CURLoption, _ value: Int) {
        let code = unsafe shim_set_long(easy, option, value)
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }

    /// libcurl copies the text.
    private func set(_ option: CURLoption, _ text: String?) {
        let code = unsafe shim_set_text(easy, option, text)
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }

    private func listen() {
        // Both handles are cleaned up before this object goes, so the reference need not be counted.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe shim_multi_on_socket(
            multi,
            { _, socket, action, context, _ in
                guard let context = unsafe context else { return 0 }
                unsafe Unmanaged<CurlLink>.fromOpaque(context).takeUnretainedValue().watch(socket, action)
                return 0
            }, context)
        unsafe shim_multi_on_timer(
            multi,
            { _, waitMs, context in
                guard let context = unsafe context else { return 0 }
                unsafe Unmanaged<CurlLink>.fromOpaque(context).takeUnretainedValue().setTimer(Int64(waitMs))
                return 0
            }, context)
        unsafe shim_on_socket_wanted(
            easy,
            { context, _, address in
                guard let context = unsafe context, let address = unsafe address else { return shim_no_socket() }
                return unsafe Unmanaged<CurlLink>.fromOpaque(context).takeUnretainedValue().socket(for: address)
            }, context)
    }

    // MARK: Connecting

    /// Connects, and says what keeps it from being connected; nil where nothing does. To be called once.
    func open(_ whenOpen: @escaping (_ problem: String?) -> Void) {
        self.whenOpen = whenOpen
        timer = loop.timer { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, events: 0) }
        let code = unsafe curl_multi_add_handle(multi, easy)
        precondition(code == CURLM_OK, "a handle was added twice, or memory could not be had")
    }

    /// Closes the connection, or gives it up before it is open; then nobody is told. Nobody watches its socket any more.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        stopOpening()
        unsafe curl_multi_remove_handle(multi, easy)
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
    }

    private func stopOpening() {
        whenOpen = nil
        timer = nil
        watches.removeAll()
    }

    private func watch(_ socket: curl_socket_t, _ action: Int32) {
        let readiness = Readiness(action: action)
        // Before another event for the socket is made, and before libcurl closes it.
        watches.removeValue(forKey: socket)?.cancel()
        guard whenOpen != nil, !readiness.isEmpty else { return }
        watches[socket] = loop.watch(socket, for: readiness) { [unowned self] in act(on: socket, events: $0.events) }
    }

    /// Negative means none. It may not call libcurl back at once, so even no wait at all is a turn of the loop.
    private func setTimer(_ waitMs: Int64) {
        if waitMs < 0 { timer?.disarm() } else { timer?.arm(afterMs: waitMs) }
    }

    private func act(on socket: curl_socket_t, events: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(multi, socket, events, &running)
        var waiting: Int32 = 0
        guard let message = unsafe curl_multi_info_read(multi, &waiting), unsafe message.pointee.msg == CURLMSG_DONE
        else { return }
        let code = unsafe message.pointee.data.result
        let whenOpen = whenOpen
        stopOpening()
        whenOpen?(problem(code))
    }

    private func problem(_ code: CURLcode) -> String? {
        guard code != CURLE_OK else { return nil }
        if isAddressRefused, code == CURLE_COULDNT_CONNECT { return "The address is not public" }
        return CurlLibrary.words(for: code)
    }

    /// A socket to an address, or none where it may not be reached.
    private func socket(for address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        // The address itself begins at the last member and goes on past its end, as long as its kind asks for.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return shim_no_socket() }
        let bytes = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(address).advanced(by: offset), count: Int(address.pointee.addrlen))
        guard unsafe guarding.allows(IPAddress(socketAddress: bytes)) else {
            isAddressRefused = true
            return shim_no_socket()
        }
        let type = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return unsafe Glibc.socket(address.pointee.family, type, address.pointee.protocol)
    }

    // MARK: Once it is open

    /// What it sends and receives on; nil where the connection is no more.
    var socket: curl_socket_t? {
        var socket = shim_no_socket()
        let code = unsafe shim_get_socket(easy, &socket)
        return code == CURLE_OK && socket != shim_no_socket() ? socket : nil
    }

    func send(_ bytes: Span<UInt8>) -> Moved {
        var count = 0
        let code = unsafe bytes.withUnsafeBytes { unsafe curl_easy_send(easy, $0.baseAddress, $0.count, &count) }
        return Moved(code, count)
    }

    /// Receives into as much room as there is.
    func receive(into room: inout [UInt8]) -> Moved {
        var count = 0
        let code = unsafe room.withUnsafeMutableBytes {
            unsafe curl_easy_recv(easy, $0.baseAddress, $0.count, &count)
        }
        return Moved(code, count)
    }
}

extension CurlLink.Moved {
    fileprivate init(_ code: CURLcode, _ count: Int) {
        self =
            switch code {
            case CURLE_OK: .bytes(count)
            case CURLE_AGAIN: .notYet
            default: .failed
            }
    }
}

extension Readiness {
    /// What libcurl waits for.
    fileprivate init(action: Int32) {
        self = []
        guard action != CURL_POLL_REMOVE else { return }
        if action & CURL_POLL_IN != 0 { insert(.reading) }
        if action & CURL_POLL_OUT != 0 { insert(.writing) }
    }

    /// As libcurl is told of it.
    fileprivate var events: Int32 {
        (contains(.reading) ? CURL_CSELECT_IN : 0) | (contains(.writing) ? CURL_CSELECT_OUT : 0)
    }
}
