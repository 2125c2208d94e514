import CCurl
import Glibc
internal import Model

/// One request and its answer: a handle of libcurl's, used again for many of them.
///
/// It belongs to the loop's thread.
@safe final class Exchange {
    /// Nobody reads the answers' bodies. One that is longer is cut, and the connection with it.
    static let bodyBytesMax = 64 << 10
    static let headerBytesMax = 64 << 10

    let handle: UnsafeMutableRawPointer
    private let guarding: EgressGuard
    private let bodySeconds: Int
    private let sockets: SocketWatches
    private let headers = HeaderList()
    private var done: CheckedContinuation<Transfer.Answer, Never>?
    private var headerBytes = 0
    private var bodyBytes = 0
    private var retryAfter: String?
    private var isCut = false
    private var isHeaderTooLong = false
    private var isAddressRefused = false

    init(with target: Transfer.Target, using sockets: SocketWatches) {
        guard let handle = unsafe curl_easy_init() else { fatalError("memory for libcurl could not be had") }
        unsafe self.handle = handle
        guarding = target.guarding
        bodySeconds = target.bodySeconds
        self.sockets = sockets
        configure(with: target)
        listen()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
    }

    // MARK: Settings

    private func configure(with target: Transfer.Target) {
        set(CURLOPT_URL, target.url)
        let scheme = target.url.lowercased().hasPrefix("https:") ? "https" : "http"
        set(CURLOPT_PROTOCOLS_STR, scheme)
        set(CURLOPT_REDIR_PROTOCOLS_STR, scheme)
        set(CURLOPT_FOLLOWLOCATION, 0)
        // An empty name keeps libcurl from looking for a proxy in the environment.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_USERAGENT, "mogate")
        set(CURLOPT_POST, 1)
        set(CURLOPT_TIMEOUT_MS, Int(target.timeoutMs))
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(target.connectTimeoutMs))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // An answer is short and an event not long: the least that libcurl knows of, which it gets for each request.
        set(CURLOPT_BUFFERSIZE, 1_024)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
        set(CURLOPT_NOSIGNAL, 1)
        // A name server that does not answer is waited for by a thread of libcurl's. When the time is over, the loop does
        // not wait for that thread.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_VERBOSE, 0)
        set(CURLOPT_CONNECT_ONLY, target.connectsOnly ? 1 : 0)
    }

    private func listen() {
        // The handle is cleaned up before this object goes, so the reference needs not be counted.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe shim_on_body(
            handle,
            { _, size, count, context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().bodyCame(size * count)
            }, context)
        unsafe shim_on_header(
            handle,
            { bytes, size, count, context in
                guard let context = unsafe context else { return 0 }
                let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
                return unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().headerCame(line)
            }, context)
        unsafe shim_on_socket_wanted(
            handle,
            { context, _, address in
                guard let context = unsafe context, let address = unsafe address else { return shim_no_socket() }
                return unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().socket(for: address)
            }, context)
        // A connection may outlive the exchange that it was made for, and never the engine, which keeps the sockets.
        unsafe shim_on_socket_closing(
            handle,
            { context, socket in
                guard let context = unsafe context else { return 1 }
                unsafe Unmanaged<SocketWatches>.fromOpaque(context).takeUnretainedValue().close(socket)
                return 0
            }, Unmanaged.passUnretained(sockets).toOpaque())
    }

    private func set(_ option: CURLoption, _ value: Int) {
        let code = unsafe shim_set_long(handle, option, value)
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }

    /// libcurl copies the text.
    private func set(_ option: CURLoption, _ text: String) {
        let code = unsafe shim_set_text(handle, option, text)
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }

    // MARK: From request to answer

    /// Makes the handle ready for a request. Tells whether there was memory for it.
    func prepare(_ request: Transfer.Request, done: CheckedContinuation<Transfer.Answer, Never>) -> Bool {
        self.done = done
        headerBytes = 0
        bodyBytes = 0
        retryAfter = nil
        isCut = false
        isHeaderTooLong = false
        isAddressRefused = false
        headers.fill(request.headers)
        if bodySeconds > 0 { slowDown(bodyBytes: request.body.count) }
        let isBodySet = unsafe shim_copy_body(handle, request.body, curl_off_t(request.body.count)) == CURLE_OK
        return unsafe shim_set_list(handle, CURLOPT_HTTPHEADER, headers.first) == CURLE_OK && isBodySet
    }

    /// libcurl sends what is allowed for a second at once, and then waits for the next one.
    private func slowDown(bodyBytes: Int) {
        let bytesPerSecond = max(1, bodyBytes / (bodySeconds + 1))
        let code = unsafe shim_set_large(handle, CURLOPT_MAX_SEND_SPEED_LARGE, curl_off_t(bytesPerSecond))
        precondition(code == CURLE_OK, "an option that libcurl does not have")
    }

    /// Hands over the answer.
    func finish(_ answer: Transfer.Answer) {
        done?.resume(returning: answer)
        done = nil
    }

    func answer(_ code: CURLcode) -> Transfer.Answer {
        if isAddressRefused, code == CURLE_COULDNT_CONNECT { return .failed("The address is not public") }
        if isHeaderTooLong { return .failed("The header of the answer is too long") }
        guard code == CURLE_OK || isCut else { return .failed(CurlLibrary.words(for: code)) }
        var status = 0
        unsafe shim_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .status(status, retryAfter: retryAfter)
    }

    // MARK: What libcurl reports

    /// How many bytes were welcome; any other number than came ends the exchange.
    private func bodyCame(_ count: Int) -> Int {
        bodyBytes += count
        guard bodyBytes <= Self.bodyBytesMax else {
            isCut = true
            return 0
        }
        return count
    }

    private func headerCame(_ line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        guard headerBytes <= Self.headerBytesMax else {
            isHeaderTooLong = true
            return 0
        }
        let name = Self.retryAfterName
        if unsafe line.starts(with: Self.statusLineStart) {
            // There may have been an interim answer before the one that counts.
            retryAfter = nil
        } else if line.count > name.count, unsafe zip(line, name).allSatisfy({ $0.lowercasedASCII == $1 }) {
            retryAfter = unsafe String(decoding: line.dropFirst(name.count).prefix(64), as: UTF8.self)
        }
        return line.count
    }

    private static let statusLineStart = Array("HTTP/".utf8)
    private static let retryAfterName = Array("retry-after:".utf8)

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
        let socket = unsafe Glibc.socket(address.pointee.family, type, address.pointee.protocol)
        if socket >= 0 { sockets.opened(socket) }
        return socket
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
    }
}
